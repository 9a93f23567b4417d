"""申报年度: which years can be assessed, opened and closed by the agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flexapp.agency import repository
from flexapp.agency.officers import read_reason, refuse_others
from flexapp.agency.standing import in_force
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.refusal import Refusal

NOT_LISTED = Refusal("year_unknown", "只能开放或关闭列出的年度。")


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year that can be opened or closed. `published`: whether its figures are in force."""

    year: int
    is_open: bool
    published: bool


def years(today: date) -> tuple[YearLine, ...]:
    """The current year, the next, and every other one with figures or open; newest first."""
    now = in_force(today)
    published = set(now.book.years())
    listed = published | now.open_years | {today.year, today.year + 1}
    return tuple(
        YearLine(year, year in now.open_years, year in published)
        for year in sorted(listed, reverse=True)
    )


def open_year(*, year: int, actor: Actor, at: datetime, today: date) -> Refusal | None:
    """Open a year for declaration; opening an open one changes nothing."""
    line = _line(year, today)
    refusal = refuse_others(actor) or (NOT_LISTED if line is None else None)
    if refusal is not None or line is None:
        return refusal or NOT_LISTED
    if line.is_open:
        return None
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
    """Close a year, with a reason: nothing more of it is assessed; what was assessed stays."""
    line = _line(year, today)
    refusal = refuse_others(actor) or (NOT_LISTED if line is None else None)
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
