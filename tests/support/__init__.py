"""Shared test support: the linting client, parsed pages, page flows, clock, databases, servers."""
