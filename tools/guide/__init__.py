"""Takes the pictures of the illustrated steps; `tests/journeys` performs the same steps."""
