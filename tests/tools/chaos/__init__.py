"""The experiments of tools/chaos, a few runs each."""
