"""Tests of the project's own shape: its files, its set-up and its front-end build."""
