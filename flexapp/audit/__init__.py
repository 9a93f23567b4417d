"""What was done, by whom, to whom: events that are only ever added, chained by their digests."""
