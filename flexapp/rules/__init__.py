"""The rules of the service as pure functions: no Flask, database, clock or environment."""
