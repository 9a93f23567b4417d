"""Fault injection with real processes: kills, hangs, lost responses, full disks, wrong clocks."""
