"""Declaration years (申报年度): the agency opens and closes the years that can be assessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flexapp.agency import repository
from flexapp.agency.effective_parameters import effective_parameters, read_rows
from flexapp.agency.permissions import read_reason, require_officer
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.parameters import ParameterBook
from flexapp.rules.refusal import Refusal

NOT_LISTED = Refusal("year_unknown", "只能开放或关闭列出的年度。")


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year that can be opened or closed.

    `published` is true if its parameters are in force. `published_from` is the first day in force
    of parameters that are confirmed but not in force yet.
    """

    year: int
    is_open: bool
    published: bool
    published_from: date | None = None


def years(today: date) -> tuple[YearLine, ...]:
    """Return this year, the next, and all years open or with parameters; newest first."""
    now = effective_parameters(today)
    published = set(now.book.years())
    to_come = _to_come(now.book, today)
    listed = published | now.open_years | to_come.keys() | {today.year, today.year + 1}
    return tuple(
        YearLine(year, year in now.open_years, year in published, to_come.get(year))
        for year in sorted(listed, reverse=True)
    )


def _to_come(book: ParameterBook, today: date) -> dict[int, date]:
    """Return the years whose confirmed parameters are not in force yet, with their first day."""
    found: dict[int, date] = {}
    known = set(book.years())
    for day, rows in repository.rows_to_come(today):
        book = book.with_rows(read_rows(rows))
        for year in set(book.years()) - known:
            found.setdefault(year, day)
    return found


def open_year(*, year: int, actor: Actor, at: datetime, today: date) -> Refusal | None:
    """Open a year for declaration; no effect if it is open.

    Refusals: `not_an_officer`, `year_unknown`, `year_not_in_force`, `year_not_published`.
    """
    line = _line(year, today)
    refusal = require_officer(actor) or (NOT_LISTED if line is None else None)
    if refusal is not None or line is None:
        return refusal or NOT_LISTED
    if line.is_open:
        return None
    if line.published_from is not None:
        day = line.published_from
        return Refusal(
            "year_not_in_force",
            f"{year}年度缴费基数已公布，从{day.year}年{day.month}月{day.day}日起施行，"
            "从那天起可以开放申报。",
        )
    if not line.published:
        return Refusal(
            "year_not_published", f"{year}年度缴费基数还没有公布，请先公布，再开放申报。"
        )
    repository.set_year(year, is_open=True)
    _record("declaration_year.opened", year, actor, at, {})
    return None


def close_year(
    *, year: int, reason: str, actor: Actor, at: datetime, today: date
) -> Refusal | None:
    """Close a year, with a reason: no new assessments; existing ones remain.

    Refusals: `not_an_officer`, `year_unknown`, `reason_missing`.
    """
    line = _line(year, today)
    refusal = require_officer(actor) or (NOT_LISTED if line is None else None)
    if refusal is not None or line is None:
        return refusal or NOT_LISTED
    why = read_reason(reason)
    if isinstance(why, Refusal):
        return why
    if line.is_open:
        repository.set_year(year, is_open=False)
        _record("declaration_year.closed", year, actor, at, {"reason": why})
    return None


def _line(year: int, today: date) -> YearLine | None:
    return next((line for line in years(today) if line.year == year), None)


def _record(action: str, year: int, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    audit.record(
        action=action, person_id=None, subject=f"year:{year}", actor=actor, at=at, data=data
    )
