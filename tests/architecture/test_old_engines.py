"""What is built can be read by the oldest browsers served, Chromium 69 and iOS 12.

The styles are held against the data of caniuse.com (`doiuse`), the scripts against the standard of
the time (`es-check`); the build itself lowers syntax and refuses functions (`static/build.mjs`).
Styles may go beyond those browsers only where these lose nothing, for a reason written down here.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.test_front_end import NODE

DIST = ROOT / "static" / "dist"
ES_CHECK = ROOT / "node_modules" / "es-check" / "lib" / "cli" / "index.js"
STYLES = Path(__file__).with_name("old_engines.mjs")

HARMLESS = {
    # A rule that an engine cannot read is dropped, and the ring it always draws stays.
    "css-focus-visible": r"[^,]*:focus-visible[^,]*",
    # They lack `clip`, two values at once, and the like; these they have had for ever.
    "css-overflow": r"overflow(-[xy])?: (hidden|auto|visible|scroll)",
    # A wish of the person that these engines cannot pass on.
    "prefers-reduced-motion": r"@media ?\(prefers-reduced-motion: ?reduce\)",
    "prefers-color-scheme": r"@media ?(screen and )?\(prefers-color-scheme: ?dark\)",
    # The tick of a box in the engine's own blue.
    "accent-color": r"accent-color: .*",
    "css-scroll-behavior": r"scroll-behavior: auto(!important| !important)?",
    # Partial: the old syntax without a prefix is whole; what is missing are two positions a stop.
    "css-gradients": r"background(-image)?: linear-gradient\((?!.*\d%? \d+%).*",
    # With the prefix, which stands beside it.
    "css-sticky": r"position: (-webkit-)?sticky",
    "css-appearance": r"(-webkit-)?appearance: (none|auto|slider-horizontal)",
    # On paper, printed from a computer: a sheet that breaks elsewhere is still whole.
    "css-page-break": r"page-break-(before|after|inside): (avoid|auto|always)",
    "css-paged-media": r"@page ?",
    "css-color-adjust": r"(-webkit-)?print-color-adjust: exact",
    # Of the pages for vendors' programmers: another fixed-width face, another width of a tab.
    "extended-system-fonts": r"font-family: ui-monospace,.*monospace",
    "css3-tabsize": r"tab-size: 4",
    "css-resize": r"resize: vertical",
}
"""Feature → how it may be used. Anything else needs a fallback or is a fault."""


def node(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script under Node."""
    return subprocess.run(
        [NODE, *words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


def beyond(files: Sequence[Path]) -> list[str]:
    """What in these styles the old engines do without, to somebody's loss."""
    done = node(STYLES, *files)
    assert done.returncode == 0, done.stderr
    return [
        f"{use['file']}: {use['uses']} ({use['feature']})"
        for use in json.loads(done.stdout)
        if not use["fallback"] and not re.fullmatch(HARMLESS.get(use["feature"], "-"), use["uses"])
    ]


def newer(*files: Path) -> str:
    """What in these scripts came after ECMAScript 2019; "" where nothing did."""
    done = node(ES_CHECK, "es2019", "--checkFeatures", "--noColor", *files)
    said = done.stdout + done.stderr
    # Node itself ends with 1 as well, such as where the tool is not there.
    assert "ES-Check" in said, said
    return "" if done.returncode == 0 else said


def test_the_styles_lose_nothing_in_the_oldest_browsers() -> None:
    sheets = sorted(DIST.glob("*.css"))
    assert sheets
    assert beyond(sheets) == []


LACKING = [
    ".a{display:flex;gap:1rem}",
    ".a:has(p){color:red}",
    ".a:is(p,q){color:red}",
    ".a{width:min(10px,50%)}",
    ".a{width:clamp(1px,2px,3px)}",
    ".a{aspect-ratio:1}",
    ".a{margin-inline:1px}",
    ".a{inset:0}",
    ".a{overflow:clip}",
    ".a{height:100dvh}",
    ".a{color:oklch(50% 0 0)}",
    ".a:focus-visible,.a:hover{color:red}",
    ".a{background:linear-gradient(red 0% 50%,blue)}",
    "@container (min-width:1px){.a{color:red}}",
    "@layer x{.a{color:red}}",
    ".a{&:hover{color:red}}",
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is found in one sheet for each style that they lack, looked at together."""
    folder = tmp_path_factory.mktemp("lacking")
    sheets = [folder / f"{number}.css" for number in range(len(LACKING))]
    for sheet, style in zip(sheets, LACKING, strict=True):
        sheet.write_text(style)
    return beyond(sheets)


@pytest.mark.parametrize("style", LACKING)
def test_a_style_that_they_lack_is_found(found: list[str], style: str) -> None:
    name = f"{LACKING.index(style)}.css"
    assert len([each for each in found if each.startswith(f"{name}: ")]) == 1


def test_a_style_with_another_before_it_for_them_is_let_through(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text(".a{width:50%;width:min(10px,50%)}")
    assert beyond([sheet]) == []
    sheet.write_text(".a{color:red;width:min(10px,50%)}")
    assert beyond([sheet]) != []


def test_the_scripts_are_of_their_time() -> None:
    scripts = sorted(DIST.glob("*.js"))
    assert scripts
    assert newer(*scripts) == ""


@pytest.mark.parametrize(
    "script",
    [
        "a?.b;",
        "a ?? b;",
        "a ||= b;",
        "class A { #b = 1 }",
        "[1].at(-1);",
        '"a".replaceAll("a", "");',
    ],
)
def test_a_script_that_they_cannot_run_is_found(tmp_path: Path, script: str) -> None:
    file = tmp_path / "a.js"
    file.write_text(f"{script}\n")
    assert newer(file)
