"""README and docs: what they name exists, what exists is in them, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from flask import Flask

from flexapp.config import KNOWN
from flexapp.demo import staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from tests.architecture.checkout import ROOT

README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)

LONGEST_README = 180
NAMED = re.compile(r"(?<![\w/.])(?:flexapp|templates|static|deploy|docs|tests|tools)/[\w./-]*\w")
BUILT = ("static/dist",)
"""Paths that a build makes."""
COMMAND = re.compile(r"flask --app app ((?:[a-z][a-z-]+ ?)+)")


def missing_paths(text: str) -> list[str]:
    """Files and folders of this project that a text names and that do not exist."""
    paths = {match.group().rstrip(".") for match in NAMED.finditer(without_addresses(text))}
    return sorted(p for p in paths if p not in BUILT and not exists(p))


def without_addresses(text: str) -> str:
    """The text without web addresses, which look like paths."""
    return re.sub(r"https?://\S+", "", text)


def exists(path: str) -> bool:
    """Whether it is there, also as the start of a name (`app/<x>` is cut at the placeholder)."""
    return (ROOT / path).exists()


def anchors_of(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(document: Path, text: str) -> list[str]:
    """Relative links of a document whose file or heading does not exist."""
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        found = file.exists()
        if found and anchor:
            found = anchor in anchors_of(file.read_text(encoding="utf-8"))
        if not found:
            broken.append(target)
    return broken


def unknown_targets(text: str) -> list[str]:
    """Targets of make that a text names and the Makefile does not have."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M))
    return sorted(named - known)


def unknown_commands(app: Flask, text: str) -> list[str]:
    """Commands of the application that a text names and that do not exist."""
    unknown = []
    for match in COMMAND.finditer(text):
        group: click.Command | None = app.cli
        for word in match.group(1).split():
            if not isinstance(group, click.Group):
                break  # what follows is arguments
            # Flask-Migrate's group is found by its entry point, when a command is run.
            group = (
                None if word in ("db", "routes") else group.get_command(click.Context(group), word)
            )
            if group is None and word not in ("db", "routes"):
                unknown.append(match.group(1).strip())
            if group is None:
                break
    return unknown


@EACH
def test_files_that_a_document_names_exist(document: Path) -> None:
    assert missing_paths(document.read_text(encoding="utf-8")) == []


@EACH
def test_links_of_a_document_lead_to_a_file_and_a_heading(document: Path) -> None:
    assert broken_links(document, document.read_text(encoding="utf-8")) == []


@EACH
def test_make_targets_and_commands_that_a_document_names_exist(app: Flask, document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert unknown_targets(text) == []
    assert unknown_commands(app, text) == []


def test_a_wrong_name_would_be_noticed(app: Flask) -> None:
    assert missing_paths("see `flexapp/no/such.py` and `flexapp/rules`") == ["flexapp/no/such.py"]
    assert broken_links(README, "[a](docs/none.md) [b](#none) [c](docs/limits.md#none)") == [
        "docs/none.md",
        "#none",
        "docs/limits.md#none",
    ]
    assert unknown_targets("`make tea` and `make test`") == ["tea"]
    assert unknown_commands(app, "flask --app app keys brew; flask --app app keys status") == [
        "keys brew"
    ]


def test_the_readme_is_short_and_links_every_document() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_README
    linked = set(re.findall(r"\((docs/[\w-]+\.md)\)", text))
    assert linked == {f"docs/{document.name}" for document in DOCUMENTS[1:]}


def test_the_readme_lists_everybody_who_can_sign_in_to_the_demo() -> None:
    text = README.read_text(encoding="utf-8")
    assert staff.PASSWORD in text
    for name in [each.user_name for each in staff.STAFF]:
        assert re.search(rf"\b{name}\b", text), name
    for number, resident in FICTIONAL_RESIDENTS.items():
        assert f"| {resident.name} | {resident.phone or 'none'} | {number} |" in text


def test_every_setting_is_in_its_table_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(FLEXAPP_[A-Z_]+)` \|", text, re.M)) == KNOWN
