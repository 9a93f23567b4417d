"""Tests of the slice registration through its pages."""
