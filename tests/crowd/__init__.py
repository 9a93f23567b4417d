"""The made-up crowd."""
