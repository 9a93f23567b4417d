"""One page, one file: no template only fills another one, and each folder is one slice's."""

from __future__ import annotations

import re

import pytest

from tests.architecture.checkout import files_below, text_of

NOTHING_OF_ITS_OWN = re.compile(
    r"\{#.*?#\}"  # comments
    r"|\{%-? (block (title|back)) .*?endblock -?%\}"
    r"|\{%-? (extends|include|from|import|set|with|endwith|block|endblock)\b.*?%\}",
    re.DOTALL,
)
"""What a template may consist of without having content."""

SHARED = {"components", "errors", "layouts"}
"""Folders that are not of one slice."""


def is_shell(text: str) -> bool:
    """Whether a template has no content of its own."""
    return not NOTHING_OF_ITS_OWN.sub("", text).strip()


def test_no_template_is_a_shell_around_another() -> None:
    found = {
        str(path): is_shell(text_of(path) or "")
        for path in files_below("templates", ending=".html")
    }
    assert len(found) > 100
    assert [path for path, shell in found.items() if shell] == []


def test_the_folder_of_a_template_is_its_slice() -> None:
    slices = {path.parts[1] for path in files_below("flexapp", ending="__init__.py")}
    folders = {path.parts[1] for path in files_below("templates", ending=".html")}
    assert folders - SHARED
    assert folders - SHARED <= slices


@pytest.mark.parametrize(
    "text",
    [
        '{% extends "a.html" %}\n{% block title %}登记{% endblock %}\n'
        '{% block main %}{% include "b.html" %}{% endblock %}',
        '{# why #}{% with x = y.z %}{% include "b.html" %}{% endwith %}',
        '{% extends "a.html" %}{% set x = 1 %}',
    ],
)
def test_a_shell_would_be_noticed(text: str) -> None:
    assert is_shell(text)
    assert not is_shell(text + "<p>{{ x }}</p>")
