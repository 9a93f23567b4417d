"""Tests of the slice audit through its pages."""
