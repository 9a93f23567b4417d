"""The benchmark (`python -m tools.bench`): the product against a bare Flask page, in one run."""
