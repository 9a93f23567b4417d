"""What could not be tested on this machine, said at the end of a run."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A test that could not be made here is named at the end, with the reason: no silent skip."""
    for report in terminalreporter.getreports("skipped"):
        _, _, reason = report.longrepr
        terminalreporter.write_line(f"not run: {reason.removeprefix('Skipped: ')}", yellow=True)
