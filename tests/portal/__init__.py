"""Tests of the slice portal through its pages."""
