"""Fuzzing of every route in every role, with checks of what no response may contain."""
