"""Performance of the pages on a slow phone (`make phone`) and in Lighthouse (`make lighthouse`)."""
