"""What can be read off the files: sizes, places, pure rules, safe templates, nothing of a machine.

Each check is a function from a text to its faults, tried on a bad sample before it is trusted.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import audit
import pytest

from tests.architecture.checkout import ROOT, files_below, project_files, text_of

LONGEST = 400

TOP_LEVEL = re.compile(
    r"app\.py|pyproject\.toml|README\.md|Makefile|package(-lock)?\.json|requirements[a-z-]*\.(in|txt)"
    r"|flexapp|templates|static|tests|tools|deploy|docs|\..+"
)

# Put together here, because this file is searched as well.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("npmmirror", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("crates", "io"),
        ("pypi", "tuna"),
        ("mirrors", "aliyun"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root|home/\w+|Users/\w+)/")


def names_of_places(text: str) -> list[str]:
    """Package registries and folders of one machine that a text names."""
    return [host for host in HOSTS if host in text] + MACHINE_PATH.findall(text)


def unsafe_in_template(text: str) -> list[str]:
    """What the content security policy would block, and what would go around escaping."""
    patterns = {
        "inline script": r"<script(?![^>]*\bsrc=)",
        "inline style": r"<style\b",
        "javascript: address": r"javascript:",
        "hx-on": r"\bhx-on\b",
        "style attribute from Jinja": r"""["']style["']\s*:""",
        "event attribute from Jinja": r"""["']on(?!ce\b|e\b|ly\b)[a-z]+["']\s*:""",
        "not escaped": r"\|\s*safe\b|\bautoescape\b|\bMarkup\(",
    }
    found = [name for name, pattern in patterns.items() if re.search(pattern, text)]
    # In Jinja's own code `once=…` is an argument and no attribute.
    markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", text, flags=re.DOTALL)
    attributes = {"style attribute": r"[\s\"']style\s*=", "event attribute": r"[\s\"']on[a-z]+\s*="}
    return found + [name for name, pattern in attributes.items() if re.search(pattern, markup)]


def impure_in_rules(code: str) -> list[str]:
    """Calls that read a clock, and imports beyond the standard library, parsers and the rules."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if re.search(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.\w+)$", called):
                found.append(called)
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        for name in names:
            top = name.split(".")[0]
            ours = name == "flexapp.rules" or name.startswith("flexapp.rules.")
            if not (ours or top in ("stdnum", "phonenumbers") or top in sys.stdlib_module_names):
                found.append(name)
    return found


def test_no_file_is_longer_than_400_lines() -> None:
    ours = files_below("flexapp", "templates", "static/src", "deploy")
    assert len(ours) > 100
    lengths = {str(path): (text_of(path) or "").count("\n") for path in ours}
    assert {path: n for path, n in lengths.items() if n > LONGEST} == {}


def test_the_top_level_holds_only_what_the_design_names() -> None:
    entries = {path.parts[0] for path in project_files()}
    assert {"app.py", "flexapp", "templates", "Makefile"} <= entries
    assert {entry for entry in entries if not TOP_LEVEL.fullmatch(entry)} == set()


@pytest.mark.parametrize("entry", ["utils", "setup.py", "notes.md", "requirements", "yarn.lock"])
def test_another_top_level_entry_would_be_noticed(entry: str) -> None:
    assert not TOP_LEVEL.fullmatch(entry)


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    texts = {str(path): text_of(path) for path in project_files()}
    faults = {path: names_of_places(text) for path, text in texts.items() if text is not None}
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize("text", [f"see https://{HOSTS[0]}/x", "cd " + "/root" + "/x"])
def test_a_named_place_would_be_noticed(text: str) -> None:
    assert names_of_places(text)
    assert not names_of_places("see docs/" + "work/list.md and 网/" + "work")


def test_templates_end_in_html_so_that_they_are_escaped() -> None:
    templates = files_below("templates")
    assert len(templates) > 10
    assert [str(path) for path in templates if path.suffix != ".html"] == []


def test_templates_hold_nothing_inline_and_nothing_unescaped() -> None:
    faults = {p: unsafe_in_template(text_of(p) or "") for p in files_below("templates")}
    assert {str(path): found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "template",
    [
        "<script>go()</script>",
        "<style>p{}</style>",
        '<p style="color:red">',
        '<p class="a"\n  style = "color:red">',
        '<button onclick="go()">',
        '<input name="a"onfocus=go()>',
        '<a href="javascript:go()">',
        '<form hx-on:submit="go()">',
        "{{ text(form.name, attrs={'onclick': 'go()'}) }}",
        "{{ text(form.name, attrs={\"style\": 'color:red'}) }}",
        "{{ name | safe }}",
        "{{ name|safe }}",
        "{% autoescape false %}",
    ],
)
def test_an_unsafe_template_would_be_noticed(template: str) -> None:
    assert unsafe_in_template(template)


def test_a_safe_template_is_let_through() -> None:
    assert not unsafe_in_template(
        '<script src="{{ asset("app.js") }}" defer></script>'
        '{{ form_open(action, once=true) }}<p class="one" data-only="x">一次 once</p>'
    )


def test_rules_read_no_clock_and_import_nothing_but_themselves() -> None:
    rules = files_below("flexapp/rules", ending=".py")
    assert len(rules) > 5
    faults = {str(path): impure_in_rules(text_of(path) or "") for path in rules}
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "code",
    [
        "x = datetime.now()",
        "x = datetime.datetime.now(tz)",
        "x = date.today()",
        "x = time.time()",
        "import flask",
        "from sqlalchemy import select",
        "from flexapp.config import load",
        "from . import money",
    ],
)
def test_an_impure_rule_would_be_noticed(code: str) -> None:
    assert impure_in_rules(code)
    assert not impure_in_rules("from datetime import date\nx = date(2019, 1, 1).replace(day=2)")


def test_what_the_tests_run_with_is_what_the_site_runs_with() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==[\w.]+", (ROOT / name).read_text("utf-8"), re.M))

    assert pins("requirements.txt")
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_lock_files_pin_hashes_and_name_no_source() -> None:
    for name in audit.LOCKS:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
        assert pins, name
        assert all(re.fullmatch(r"[a-z0-9.-]+==[\w.]+( ; [^\\]+)? \\", line) for line in pins), name
        assert not [line for line in lines if line.startswith("-")], name
        assert sum("--hash=sha256:" in line for line in lines) >= len(pins), name
    packages = Path(ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in packages
    assert '"resolved"' not in packages


def test_only_the_services_use_the_applications_extensions() -> None:
    using = [
        str(path)
        for path in files_below("flexapp", ending=".py")
        if not path.is_relative_to("flexapp/taxbureau") and ".extensions" in (text_of(path) or "")
    ]
    # Alembic's environment reads the value of Flask-Migrate.
    assert using == ["flexapp/migrations/env.py", "flexapp/services.py"]
