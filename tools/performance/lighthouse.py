"""`python -m tools.performance.lighthouse`: Lighthouse scores of the main pages on its phone.

Served by Granian as in production; each page is loaded by a new browser that is signed in by
cookie. The median of several runs counts. Exit status 1 if a score is below its limit. It takes
minutes and 200 MB of packages, so it is not part of `make test`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flexapp.config import PROJECT
from tests.journeys.conftest import arguments
from tests.support.processes import Process
from tools.bench import (
    load,
    prepare,
    serving,
)

HERE = Path(__file__).parent
OWN_NODE = PROJECT / ".venv" / "bin"
TODAY = "2026-06-15"
RUNS = 3
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100}
PAGES = {
    "首页": "/",
    "登记": "/registration",
    "核定 choose": "/assessment",
    "核定 form": "/assessment/self/new",
    "records": "/assessment/self",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of one Lighthouse run on a page."""

    address: str
    scores: dict[str, int]
    metrics: dict[str, float]
    faults: list[str]


def main() -> int:
    """Measure and print every page; return 1 if a score is below its limit."""
    node = _node()
    missed = False
    with tempfile.TemporaryDirectory(prefix="flexapp-lighthouse-") as name:
        folder, port = Path(name), serving.free_port()
        environment = {
            "FLEXAPP_DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
            "FLEXAPP_PORT": str(port),
            "FLEXAPP_TODAY": TODAY,
        }
        app = prepare.product(environment)
        (resident,) = prepare.residents(app, 1, first=1, with_records=True)
        site, cookie = f"http://127.0.0.1:{port}", f"session={resident.cookie}"
        probe = load.get("/readyz")
        with serving.serving(["app.py"], port, probe, environment, folder / "site.log"):
            for title, path in PAGES.items():
                seen = [_look(node, folder, site + path, cookie) for _ in range(RUNS)]
                if seen[0].address != site + path:
                    raise SystemExit(f"{path} led to {seen[0].address}")
                missed |= _report(title, seen)
    return 1 if missed else 0


def _report(title: str, seen: list[Seen]) -> bool:
    """Print a page's scores; return whether one of them is below its limit."""
    missed = False
    words = []
    for category, bar in BARS.items():
        score = round(median(each.scores[category] for each in seen))
        missed |= score < bar
        words.append(f"{category} {score}" + (f" (MISSED {bar})" if score < bar else ""))
    words += [
        f"{name} {median(each.metrics[name] for each in seen):.0f} ms" for name in seen[0].metrics
    ]
    print(f"{title}: {', '.join(words)}", flush=True)
    for fault in sorted({fault for each in seen for fault in each.faults}):
        print(f"    {fault}", flush=True)
    return missed


def _look(node: str, folder: Path, url: str, cookie: str) -> Seen:
    """Run Lighthouse once in a new browser."""
    port, profile = serving.free_port(), tempfile.mkdtemp(dir=folder)
    flags = ["--headless=new", f"--remote-debugging-port={port}", f"--user-data-dir={profile}"]
    browser = Process(
        "the browser",
        [os.environ["FLEXAPP_BROWSER"], *arguments(), *flags, "about:blank"],
        environment={},
        log=folder / "browser.log",
        is_up=lambda: load.fetch(port, load.get("/json/version")).status == 200,
    )
    try:
        browser.start()
        done = subprocess.run(
            [node, HERE / "measure.mjs", url, cookie, str(port)],
            cwd=HERE,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    finally:
        browser.stop()
    if done.returncode != 0:
        raise SystemExit(f"Lighthouse failed on {url}:\n{done.stderr}")
    return Seen(**json.loads(done.stdout))


def _node() -> str:
    """Return the path of Node; installs Lighthouse beside this file if necessary."""
    node, npm = (shutil.which(n) or shutil.which(n, path=str(OWN_NODE)) for n in ("node", "npm"))
    if node is None or npm is None:
        raise SystemExit("Node with npm is needed: make build brings one.")
    if not (HERE / "node_modules" / ".package-lock.json").is_file():
        print("installing Lighthouse (first time, half a minute)", flush=True)
        subprocess.run([npm, "ci", "--loglevel=error"], cwd=HERE, check=True, stdout=sys.stderr)
    return node


if __name__ == "__main__":
    sys.exit(main())
