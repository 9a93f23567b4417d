"""Pages and tools for channel vendors: integration guide, sandbox, self-check, conformance kit."""
