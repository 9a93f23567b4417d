"""The programs of tools/, a little of each."""
