"""The conformance kit on a live site, with signers as they should be and as they should not."""
