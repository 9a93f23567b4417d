"""The benchmark (`python -m tools.bench`): the product against a minimal Flask application."""
