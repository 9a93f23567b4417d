"""Tests of the slice crowd through its pages."""
