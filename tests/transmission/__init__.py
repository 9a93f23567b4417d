"""Tests of the slice transmission through its pages."""
