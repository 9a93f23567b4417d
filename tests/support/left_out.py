"""A pytest plugin that lists skipped tests at the end of a run."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each skipped test's reason, so that no skip is silent."""
    for report in terminalreporter.getreports("skipped"):
        _, _, reason = report.longrepr
        terminalreporter.write_line(f"not run: {reason.removeprefix('Skipped: ')}", yellow=True)
