"""The way of annex 2 on a slow phone and a poor line: `make phone`."""
