"""The living style guide: it shows what the pages are made of, and nothing of it is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.support.client import LintingClient

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = ROOT / "templates" / "components"
NEUTRAL = re.compile(r"rgba\((255, 255, 255|0, 0, 0|20, 33, 61), [.\d]+\)|#fff\b|#999")
"""White, black and grey that stand on a ground of one's own: the hero's, a code's, paper's."""

SHOWN_ELSEWHERE = {
    "calculation.html": "the form's of 核定",
    "charts.html": "the dashboard's",
    "codes.html": "the channels' page's",
    "dialogs.html": "over a page; their sheet stands in the style guide",
    "drafts.html": "the forms' that keep drafts",
    "office.html": "the agency's pages'",
    "openapi.html": "the pages for vendors'",
    "ratings.html": "the pages of ratings'",
    "records.html": "the records'",
}
NOT_DRAWN = {"carried_field"}
"""Macros of hidden fields."""


def test_every_component_of_the_residents_pages_is_shown() -> None:
    shown = (ROOT / "templates" / "portal" / "styleguide.html").read_text()
    for file in COMPONENTS.glob("*.html"):
        if file.name in SHOWN_ELSEWHERE:
            continue
        for name in re.findall(r"{% macro (\w+)", file.read_text()):
            if name.startswith("_") or name in NOT_DRAWN:
                continue
            assert re.search(rf"\b{name}\b", shown), f"{file.name}: {name}"


def test_every_token_and_every_icon_is_shown(client: LintingClient) -> None:
    page = client.page("/styleguide")
    tokens = re.findall(r"--[\w-]+(?=:)", (ROOT / "static/src/css/base.css").read_text())
    shown = set(tokens) - {"--column"}
    assert shown > {"--blue", "--s4", "--fs-1", "--r", "--turn"}
    for token in shown:
        assert token in page.words, token
    icons = re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/src/img/icons.svg").read_text())
    assert len(icons) > 10
    assert {name for name in icons if f"#{name}" in page.html} == set(icons)


def test_the_dark_look_gives_every_colour_another_value() -> None:
    sheet = (ROOT / "static" / "src" / "css" / "base.css").read_text()
    light, dark = sheet.split("@media screen and (prefers-color-scheme: dark)")
    colour = r"--([\w-]+): (#\w+|rgba?\([^)]*\)|0 [^;]+);"
    names = {name for name, _ in re.findall(colour, light)}
    assert len(names) > 20
    assert {name for name, _ in re.findall(colour, dark)} == names


LETTERS_ON_GROUNDS = [
    *((ink, ground) for ink in ("ink", "ink-2") for ground in ("page", "card", "box", "blue-wash")),
    *((colour, "card") for colour in ("blue", "red", "green", "amber")),
    *((colour, f"{colour}-wash") for colour in ("blue", "red", "green", "amber")),
    *(("on", colour) for colour in ("blue", "red", "green", "blue-deep")),
    ("blue", "page"),
    ("quiet", "box"),
    ("ink-2", "rest"),
    ("card", "ink"),
    ("white", "hero"),
    ("white", "hero-deep"),
]


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(("letters", "ground"), LETTERS_ON_GROUNDS)
def test_letters_stand_out_from_their_ground(look: str, letters: str, ground: str) -> None:
    colours = colours_of(look) | {"white": "#ffffff"}
    assert contrast(colours[letters], colours[ground]) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("ground", ["card", "box"])
def test_the_edge_of_a_box_stands_out_too(look: str, ground: str) -> None:
    colours = colours_of(look)
    assert contrast(colours["edge"], colours[ground]) >= 3  # WCAG 2.2, 1.4.11


def colours_of(look: str) -> dict[str, str]:
    """The colours of the light or the dark look, as #rrggbb."""
    sheet = (ROOT / "static" / "src" / "css" / "base.css").read_text()
    light, dark = sheet.split("@media screen and (prefers-color-scheme: dark)")
    found = re.findall(r"--([\w-]+): #(\w+);", light if look == "light" else dark)
    return {name: "#" + (hexes if len(hexes) == 6 else hexes * 2) for name, hexes in found}


def contrast(one: str, another: str) -> float:
    """Between two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lights = sorted(luminance(each) for each in (one, another))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    """0 for black to 1 for white (WCAG 2.2, "relative luminance")."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("folder", ["css", "."])
def test_no_style_sheet_of_the_pages_names_a_colour_of_its_own(folder: str) -> None:
    for file in (ROOT / "static" / "src" / folder).glob("*.css"):
        if file.name == "base.css":
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            own = re.sub(NEUTRAL, "", line)
            found = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)", own)
            assert not found, f"{file.name}:{number}: {found}"


def test_it_is_there_in_the_demo_only(
    app: Flask, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(app.config["SETTINGS"]), "is_demo", property(lambda _: False))
    assert make_app().test_client().get("/styleguide").status_code == 404
