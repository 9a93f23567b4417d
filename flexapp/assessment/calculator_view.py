"""What a person sees while choosing: the months, what the number means, choices beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from flexapp.assessment.creation import (
    Proposal,
    RateTerms,
    calculate_proposal,
    rate_terms,
)
from flexapp.assessment.eligibility import Eligibility
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.months import TAP_END, YearMonths, leading, open_months
from flexapp.assessment.queries import Desk
from flexapp.rules.contribution import ReadBack, read_back
from flexapp.rules.contribution_base import Meaning
from flexapp.rules.money import round_to_fen, yen
from flexapp.rules.month_picker import Chosen
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

QUICK = ("60", "80", "100", "200", "300")
"""Percentages within one tap; any other number from 60 to 300 can be typed."""
COMPARED = ("60", "100", "300")
"""The least, the average and the most: what a choice is compared with."""
NOTHING_TYPED = "填好缴费基数，这里会算出每月缴多少、一共缴多少。"


@dataclass(frozen=True, slots=True)
class Explained:
    """Where a sum that is not assessed yet is reckoned step by step, and what of: for a link."""

    url: str
    about: str


Trial = Callable[[Proposal], Explained]


@dataclass(frozen=True, slots=True)
class ReadBackView:
    """What the number typed means: words and amounts, or what is still missing."""

    read_back: ReadBack | None
    sentence: str
    explained: Explained | None = None
    """There where there are amounts."""

    @classmethod
    def of(cls, outcome: Proposal | tuple[Refusal, ...] | None, trial: Trial) -> ReadBackView:
        """From a proposal and where it is explained, its refusals, or nothing typed yet."""
        if outcome is None:
            return cls(None, NOTHING_TYPED)
        if isinstance(outcome, Proposal):
            words = read_back(outcome.calculation)
            return cls(words, words.sentence, trial(outcome))
        return cls(None, outcome[0].sentence)


@dataclass(frozen=True, slots=True)
class QuickChoice:
    """A base within one tap: a link without the script, with it the number in the box."""

    label: str
    base: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A choice beside others: amounts of the same months, ready to show."""

    label: str
    base: str
    url: str
    chosen: bool
    monthly_amount: str
    personal: str
    """How much of it goes to the personal account each month."""
    total: str
    explained: Explained


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """What the months and the base on the page of 核定 come to."""

    period: str
    """Which months are chosen, in words, or why they cannot be."""
    read_back: ReadBackView
    quick: tuple[QuickChoice, ...]
    compared: tuple[Compared, ...]
    """Three choices side by side, least first; none before the months are chosen rightly."""
    months: int = 0
    shown: str = ""
    """The figures behind these sums, for the form to bring back; empty where there are none."""

    @classmethod
    def of(
        cls,
        form: AssessmentForm,
        bounds: Eligibility,
        *,
        desk: Desk,
        who: str,
        kind: RateKind = RateKind.FLEXIBLE,
        preview: bool = True,
    ) -> ChoiceView:
        """For what stands in the form; `preview`: whether to say already what it comes to."""
        start, end, typed = form.start.data, form.end.data, form.base.data

        on = rate_terms(start=start, end=end, bounds=bounds, kind=kind)

        def proposed(base: str) -> Proposal | None:
            outcome = calculate_proposal(on, base)
            return outcome if isinstance(outcome, Proposal) else None

        # One address for each kind of link, and what differs behind it: made by the router one by
        # one they would cost more than the sums.
        form_at = desk.listing(
            "new", who, start=start, end=end, tap=form.tap.data or None, to="base"
        )
        trial_at = desk.listing("trial", who, start=start, end=end)

        def url(base: str) -> str:
            return f"{form_at}&base={quote(base)}#base"

        def trial(proposal: Proposal) -> Explained:
            text = proposal.calculation.entered.text
            return Explained(f"{trial_at}&base={quote(text)}", _label(proposal))

        mine = calculate_proposal(on, typed) if typed and preview else None
        chosen = mine if isinstance(mine, Proposal) else None
        others = [(base, proposal) for base in COMPARED if (proposal := proposed(base))]
        return cls(
            period=_period(form, on),
            read_back=ReadBackView.of(mine, trial),
            quick=_quick(chosen, url),
            compared=_compared(chosen, others, url, trial),
            months=others[0][1].period.count if others else 0,
            shown="" if isinstance(on, Refusal) else on.shown,
        )


def _quick(chosen: Proposal | None, url: Callable[[str], str]) -> tuple[QuickChoice, ...]:
    entered = None if chosen is None else chosen.calculation.entered
    percent = entered.value if entered and entered.meaning is Meaning.PERCENT else None
    wage = entered is not None and entered.meaning is Meaning.WAGE
    choices = (QuickChoice(f"{base}%", base, url(base), percent == int(base)) for base in QUICK)
    return (*choices, QuickChoice("我的月工资", "", url(""), wage))


def _compared(
    chosen: Proposal | None,
    others: list[tuple[str, Proposal]],
    url: Callable[[str], str],
    trial: Trial,
) -> tuple[Compared, ...]:
    """Three choices: the chosen one with the two others that tell most, or the three others."""
    if not others:
        return ()
    rows = [_row(base, proposal, url, trial) for base, proposal in others]
    if chosen is None:
        return tuple(rows)
    value = chosen.calculation.entered.value
    if chosen.calculation.meaning is Meaning.PERCENT and any(value == int(b) for b in COMPARED):
        pairs = zip(others, rows, strict=True)
        return tuple(replace(row, chosen=value == int(base)) for (base, _), row in pairs)
    mine = replace(_row(chosen.calculation.entered.text, chosen, url, trial), chosen=True)
    # Without the most expensive one: it is the one that fewest people choose.
    ordered = sorted([*others[:2], ("", chosen)], key=lambda each: each[1].calculation.total)
    by_base = {base: row for (base, _), row in zip(others, rows, strict=True)}
    return tuple(by_base.get(base, mine) for base, _ in ordered)


def _row(base: str, proposal: Proposal, url: Callable[[str], str], trial: Trial) -> Compared:
    calculation = proposal.calculation
    return Compared(
        label=_label(proposal),
        base=base,
        url=url(base),
        chosen=False,
        monthly_amount=yen(calculation.monthly_amount),
        personal=yen(round_to_fen(calculation.monthly_base * calculation.rate.personal)),
        total=yen(calculation.total),
        explained=trial(proposal),
    )


def _label(proposal: Proposal) -> str:
    entered = proposal.calculation.entered
    number = f"{entered.value:f}".removesuffix(".00")
    return f"{number}%" if entered.meaning is Meaning.PERCENT else f"月工资 {number}"


def months_to_tap(
    form: AssessmentForm,
    bounds: Eligibility,
    *,
    desk: Desk,
    who: str,
    today: date,
    seen_by: int | None = None,
) -> tuple[YearMonths, ...]:
    """The months of the open years, each free one leading to the form with what a tap chooses.

    `seen_by`: as for `open_months`.
    """
    chosen = _chosen(form)
    more = {"base": form.base.data or "", "_anchor": "months"}
    return tuple(
        replace(year, cells=leading(year.cells, who=who, desk=desk, chosen=chosen, more=more))
        for year in open_months(bounds, today=today, seen_by=seen_by)
    )


def _chosen(form: AssessmentForm) -> Chosen | None:
    try:
        start, end = Month.parse(form.start.data), Month.parse(form.end.data)
    except ValueError:
        return None
    return Chosen(start, end, waits=form.tap.data == TAP_END)


def _period(form: AssessmentForm, on: RateTerms | Refusal) -> str:
    """What is chosen in words, with what another tap does; or why it cannot be assessed."""
    # A refusal that stands beside its field is not said twice.
    if form.start.errors or form.end.errors:
        return ""
    if isinstance(on, Refusal):
        return on.sentence
    said = f"已选 {on.period.label}，共 {on.period.count} 个月。"
    if form.tap.data != TAP_END:
        return said
    return f"{said}想早点结束，就再点结束的那个月。"
