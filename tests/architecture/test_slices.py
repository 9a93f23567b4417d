"""Inside a slice dependencies point down, and the name of a module says its layer.

`views, cli → pages and forms → use cases → repository → models → adapters`. Which slice may import
which is in pyproject.toml; this is about the modules of one slice, so that a new module needs a
good name and no entry in a list. A slice's views, commands, repositories and models are its own.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.checkout import files_below, text_of

ENTRY, VIEW, USE_CASE, REPOSITORY, MODELS, ADAPTER = range(6)
ADAPTERS = {
    "catalogue",
    "conformance",
    "external_services",
    "gateway",
    "launch_errors",
    "messages",
    "protocol",
    "qrcode_files",
    "self_check",
    "user_agents",
}
"""Modules below the rows: adapters to other systems, formats, and files read at start."""

BY_NAME = [
    (
        ENTRY,
        re.compile(
            r"(\w+_)?(views|cli)|auth|flow|resident|unsupported_webview|webview|outbox_worker|loader"
        ),
    ),
    (VIEW, re.compile(r"(\w+_)?(pages|forms|view)")),
    (REPOSITORY, re.compile(r"(\w+_)?repository|statistics|encrypted_columns")),
    (MODELS, re.compile(r"(\w+_)?models")),
]
SPEAKS = re.compile(r"(\w+_)?(views|pages|forms|view)|flow|resident")
"""Modules that speak HTTP or are drawn: they get frozen dataclasses, never a row."""
ROWS = re.compile(r"(\w+_)?(repository|models)")
OWN = re.compile(r"(\w+_)?(views|cli|repository|models)")
"""Modules that no other slice imports."""
DATABASE = ("sqlalchemy", "flask_sqlalchemy")
WRITES_ROWS = "demo"
"""The slice that fills tables of others in bulk, and reaches their repositories for it."""


def layer(module: str) -> int:
    """How high a module of a slice is, 0 the highest."""
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
    """Imports of a module of a slice that point up, reach rows from where HTTP is spoken, or take
    what belongs to another slice.
    """
    found = []
    for name in sorted(imported(code)):
        parts = name.split(".")
        ours = parts[0] == "flexapp" and len(parts) > 2
        own = ours and parts[1] == slice_name
        upward = own and layer(parts[2]) < layer(module)
        rows = SPEAKS.fullmatch(module) and (
            parts[0] in DATABASE or (ours and ROWS.fullmatch(parts[2]))
        )
        others = ours and parts[1] in slices() and not own and OWN.fullmatch(parts[2])
        if upward or rows or (others and slice_name != WRITES_ROWS):
            found.append(name)
    return found


def slices() -> list[str]:
    """Packages of flexapp with rows or pages of their own: everything above `web`."""
    below = {"db", "web", "rules", "spreadsheets", "taxbureau", "migrations"}
    packages = {path.parts[1] for path in files_below("flexapp", ending="__init__.py")}
    return sorted(packages - below - {"__init__.py"})


def test_inside_a_slice_dependencies_point_down_and_no_page_sees_a_row() -> None:
    faults = {}
    for name in slices():
        for path in files_below(f"flexapp/{name}", ending=".py"):
            if len(path.parts) == 3 and path.stem != "__init__":
                faults[str(path)] = faults_in(text_of(path) or "", name, path.stem)
    assert len(faults) > 80
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("service", "from flexapp.portal import pages"),
        ("service", "from flexapp.portal.record_views import show"),
        ("transitions", "import flexapp.portal.forms"),
        ("repository", "from flexapp.portal.service import find"),
        ("models", "def late():\n    from flexapp.portal import repository"),
        ("forms", "from flexapp.portal.views import show"),
        ("gateway", "from flexapp.portal.models import Row"),
        ("views", "from flexapp.people.models import Person"),
        ("pages", "from flexapp.portal.case_repository import one"),
        ("year_forms", "from sqlalchemy import select"),
        ("service", "from flexapp.people import repository"),
        ("cli", "from flexapp.people.keys_cli import cli"),
    ],
)
def test_an_import_that_points_up_or_takes_what_is_private_would_be_noticed(
    module: str, code: str
) -> None:
    assert faults_in(code, "portal", module)


def test_an_import_that_points_down_is_let_through() -> None:
    code = "from flexapp.portal.service import find\nfrom flexapp.people.service import card"
    assert not faults_in(code, "portal", "views")
    assert not faults_in("from sqlalchemy import select", "portal", "repository")
    assert not faults_in("from flexapp.portal.models import Row", "portal", "repository")


def test_every_adapter_named_here_exists() -> None:
    modules = {
        path.stem if path.stem != "__init__" else path.parts[-2]
        for path in files_below("flexapp", ending=".py")
    }
    assert modules >= ADAPTERS
