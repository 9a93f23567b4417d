"""Takes a bare checkout to a site or tests that can start: `python3 deploy/bootstrap.py WHAT`.

WHAT is one of
  tools   the virtual environment with the packages of the checks
  build   the front-end build
  run     what the site needs: packages, front-end build, database, demo data
  bench   what the benchmark needs: packages of the checks, front-end build
  chaos   what the failure experiments need: the same
  fuzz    what the requests nobody should send need: packages of the checks, front-end build
  cluster what several nodes on this machine need: that, and nginx
  audit-deps  what asking the advisory services needs: packages of the checks, Node
  pictures  what taking pictures of pages needs: that, a browser, Chinese glyphs
  test    what the tests need: that, nginx, a browser, Chinese glyphs, other engines where possible;
          also that the lock fits the oldest and the newest Python of this machine

Needs only the standard library of Python 3.11 or newer; works from any folder and reads nothing
from the keyboard. A step whose inputs did not change is skipped, so a second run needs no network.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever calls this may have any Python
    sys.exit("Python 3.11 or newer is needed: run make PYTHON=/path/to/such/a/python3.")

from steps import browser, database, engines, front_end, nginx, old_chromium, packages, pythons
from steps.toolbox import Trouble, alone, say

PREPARATIONS = {
    "tools": (packages.for_checks,),
    "build": (packages.for_running, front_end.built),
    "run": (
        packages.for_running,
        database.settings_checked,
        front_end.built,
        database.migrated,
        database.demo_loaded,
    ),
    "bench": (packages.for_checks, front_end.built),
    "chaos": (packages.for_checks, front_end.built, nginx.found),
    "fuzz": (packages.for_checks, front_end.built),
    "cluster": (packages.for_checks, front_end.built, nginx.found),
    "audit-deps": (packages.for_checks, front_end.built),
    "pictures": (
        packages.for_checks,
        front_end.built,
        browser.chinese_glyphs,
        browser.found,
    ),
    "test": (
        packages.for_checks,
        pythons.lock_fits,
        front_end.built,
        nginx.found,
        browser.chinese_glyphs,
        browser.found,
        engines.looked_for,
        old_chromium.looked_for,
    ),
}


def main(arguments: list[str]) -> int:
    """Do the steps; 0 when all is ready, 1 after a sentence about what is in the way, 2 misuse."""
    for stream in (sys.stdout, sys.stderr):
        # An old locale must not turn an arrow into a traceback.
        stream.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    if len(arguments) != 1 or arguments[0] not in PREPARATIONS:
        print(f"usage: bootstrap.py {'|'.join(PREPARATIONS)}", file=sys.stderr)
        return 2
    os.umask(0o022)
    try:
        with alone():
            for step in PREPARATIONS[arguments[0]]:
                step()
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("stopped; the next run goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
