"""The benchmark (`python -m tests.bench`): the product against a bare Flask page, in one run."""
