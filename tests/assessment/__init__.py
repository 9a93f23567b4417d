"""Tests of the slice assessment through its pages."""
