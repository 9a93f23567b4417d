"""The product's tests; a package, so that what they share is imported as `tests.support`."""
