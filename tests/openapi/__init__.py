"""The interfaces, asked whatever their own documents allow and forbid (schemathesis)."""
