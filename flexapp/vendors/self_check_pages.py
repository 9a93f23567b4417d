"""View models of the self-check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flexapp.vendors.self_check import (
    Findings,
    Line,
    Verdict,
    encode,
    explain,
)

PROBE = "宁夏 & 社保 + 100% “核定”"
"""A hidden form value whose characters a webview that rewrites forms would damage."""

CLASSES = {
    Verdict.GOOD: "good",
    Verdict.BAD: "bad",
    Verdict.INFO: "info",
    Verdict.NOT_TRIED: "none",
}
HEADERS = ("Origin", "Referer")
LONGEST_HEADER = 512


@dataclass(frozen=True, slots=True)
class StepPage:
    """One step. `code`: the findings so far. `otherwise`: the findings if the user answers no."""

    code: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    """All findings. `headers`: as sent by the browser."""

    code: str
    lines: tuple[tuple[str, Line], ...]
    faults: int
    untried: int
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, findings: Findings, headers: Mapping[str, str]) -> ResultPage:
        """Build the page of these findings; faults come first."""
        lines = explain(findings)
        faults = [line for line in lines if line.verdict is Verdict.BAD]
        others = [line for line in lines if line.verdict is not Verdict.BAD]
        return cls(
            encode(findings),
            tuple((CLASSES[line.verdict], line) for line in (*faults, *others)),
            len(faults),
            sum(line.verdict is Verdict.NOT_TRIED for line in lines),
            tuple((name, value[:LONGEST_HEADER]) for name, value in headers.items()),
        )
