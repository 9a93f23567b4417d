"""Node and its packages, and the built script, styles and pictures in static/dist."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from steps import packages
from steps.toolbox import (
    ROOT,
    VENV_BIN,
    Trouble,
    answers,
    fingerprint,
    is_done,
    mark_done,
    run,
    say,
)

OLDEST_NODE = 18
DIST = ROOT / "static" / "dist"
MODULES = ROOT / "node_modules"
PACKAGE_FILES = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
OWN_NODE = "deploy/locks/node.txt"


def built() -> None:
    """static/dist holds what static/src, the build script and the locked packages make."""
    sources = [ROOT / "static" / "src", ROOT / "static" / "build.mjs"]
    key = fingerprint([*sources, *PACKAGE_FILES])
    if is_done("front-end", key) and _is_whole():
        return
    node, npm = _node_and_npm()
    _packages(node, npm)
    say("building the script and the styles")
    run([node, ROOT / "static" / "build.mjs"], "The front-end build failed.", show=True)
    mark_done("front-end", key)


def _is_whole() -> bool:
    """Whether every file that the manifest of the last build names is still there."""
    try:
        manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all((DIST / name).is_file() for name in manifest.values())


def _packages(node: Path, npm: Path) -> None:
    key = fingerprint(PACKAGE_FILES, answers([node, "-p", "process.platform + process.arch"]) or "")
    if is_done("npm", key) and (MODULES / ".package-lock.json").is_file():
        return
    say("installing the front-end packages (first time, some seconds)")
    run(
        [npm, "ci", "--include=dev", "--loglevel=error"],
        "The front-end packages could not be installed: is the npm registry reachable?",
        # npm is itself a script that looks for `node` on the path.
        extra_env={"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    mark_done("npm", key)


def _node_and_npm() -> tuple[Path, Path]:
    """The machine's Node and npm where they are new enough, else our own in .venv."""
    for folder in (None, VENV_BIN):
        where = None if folder is None else str(folder)
        node, npm = shutil.which("node", path=where), shutil.which("npm", path=where)
        if node and npm and _major(node) >= OLDEST_NODE:
            return Path(node), Path(npm)
    packages.install(OWN_NODE, f"Node, because none of version {OLDEST_NODE} or newer is here")
    node, npm = shutil.which("node", path=str(VENV_BIN)), shutil.which("npm", path=str(VENV_BIN))
    if not (node and npm and _major(node) >= OLDEST_NODE):
        raise Trouble(f"Node {OLDEST_NODE} or newer with npm is needed: install it, and try again.")
    return Path(node), Path(npm)


def _major(node: str) -> int:
    found = re.match(r"v(\d+)\.", answers([node, "--version"]) or "")
    return int(found[1]) if found else 0
