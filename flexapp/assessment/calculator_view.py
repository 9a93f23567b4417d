"""The view models of the 核定 form: months, the read-back of the entry, choices to compare."""

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
from flexapp.assessment.queries import DeskPages
from flexapp.rules.contribution import ReadBack, read_back
from flexapp.rules.contribution_base import Meaning
from flexapp.rules.money import round_to_fen, yen
from flexapp.rules.month_picker import Chosen
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

QUICK = ("60", "80", "100", "200", "300")
"""Percentages offered as one-tap choices. Any other number from 60 to 300 can be typed."""
COMPARED = ("60", "100", "300")
"""Minimum, average and maximum: the choices that the comparison shows."""
NOTHING_TYPED = "填好缴费基数，这里会算出每月缴多少、一共缴多少。"


@dataclass(frozen=True, slots=True)
class Explained:
    """A link to the step-by-step explanation of a proposal: its address and its label."""

    url: str
    about: str


Trial = Callable[[Proposal], Explained]


@dataclass(frozen=True, slots=True)
class ReadBackView:
    """The read-back of the entry: words and amounts, or a sentence that says what is missing."""

    read_back: ReadBack | None
    sentence: str
    explained: Explained | None = None
    """Set only if there are amounts."""

    @classmethod
    def of(cls, outcome: Proposal | tuple[Refusal, ...] | None, trial: Trial) -> ReadBackView:
        """Build from a proposal, from its refusals, or from None if nothing is entered."""
        if outcome is None:
            return cls(None, NOTHING_TYPED)
        if isinstance(outcome, Proposal):
            words = read_back(outcome.calculation)
            return cls(words, words.sentence, trial(outcome))
        return cls(None, outcome[0].sentence)


@dataclass(frozen=True, slots=True)
class QuickChoice:
    """A one-tap base. Without JavaScript it is a link; with it, it fills the input."""

    label: str
    base: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One column of the comparison: the formatted amounts of a base for the selected months."""

    label: str
    base: str
    url: str
    chosen: bool
    monthly_amount: str
    personal: str
    """The part of the monthly amount that goes to the personal account."""
    total: str
    explained: Explained


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """What the form's months and base result in."""

    period: str
    """The selected months in words, or why they cannot be assessed."""
    read_back: ReadBackView
    quick: tuple[QuickChoice, ...]
    compared: tuple[Compared, ...]
    """Three choices, lowest amount first; empty unless the selected months are valid."""
    months: int = 0
    shown: str = ""
    """`RateTerms.shown` of these amounts, which the form posts back; empty if there are none."""

    @classmethod
    def of(
        cls,
        form: AssessmentForm,
        bounds: Eligibility,
        *,
        desk: DeskPages,
        who: str,
        kind: RateKind = RateKind.FLEXIBLE,
        preview: bool = True,
    ) -> ChoiceView:
        """Build from the values in the form. `preview`: whether to show the resulting amounts."""
        start, end, typed = form.start.data, form.end.data, form.base.data

        on = rate_terms(start=start, end=end, bounds=bounds, kind=kind)

        def proposed(base: str) -> Proposal | None:
            outcome = calculate_proposal(on, base)
            return outcome if isinstance(outcome, Proposal) else None

        # Build each address once and append the base: a call of the router for every link would
        # cost more than the calculation.
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
    """Return three choices: the selected one and two others, or the three standard ones."""
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
    # The most expensive choice is left out because the fewest people choose it.
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
    desk: DeskPages,
    who: str,
    today: date,
    seen_by: int | None = None,
) -> tuple[YearMonths, ...]:
    """Return the months of the open years. Each free month links to the form with the months that a
    tap on it selects.

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
    """Return the selected months and the effect of another tap, or why they cannot be assessed."""
    # A refusal that is shown beside its field is not repeated.
    if form.start.errors or form.end.errors:
        return ""
    if isinstance(on, Refusal):
        return on.sentence
    said = f"已选 {on.period.label}，共 {on.period.count} 个月。"
    if form.tap.data != TAP_END:
        return said
    return f"{said}想早点结束，就再点结束的那个月。"
