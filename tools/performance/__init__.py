"""Performance of the pages: on a slow phone (`make perf-mobile`), in `make lighthouse`."""
