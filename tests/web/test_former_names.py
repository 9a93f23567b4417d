"""Renamed commands and make targets keep their former names for one release."""

from __future__ import annotations

import subprocess

import pytest
from flask import Flask

from tests.architecture.checkout import ROOT

COMMANDS = [("transmission", "give-back", "reject"), ("demo", "old-units", "legacy-units")]
TARGETS = [
    ("faults", "tools.chaos"),
    ("phone", "tools.performance.slow_phone"),
    ("walkthrough", "tools.guide"),
    ("audit", "deploy/audit.py"),
]


@pytest.mark.parametrize(("group", "former", "name"), COMMANDS)
def test_a_former_command_is_the_new_one_and_says_its_name(
    app: Flask, group: str, former: str, name: str
) -> None:
    runner = app.test_cli_runner()
    told = runner.invoke(args=[group, former, "--help"])
    assert told.exit_code == 0, told.output
    assert f"use {name}" in " ".join(told.output.split())
    listed = runner.invoke(args=[group, "--help"]).output
    assert f"  {name} " in listed
    assert former not in listed


@pytest.mark.parametrize(("former", "program"), TARGETS)
def test_a_former_target_runs_the_program_of_the_new_one(former: str, program: str) -> None:
    would = subprocess.run(
        ["make", "--dry-run", former], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert program in would.stdout
