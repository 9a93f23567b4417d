"""The single steps of the bootstrap: each looks whether its result is there and makes it if not."""
