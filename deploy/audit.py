"""Asks the advisory services about every locked package: `.venv/bin/python deploy/audit.py`.

Ends with 0 where nothing is known against any of them, with 1 where something is, and with 2 where
a service did not answer for all of them: then nobody knows, and that is not called clean.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "deploy/locks/node.txt",
    "deploy/locks/old-chromium.txt",
)
PIP_AUDIT = [
    sys.executable,
    *("-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"),
    *("--timeout", "30", "--progress-spinner", "off", "--requirement"),
]
NPM_AUDIT = ["audit", "--json", "--package-lock-only"]


class Unanswered(Exception):
    """A service did not say about every package what it knows; the message is a sentence."""


def python_flaws(output: str) -> list[str]:
    """What pip-audit found in one list, a line each. `Unanswered` where it could not ask.

    It calls a list clean, too, of which it could look up nothing: those are listed as skipped.
    """
    found = _json(output, "pip-audit")
    packages = found.get("dependencies")
    if not isinstance(packages, list):
        raise Unanswered("pip-audit did not say which packages it looked up.")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        raise Unanswered(
            f"The advisory service said nothing about {len(skipped)} of {len(packages)} Python"
            f" packages ({', '.join(skipped[:3])} …): is it reachable, and not a mirror without"
            " advisories?"
        )
    return [
        f"{package['name']} {package['version']}: {flaw['id']},"
        f" mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in packages
        for flaw in package["vulns"]
    ]


def page_flaws(output: str) -> list[str]:
    """What npm found, a line each. `Unanswered` where it could not ask."""
    found = _json(output, "npm")
    flaws = found.get("vulnerabilities")
    if not isinstance(flaws, dict):
        said = found.get("message") or found.get("error") or "nothing"
        raise Unanswered(f"The advisory service of npm did not answer ({str(said)[:100]}).")
    return [f"{name}: {flaw['severity']}, {flaw['range']}" for name, flaw in flaws.items()]


def _json(output: str, who: str) -> Mapping[str, Any]:
    try:
        found = json.loads(output)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unanswered(f"{who} could not ask its advisory service: is the network there?")
    return found


def ask(what: str, command: list[str], read: Callable[[str], list[str]]) -> int:
    """Run one of them and say what came of it; its exit code."""
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        flaws = read(done.stdout)
    except Unanswered as nothing:
        print(f"? {what}: {nothing}")
        return 2
    for flaw in flaws:
        print(f"✗ {what}: {flaw}")
    if not flaws:
        print(f"✓ {what}: nothing is known against any of it")
    return 1 if flaws else 0


def main() -> int:
    """Ask about everything; the worst of what was answered."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    results = [ask(name, [*PIP_AUDIT, name], python_flaws) for name in LOCKS]
    npm = shutil.which("npm", path=f"{ROOT / '.venv' / 'bin'}") or shutil.which("npm")
    if npm is None:
        print("? package-lock.json: npm is not here: run make build first, or install Node.")
        results.append(2)
    else:
        results.append(ask("package-lock.json", [npm, *NPM_AUDIT], page_flaws))
    # A flaw that is known counts for more than what nobody answered.
    return 1 if 1 in results else max(results)


if __name__ == "__main__":
    sys.exit(main())
