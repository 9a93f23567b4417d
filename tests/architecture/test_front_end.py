"""The front-end build: one script, one style sheet, hashed and precompressed, old phones spared."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.architecture.checkout import ROOT

OWN_NODE = ROOT / ".venv" / "bin"
NODE = shutil.which("node") or shutil.which("node", path=str(OWN_NODE)) or "node"

UNPACK = (
    "const squeezed = require('fs').readFileSync(0);"
    "process.stdout.write(require('zlib').brotliDecompressSync(squeezed));"
)


@pytest.fixture
def source() -> Iterator[Path]:
    """A small front end, in a folder with a space in its name.

    On the disk of the checkout, as the build's own work is: it moves what it made.
    """
    here = ROOT / "var"
    here.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=here, prefix="front-end-") as made:
        folder = Path(made) / "front end"
        _write_front_end(folder)
        yield folder


def _write_front_end(folder: Path) -> None:
    (folder / "img").mkdir(parents=True)
    (folder / "app.js").write_text('import htmx from "htmx.org";\nhtmx.config.allowEval = false;\n')
    (folder / "app.css").write_text('@import "./more.css";\n.a { color: red }\n')
    (folder / "more.css").write_text(".b { background: url(img/a.svg) }\n")
    (folder / "img" / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>\n')


def build(source: Path, code: str = "") -> subprocess.CompletedProcess[str]:
    """Build `source` into the folder `dist` beside it, with a line added to its script."""
    with (source / "app.js").open("a") as script:
        script.write(code)
    return subprocess.run(
        [NODE, ROOT / "static" / "build.mjs", source, source.parent / "dist"],
        cwd=source.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_script_and_one_style_sheet_come_out_hashed_and_precompressed(source: Path) -> None:
    done = build(source)
    assert done.returncode == 0, done.stderr
    dist = source.parent / "dist"
    manifest = json.loads((dist / "manifest.json").read_text())
    assert set(manifest) == {"app.css", "app.js", "img/a.svg"}
    for name, built in manifest.items():
        stem, ending = name.rsplit(".", 1)
        assert re.fullmatch(rf"{stem}-[A-Z0-9]{{8}}\.{ending}", built)
        raw = (dist / built).read_bytes()
        assert gzip.decompress((dist / f"{built}.gz").read_bytes()) == raw
        squeezed = (dist / f"{built}.br").read_bytes()
        assert subprocess.run([NODE, "-e", UNPACK], input=squeezed, stdout=-1).stdout == raw
    assert len(list(dist.glob("*.js"))) == len(list(dist.glob("*.css"))) == 1
    style = (dist / manifest["app.css"]).read_text()
    assert ".a{" in style
    assert manifest["img/a.svg"] in style
    assert "htmx" in (dist / manifest["app.js"]).read_text()


def test_the_style_sheet_of_one_page_stays_out_of_the_common_one(source: Path) -> None:
    (source / "poster.css").write_text("@page { size: A4 }\n")
    assert build(source).returncode == 0
    dist = source.parent / "dist"
    manifest = json.loads((dist / "manifest.json").read_text())
    assert "@page" in (dist / manifest["poster.css"]).read_text()
    assert "@page" not in (dist / manifest["app.css"]).read_text()


def test_the_script_of_a_few_pages_stays_out_of_the_common_one(source: Path) -> None:
    (source / "sandbox.js").write_text("console.log('for vendors', window.a?.b);\n")
    assert build(source).returncode == 0
    dist = source.parent / "dist"
    manifest = json.loads((dist / "manifest.json").read_text())
    assert "for vendors" not in (dist / manifest["app.js"]).read_text()
    own = (dist / manifest["sandbox.js"]).read_text()
    assert "for vendors" in own
    assert "?." not in own
    (source / "sandbox.js").write_text("console.log(/(?<!a)b/);\n")
    refused = build(source)
    assert refused.returncode == 1
    assert "lookbehind" in refused.stderr


def test_a_change_of_content_changes_the_name_and_leaves_no_old_file(source: Path) -> None:
    dist = source.parent / "dist"
    build(source)
    first = json.loads((dist / "manifest.json").read_text())
    build(source)
    assert json.loads((dist / "manifest.json").read_text()) == first
    build(source, "console.log(1);\n")
    second = json.loads((dist / "manifest.json").read_text())
    assert second["app.js"] != first["app.js"]
    assert second["app.css"] == first["app.css"]
    assert not (dist / first["app.js"]).exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("Object.fromEntries([]);", "Object.fromEntries"),
        ("document.body.replaceChildren();", "replaceChildren"),
        ("console.log(10n);", "Big integer"),
        ("console.log(/(?<!a)b/);", "lookbehind"),
        ("console.log(;", "Unexpected"),
        ('import "./absent.js";', "absent.js"),
    ],
)
def test_what_old_phones_cannot_run_fails_the_build_and_keeps_the_last_one(
    source: Path, code: str, said: str
) -> None:
    dist = source.parent / "dist"
    assert build(source).returncode == 0
    before = {path.name for path in dist.iterdir()}
    done = build(source, f"{code}\n")
    assert done.returncode == 1
    assert "The front-end build failed" in done.stderr
    assert said in done.stderr
    assert {path.name for path in dist.iterdir()} == before


def test_new_syntax_is_written_in_old_syntax(source: Path) -> None:
    assert build(source, "console.log(window.a?.b ?? 'none', {...window.c});\n").returncode == 0
    (script,) = (source.parent / "dist").glob("*.js")
    assert "?." not in script.read_text()
    assert "??" not in script.read_text()


def test_a_function_that_is_looked_for_first_is_let_through(source: Path) -> None:
    code = "if (Object.fromEntries) console.log(Object.fromEntries([])); // guarded\n"
    assert build(source, code).returncode == 0
