"""`make audit-deps`: what it reports of the services' answers, and of missing answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import audit
import pytest

from tests.architecture.checkout import ROOT

CLEAN = {"name": "flask", "version": "3.1.0", "vulns": []}
FLAWED = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["3.1.6"], "aliases": ["CVE-1"]},
        {"id": "GHSA-2", "fix_versions": []},
    ],
}
SKIPPED = {"name": "alembic", "skip_reason": "Dependency not found and could not be audited"}


def pip_audit(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_nothing_known_is_nothing_to_say() -> None:
    assert audit.python_flaws(pip_audit(CLEAN)) == []
    assert audit.page_flaws('{"auditReportVersion": 2, "vulnerabilities": {}}') == []


def test_a_flaw_is_named_with_what_mends_it() -> None:
    assert audit.python_flaws(pip_audit(CLEAN, FLAWED)) == [
        "jinja2 3.1.0: PYSEC-1, mended in 3.1.6",
        "jinja2 3.1.0: GHSA-2, mended in no version yet",
    ]
    answer = {"vulnerabilities": {"esbuild": {"severity": "moderate", "range": "<=0.24.2"}}}
    assert audit.page_flaws(json.dumps(answer)) == ["esbuild: moderate, <=0.24.2"]


@pytest.mark.parametrize("output", ["", "Traceback …", "[]", "{}", pip_audit(), pip_audit(SKIPPED)])
def test_python_packages_that_nobody_was_asked_about_are_not_called_clean(output: str) -> None:
    with pytest.raises(audit.Unanswered):
        audit.python_flaws(output)


def test_one_package_without_an_answer_is_enough_not_to_know() -> None:
    with pytest.raises(audit.Unanswered, match=r"1 of 2 Python packages \(alembic"):
        audit.python_flaws(pip_audit(CLEAN, SKIPPED))


@pytest.mark.parametrize(
    "output",
    ["", "npm error", '{"message": "405 Method Not Allowed", "statusCode": 405}', '{"error": {}}'],
)
def test_packages_of_the_pages_that_nobody_was_asked_about_are_not_called_clean(
    output: str,
) -> None:
    with pytest.raises(audit.Unanswered):
        audit.page_flaws(output)


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (pip_audit(CLEAN), 0, "✓ a list: nothing is known"),
        (pip_audit(FLAWED), 1, "✗ a list: jinja2 3.1.0: PYSEC-1"),
        (pip_audit(SKIPPED), 2, "? a list: The advisory service said nothing about 1 of 1"),
        ("", 2, "? a list: pip-audit could not ask"),
    ],
)
def test_the_exit_code_tells_known_flaws_from_not_knowing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: str, code: int, said: str
) -> None:
    program = tmp_path / "answers.py"
    program.write_text(f"print({answer!r})", encoding="utf-8")
    assert audit.ask("a list", [sys.executable, str(program)], audit.python_flaws) == code
    assert capsys.readouterr().out.startswith(said)


def test_every_lock_file_is_asked_about() -> None:
    locks = [*ROOT.glob("requirements*"), *(ROOT / "deploy" / "locks").iterdir()]
    assert {str(path.relative_to(ROOT)) for path in locks} == set(audit.LOCKS)


def test_the_document_says_how_fast_flaws_are_mended() -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for level in ("critical", "high", "medium", "low"):
        assert level in document
    for name in audit.LOCKS:
        assert f"`{name}`" in document
