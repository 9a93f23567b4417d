"""登记: where a person is insured, under which virtual unit, and how they can be reached."""
