"""No slice names an endpoint or a template of a higher slice, neither in code nor in a template.

The order of the slices is that of the import contracts in pyproject.toml. The slice of a template
is its folder; the slice of an endpoint is the one whose module has the view. A link that points up
is registered by the higher slice: flexapp/web/links.py.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from inspect import unwrap
from pathlib import Path

import pytest
from flask import Flask

from flexapp.web.links import Page
from tests.architecture.checkout import files_below, text_of

QUOTED = re.compile(r"""(["'])([a-z_/]+\.[a-z_]+)\1""")
TEMPLATE = re.compile(r"[a-z_]+/[a-z_]+\.html")

FOLDERS = {"components": "web", "errors": "web", "layouts": "web"}
"""Folders of templates that have no slice's name."""
LAYOUTS = {
    "layouts/counter.html": "staff",
    "layouts/practice.html": "practice",
    "layouts/tabbed.html": "portal",
    "components/display.html": "people",
    "components/drafts.html": "people",
    "components/leave.html": "channels",
}
"""Layouts and components that are of one slice."""


def heights() -> dict[str, int]:
    """Slices and modules of flexapp by name: the higher, the larger the number."""
    project = tomllib.loads(text_of(Path("pyproject.toml")) or "")
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["type"] == "layers")
    return {
        name: height
        for height, line in enumerate(reversed(layers))
        for name in re.findall(r"\w+", line)
    }


def slice_of_template(name: str) -> str:
    """The slice that a template belongs to."""
    folder = name.partition("/")[0]
    return LAYOUTS.get(name) or FOLDERS.get(folder, folder)


def slices_of_endpoints(app: Flask) -> dict[str, str]:
    """Endpoint: its slice."""
    return {
        endpoint: unwrap(view).__module__.split(".")[1]
        for endpoint, view in app.view_functions.items()
    }


def strings_in(code: str) -> Iterator[str]:
    """Every string constant of a module that is no docstring."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def faults(own: str, named: set[str], endpoints: dict[str, str]) -> set[str]:
    """Those of the named endpoints and templates that belong to a higher slice than `own`."""
    height = heights()
    slices = {
        name: slice_of_template(name) if TEMPLATE.fullmatch(name) else endpoints.get(name, own)
        for name in named
    }
    return {name for name, owner in slices.items() if height[owner] > height[own]}


def test_no_module_names_an_endpoint_or_template_of_a_higher_slice(app: Flask) -> None:
    endpoints = slices_of_endpoints(app)
    found = {}
    for path in files_below("flexapp", ending=".py"):
        own = path.parts[1].removesuffix(".py")
        if own in heights():
            found[str(path)] = faults(own, set(strings_in(text_of(path) or "")), endpoints)
    assert len(found) > 250
    assert {path: names for path, names in found.items() if names} == {}


def test_no_template_names_an_endpoint_or_template_of_a_higher_slice(app: Flask) -> None:
    endpoints = slices_of_endpoints(app)
    found = {}
    for path in files_below("templates", ending=".html"):
        own = slice_of_template("/".join(path.parts[1:]))
        named = {match[1] for match in QUOTED.findall(text_of(path) or "")}
        found[str(path)] = faults(own, named, endpoints)
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("people", "portal.home"),
        ("web", "people.sign_in"),
        ("assessment", "rating.show"),
        ("registration", "portal/home.html"),
        ("web", "people/_session.html"),
        ("channels", "layouts/tabbed.html"),
    ],
)
def test_a_name_that_points_up_would_be_noticed(app: Flask, own: str, name: str) -> None:
    assert faults(own, {name}, slices_of_endpoints(app)) == {name}


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("portal", "people.sign_in"),
        ("portal", "guide.index"),
        ("people", "people/_session.html"),
        ("people", "layouts/page.html"),
        ("people", "person.name"),
    ],
)
def test_a_name_of_the_own_slice_or_one_beside_or_below_is_let_through(
    app: Flask, own: str, name: str
) -> None:
    assert not faults(own, {name}, slices_of_endpoints(app))


def test_templates_name_pages_that_exist() -> None:
    named = {
        name
        for path in files_below("templates", ending=".html")
        for name in re.findall(r"page_url\(\"(\w+)\"", text_of(path) or "")
    }
    assert {"home", "me"} <= named <= set(Page)


def test_every_folder_and_layout_named_here_exists() -> None:
    templates = {"/".join(path.parts[1:]) for path in files_below("templates", ending=".html")}
    assert set(LAYOUTS) <= templates
    assert FOLDERS.keys() <= {name.partition("/")[0] for name in templates}
