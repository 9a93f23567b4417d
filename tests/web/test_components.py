"""Components of pages are template globals: named in one list, and imported nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from flexapp.web import components

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
IMPORTED = {"openapi"}
"""Imported where they are used: by two pages for vendors."""


def test_every_file_of_components_is_in_the_list() -> None:
    files = {file.stem for file in (TEMPLATES / "components").glob("*.html")}
    assert files == {*components.MODULES, *IMPORTED}


def test_no_page_imports_what_is_a_global() -> None:
    imported = re.compile(r'{%-? *(?:from|import) "components/(\w+)\.html"')
    pages = [file for file in TEMPLATES.rglob("*.html") if file.parent.name != "components"]
    found = {name for file in pages for name in imported.findall(file.read_text("utf-8"))}
    assert len(pages) > 50
    assert found == IMPORTED


def test_a_macro_can_be_used_in_a_template_of_its_own(app: Flask) -> None:
    with app.test_request_context():
        drawn = app.jinja_env.from_string("{{ icon('home') }}").render()
    assert "<svg" in drawn


def test_two_macros_of_one_name_are_refused(app: Flask) -> None:
    with pytest.raises(ValueError, match="is there already"):
        components.init_app(app)
