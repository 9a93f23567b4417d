"""The main pages as Lighthouse sees them: `make lighthouse`."""
