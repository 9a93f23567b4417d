"""Walks through the pages in a real browser, as residents and clerks do them."""
