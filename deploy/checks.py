"""Runs the checks that need no browser, some at a time: `.venv/bin/python deploy/checks.py`.

Prints one line for each and the output of those that fail; ends with 1 when any did.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable, "-m"]
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as c; c(sys.argv[1:])"

CHECKS = {
    # The longest first, so that the others fill the other cores meanwhile.
    "types (mypy)": [*PYTHON, "mypy"],
    "templates (djlint)": [*PYTHON, "djlint", "templates", "--lint", "--quiet"],
    "imports (import-linter)": [sys.executable, "-c", LINT_IMPORTS],
    "style (ruff check)": [*PYTHON, "ruff", "check"],
    "layout (ruff format)": [*PYTHON, "ruff", "format", "--check"],
}


def check(name: str) -> bool:
    """Run one check and report it; True when it passed."""
    started = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    passed = done.returncode == 0
    report = f"{'✓' if passed else '✗'} {name}, {time.monotonic() - started:.1f} s"
    if not passed:
        report += "\n" + done.stdout.decode(errors="replace").rstrip()
    # One write, so that two checks that end together do not mix their lines.
    sys.stdout.write(report + "\n")
    sys.stdout.flush()
    return passed


def main() -> int:
    """Run all checks; 0 when all passed."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        return 0 if all(list(pool.map(check, CHECKS))) else 1


if __name__ == "__main__":
    sys.exit(main())
