"""The product's tests; a package, so that its helpers are imported as `tests.support`."""
