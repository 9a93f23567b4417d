"""Tests of the slice people through its pages."""
