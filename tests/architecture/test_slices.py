"""Inside a slice dependencies point down, and the name of a module says how high it stands.

`routes → pages and forms → use cases → repository → models → adapters`. Which slice may import
which is in pyproject.toml; this is about the modules of one slice, so that a new module needs a
good name and no entry in a list.
"""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from flask import Flask

from flexapp.db.session import db
from tests.architecture.checkout import ROOT, files_below, text_of

ENTRY, VIEW, USE_CASE, REPOSITORY, MODELS, ADAPTER = range(6)
ADAPTERS = {
    "ciphers",
    "codes",
    "conformance",
    "encryption",
    "fictional",
    "gateway",
    "gateways",
    "launch_errors",
    "messages",
    "pictures",
    "protocol",
    "registry",
    "self_check",
    "user_agents",
}
"""What stands below the rows: ways out of the process, formats, and files read at start."""

BY_NAME = [
    (ENTRY, re.compile(r"(\w+_)?(routes|cli)|guard|blocked|worker|demo|embedding")),
    (VIEW, re.compile(r"(\w+_)?(pages|forms)")),
    (REPOSITORY, re.compile(r"(\w+_)?repository")),
    (MODELS, re.compile(r"(\w+_)?models")),
]
SPEAKS = re.compile(r"(\w+_)?(routes|pages|forms)")
"""What speaks HTTP or is drawn: it gets frozen dataclasses, never a row."""
ROWS = re.compile(r"(\w+_)?(repository|models)")
DATABASE = ("sqlalchemy", "flask_sqlalchemy")


def layer(module: str) -> int:
    """How high a module of a slice stands, 0 the highest."""
    for height, pattern in BY_NAME:
        if pattern.fullmatch(module):
            return height
    return ADAPTER if module in ADAPTERS else USE_CASE


def imported(code: str) -> set[str]:
    """Full names of everything a module imports, at the top and inside functions."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def faults_in(code: str, slice_name: str, module: str) -> list[str]:
    """Imports of a module of a slice that point up, or reach rows from where HTTP is spoken."""
    found = []
    for name in sorted(imported(code)):
        parts = name.split(".")
        own = parts[:2] == ["flexapp", slice_name] and len(parts) > 2
        if own and layer(parts[2]) < layer(module):
            found.append(name)
        if SPEAKS.fullmatch(module) and (
            parts[0] in DATABASE
            or (parts[0] == "flexapp" and len(parts) > 2 and ROWS.fullmatch(parts[2]))
        ):
            found.append(name)
    return found


def slices() -> list[str]:
    """Packages of flexapp with rows or pages of their own: everything above `web`."""
    below = {"web", "rules", "tables", "taxbureau", "migrations"}
    packages = {path.parts[1] for path in files_below("flexapp", ending="__init__.py")}
    return sorted(packages - below - {"__init__.py"})


def test_inside_a_slice_dependencies_point_down_and_no_page_sees_a_row() -> None:
    faults = {}
    for name in slices():
        for path in files_below(f"flexapp/{name}", ending=".py"):
            if len(path.parts) == 3:
                faults[str(path)] = faults_in(text_of(path) or "", name, path.stem)
    assert len(faults) > 80
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("service", "from flexapp.portal import pages"),
        ("service", "from flexapp.portal.record_routes import show"),
        ("moving", "import flexapp.portal.forms"),
        ("repository", "from flexapp.portal.service import find"),
        ("models", "def late():\n    from flexapp.portal import repository"),
        ("forms", "from flexapp.portal.views import show"),
        ("gateway", "from flexapp.portal.models import Row"),
        ("routes", "from flexapp.people.models import Person"),
        ("pages", "from flexapp.portal.case_repository import one"),
        ("year_forms", "from sqlalchemy import select"),
    ],
)
def test_an_import_that_points_up_would_be_noticed(module: str, code: str) -> None:
    assert faults_in(code, "portal", module)


def test_an_import_that_points_down_is_let_through() -> None:
    code = "from flexapp.portal.service import find\nfrom flexapp.people.service import card"
    assert not faults_in(code, "portal", "routes")
    assert not faults_in("from sqlalchemy import select", "portal", "repository")
    assert not faults_in("from flexapp.portal.models import Row", "portal", "repository")


def test_every_adapter_named_here_exists() -> None:
    modules = {
        path.stem if path.stem != "__init__" else path.parts[-2]
        for path in files_below("flexapp", ending=".py")
    }
    assert modules >= ADAPTERS


def test_other_slices_reach_each_slice_only_through_its_service() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    closed = [m for c in contracts if c["type"] == "protected" for m in c["protected_modules"]]
    assert {f"flexapp.{name}.*" for name in slices()} <= set(closed)


def test_columns_that_change_without_an_event_are_columns(app: Flask) -> None:
    named = {
        f"{table.name}.{name}"
        for table in db.metadata.tables.values()
        for name in table.info.get("unvouched", ())
    }
    there = {str(column) for table in db.metadata.tables.values() for column in table.c}
    assert named
    assert named - there == set()
