"""View models of the pages of publications and of the pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flexapp.agency.service import PlaceStatus, Publication, Status
from flexapp.rules import divisions
from flexapp.rules.contribution import Calculation
from flexapp.rules.contribution_base import Meaning
from flexapp.rules.money import plain, yen
from flexapp.rules.parameters import Parameter, ParameterBook, ParameterRow, Per, YearFigures
from flexapp.rules.publication import Draft, Sample
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff.service import Clerk
from flexapp.web.formatting import day
from flexapp.web.select_options import Groups

NAMES = {
    Parameter.AVERAGE_WAGE: "上年度平均工资",
    Parameter.LOWER_BOUND: "每月缴费基数下限",
    Parameter.UPPER_BOUND: "每月缴费基数上限",
    Parameter.FLEXIBLE_RATE: "灵活就业人员费率",
    Parameter.UNIT_RATE: "单位费率",
}


@dataclass(frozen=True, slots=True)
class RowLine:
    """A parameter as text."""

    name: str
    value: str
    source: str

    @classmethod
    def of(cls, row: ParameterRow) -> RowLine:
        """Format a parameter row."""
        if row.parameter.is_rate:
            assert row.personal is not None
            value = f"{_percent(row.value)}，其中个人账户 {_percent(row.personal)}"
            return cls(NAMES[row.parameter], f"{value}，{row.from_month.label}起", row.source)
        unit = {Per.YEAR: "元/年", Per.MONTH: "元/月", None: "元"}[row.per]
        return cls(NAMES[row.parameter], f"{plain(row.value)} {unit}", row.source)


@dataclass(frozen=True, slots=True)
class YearBlock:
    """The figures of a year that are in effect."""

    year: int
    rows: tuple[RowLine, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicationLine:
    """A publication in the list."""

    id: int
    title: str
    status: str
    open: bool
    note: str

    @classmethod
    def of(cls, found: Publication) -> PublicationLine:
        """Build a line of the list."""
        note = f"{found.draft.document}（{found.draft.number}）"
        if found.in_force_from is not None:
            note += f"，{day(found.in_force_from)}起执行"
        return cls(
            found.id,
            found.draft.title,
            found.status.label,
            found.status is Status.PROPOSED,
            note,
        )


@dataclass(frozen=True, slots=True)
class ParametersPage:
    """The page /counter/parameters: what is in effect, what awaits confirmation, and the
    history.
    """

    years: tuple[YearBlock, ...]
    rates: tuple[RowLine, ...]
    publications: tuple[PublicationLine, ...]
    may_act: bool

    @classmethod
    def of(
        cls, book: ParameterBook, listing: Sequence[Publication], clerk: Clerk
    ) -> ParametersPage:
        """Build the page for this clerk. An auditor gets no buttons."""
        blocks = []
        for year in reversed(book.years()):
            figures = book.figures(year)
            assert isinstance(figures, YearFigures)
            sources = dict.fromkeys(row.source for row in figures.rows)
            blocks.append(
                YearBlock(year, tuple(RowLine.of(row) for row in figures.rows), tuple(sources))
            )
        return cls(
            years=tuple(blocks),
            rates=tuple(RowLine.of(row) for row in book.rows if row.parameter.is_rate),
            publications=tuple(PublicationLine.of(each) for each in listing),
            may_act=clerk.role is Role.AGENCY,
        )


@dataclass(frozen=True, slots=True)
class SampleLine:
    """The result of a sample entry before and after a publication."""

    entered: str
    months: str
    before: str
    after: str
    changed: bool

    @classmethod
    def of(cls, sample: Sample) -> SampleLine:
        """Format a sample."""
        value = sample.entered.text
        percent = sample.entered.meaning is Meaning.PERCENT
        before, after = _outcome(sample.before), _outcome(sample.after)
        return cls(
            f"按 {value}%" if percent else f"月工资 {value} 元",
            sample.period.label,
            before,
            after,
            before != after,
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """The content of a publication, and what it changes."""

    title: str
    rows: tuple[RowLine, ...]
    source: str
    document_date: str
    effective_from: str
    samples: tuple[SampleLine, ...]
    doubts: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, draft: Draft, samples: Sequence[Sample], doubts: Sequence[str]) -> Effect:
        """Build from a draft, its samples and the doubts about it."""
        return cls(
            title=draft.title,
            rows=tuple(RowLine.of(row) for row in draft.rows),
            source=f"{draft.document}（{draft.number}）",
            document_date=day(draft.document_date),
            effective_from=day(draft.effective_from),
            samples=tuple(SampleLine.of(sample) for sample in samples),
            doubts=tuple(doubts),
            digest=draft.digest,
        )


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """The page /counter/parameters/<number>: one publication, and what may be done with it."""

    id: int
    effect: Effect
    status: str
    proposed: tuple[str, datetime]
    decided: tuple[str, datetime] | None
    in_force_from: date | None
    may_confirm: bool
    may_withdraw: bool
    own: bool

    @classmethod
    def of(cls, found: Publication, effect: Effect, clerk: Clerk) -> PublicationPage:
        """Build the page for this clerk. The officer who proposed it may not confirm it."""
        waits = found.status is Status.PROPOSED and clerk.role is Role.AGENCY
        own = found.proposed_by == clerk.id
        return cls(
            id=found.id,
            effect=effect,
            status=found.status.label,
            proposed=(found.proposed_by_label, found.proposed_at),
            decided=(found.decided_by_label, found.decided_at) if found.decided_at else None,
            in_force_from=found.in_force_from,
            may_confirm=waits and not own,
            may_withdraw=waits,
            own=waits and own,
        )


def _outcome(result: Calculation | Refusal) -> str:
    if isinstance(result, Refusal):
        return "不能核定"
    return f"每月 {yen(result.monthly_amount)}，共 {yen(result.total)}"


def _percent(fraction: Decimal) -> str:
    text = f"{fraction * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """An area or a channel, with its pilot status as text."""

    name: str
    standing: str
    is_open: bool

    @classmethod
    def of(cls, name: str, found: PlaceStatus) -> PlaceLine:
        """Build a line of the list."""
        if found.is_open:
            words = "已开通"
        elif found.open_from is not None:
            words = f"{day(found.open_from)}起开通"
        elif found.closed_since is not None:
            words = f"{day(found.closed_since)}起暂停"
        else:
            words = "未开通"
        return cls(name, words, found.is_open)


@dataclass(frozen=True, slots=True)
class PilotPage:
    """The page /counter/pilot."""

    areas: tuple[PlaceLine, ...]
    channels: tuple[PlaceLine, ...]
    may_act: bool

    @classmethod
    def of(
        cls,
        areas: Sequence[PlaceStatus],
        channels: Sequence[PlaceStatus],
        names: Mapping[str, str],
        clerk: Clerk,
    ) -> PilotPage:
        """Build the page for this clerk. An auditor gets no buttons."""
        return cls(
            areas=tuple(PlaceLine.of(_area(each.place.code), each) for each in areas),
            channels=tuple(PlaceLine.of(names[each.place.code], each) for each in channels),
            may_act=clerk.role is Role.AGENCY,
        )


def place_options(channels: Sequence[tuple[str, str]]) -> Groups:
    """Return what can be opened or closed: all areas, each area and each channel."""
    areas = tuple(
        (group, tuple((f"area:{place.code}", place.name) for place in places))
        for group, places in divisions.choices()
    )
    apps = tuple((f"channel:{code}", name) for code, name in channels)
    return (("", (("area", "全部地区"),)), *areas, ("渠道", apps))


def _area(code: str) -> str:
    found = divisions.find(code)
    assert found is not None
    return found.name
