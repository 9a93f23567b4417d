"""Calculate a proposal and create an assessment from it (design 2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flexapp.agency.service import why_not_open
from flexapp.assessment import eligibility as eligibility_case
from flexapp.assessment import repository
from flexapp.assessment.eligibility import Eligibility
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.people import handover_codes
from flexapp.people.service import PersonCard
from flexapp.registration import service as registration
from flexapp.registration.service import RegistrationView
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.contribution import Calculation, calculate
from flexapp.rules.contribution_base import parse_base
from flexapp.rules.eligibility import refuse_taken
from flexapp.rules.money import to_fen, yen
from flexapp.rules.parameters import Rate, YearFigures
from flexapp.rules.periods import Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State


@dataclass(frozen=True, slots=True)
class AssessmentSubject:
    """The person an assessment is for, their registration, and whether somebody else creates it."""

    person: PersonCard
    registration: RegistrationView
    by_proxy: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A calculated assessment that is not stored."""

    period: Period
    calculation: Calculation


@dataclass(frozen=True, slots=True)
class RateTerms:
    """Months that may be assessed, with the figures and the rate in effect for them."""

    period: Period
    figures: YearFigures
    rate: Rate

    @property
    def shown(self) -> str:
        """The year and the figures behind the amounts on a page, for the form to post back."""
        year = self.figures
        values = (year.average, year.average_months, year.lower, year.upper)
        return " ".join(map(str, (year.year, *values, self.rate.total, self.rate.personal)))


@dataclass(frozen=True, slots=True)
class Assessed:
    """A created assessment."""

    serial: str
    proposal: Proposal


def propose(
    *, start: str, end: str, base: str, bounds: Eligibility, kind: RateKind = RateKind.FLEXIBLE
) -> Proposal | tuple[Refusal, ...]:
    """Validate the entry and calculate a proposal. Months are "YYYY-MM", the base is as typed.

    All refusals are returned together, each with its field, so that a person can correct the page
    in one go.
    """
    return calculate_proposal(rate_terms(start=start, end=end, bounds=bounds, kind=kind), base)


def rate_terms(
    *, start: str, end: str, bounds: Eligibility, kind: RateKind = RateKind.FLEXIBLE
) -> RateTerms | Refusal:
    """Return the figures and the rate of the months entered, or why these cannot be assessed."""
    period = bounds.check(start, end)
    if isinstance(period, Refusal):
        return period
    figures = bounds.book.figures(period.year)
    rate = bounds.book.rate_of_period(kind, period)
    if isinstance(figures, Refusal):
        return figures
    return rate if isinstance(rate, Refusal) else RateTerms(period, figures, rate)


def calculate_proposal(terms: RateTerms | Refusal, base: str) -> Proposal | tuple[Refusal, ...]:
    """Calculate a proposal from a base as typed, or return every refusal of the terms and the
    base.
    """
    entered = parse_base(base)
    if isinstance(terms, Refusal) or isinstance(entered, Refusal):
        return tuple(answer for answer in (terms, entered) if isinstance(answer, Refusal))
    return Proposal(
        terms.period,
        calculate(
            entered=entered, months=terms.period.count, figures=terms.figures, rate=terms.rate
        ),
    )


def assess(
    *,
    subject: AssessmentSubject,
    start: str,
    end: str,
    base: str,
    actor: Actor,
    at: datetime,
    today: date,
    kind: RateKind = RateKind.FLEXIBLE,
    shown: str = "",
    bounds: Eligibility | None = None,
) -> Assessed | tuple[Refusal, ...]:
    """Create an assessment with its months and audit event, or return every refusal.

    `bounds`: what can be assessed, if it was read in this transaction already.

    `shown`: the figures behind the amounts on the page (`RateTerms.shown`). If the figures of that
    year have changed since, nothing is stored, because nobody agreed to the new amounts. Empty: no
    check.

    `kind`: UNIT is a make-up payment at the unit rate (以单位费率补缴, design 2.5). It is created
    only at halls, under the division's unit for this rate. Afterwards it is moved like any other
    assessment, on the phone as well.
    """
    unit = kind is RateKind.UNIT
    refusal = why_not(actor.channel_kind, Action.ASSESS) or why_not_open(
        division=subject.registration.division,
        actor=actor,
        action=Action.ASSESS,
        today=today,
    )
    if unit and refusal is None:
        refusal = why_not(actor.channel_kind, Action.SPECIAL)
    if refusal is not None:
        return (refusal,)
    if bounds is None:
        bounds = eligibility_case.eligibility(
            person=subject.person, registration=subject.registration, today=today
        )
    on = rate_terms(start=start, end=end, bounds=bounds, kind=kind)
    proposal = calculate_proposal(on, base)
    if not isinstance(proposal, Proposal):
        return proposal
    if isinstance(on, RateTerms) and _changed_since(shown, on):
        return (_figures_changed(proposal),)
    assert actor.id is not None
    by_staff = actor.kind is ActorKind.STAFF
    division = subject.registration.division.code
    serial = f"{division}{today:%Y%m%d}{repository.next_number(division, today):06d}"
    row = {
        "start_month": str(proposal.period.start),
        "end_month": str(proposal.period.end),
        **figures_of(proposal.calculation),
        "serial": serial,
        "person_id": subject.person.id,
        "unit_id": (
            registration.unit_at(division=division, kind=kind)
            if unit
            else subject.registration.unit_id
        ),
        "division": division,
        "kind": kind.value,
        "made_by": None if by_staff else actor.id,
        "made_by_staff": actor.id if by_staff else None,
        "made_by_label": actor.label,
        "by_proxy": subject.by_proxy,
        "channel": actor.channel,
        "made_at": at,
        "state": State.ASSESSED.value,
        "state_at": at,
        "claimed": False,
        "held_up": "",
    }
    if not repository.add(row, [str(month) for month in proposal.period.months]):
        return (_lost_race(subject.person.id, proposal.period),)
    handover_codes.finished(person_id=subject.person.id, action=Action.ASSESS)
    audit.record(
        action="assessment.assess",
        person_id=subject.person.id,
        subject=serial,
        actor=actor,
        at=at,
        data={
            "start": str(proposal.period.start),
            "end": str(proposal.period.end),
            "total": str(proposal.calculation.total),
            "by_proxy": "yes" if subject.by_proxy else "no",
            **({"kind": kind.value} if unit else {}),
        },
    )
    return Assessed(serial, proposal)


def figures_of(calculation: Calculation) -> Mapping[str, object]:
    """Return the figures of a row and the parameter rows they were calculated from."""
    return {
        "months": calculation.months,
        "entered": calculation.entered.text,
        "meaning": calculation.meaning.value,
        "bound": calculation.bound.value,
        "monthly_base": to_fen(calculation.monthly_base),
        "period_base": to_fen(calculation.period_base),
        "monthly_amount": to_fen(calculation.monthly_amount),
        "total": to_fen(calculation.total),
        "parameters": json.dumps([row.as_record() for row in calculation.rows], ensure_ascii=False),
    }


def _changed_since(shown: str, on: RateTerms) -> bool:
    """Whether a page showed other figures for the same year. A page of another year does not
    count.
    """
    return shown.split(" ")[0] == str(on.period.year) and shown != on.shown


def _figures_changed(proposal: Proposal) -> Refusal:
    total = yen(proposal.calculation.total)
    return Refusal(
        "figures_changed",
        f"{proposal.period.year}年度的缴费标准刚刚更新，还没有核定。按新标准，"
        f"这几个月缴费总额是 {total}；请看过下面的金额，再按核定。",
    )


def _lost_race(person_id: int, period: Period) -> Refusal:
    """Return the refusal for a month that another transaction inserted after our check."""
    held = eligibility_case.reserved_months(person_id, str(period.start), str(period.end))
    refusal = refuse_taken(period, {month: row.serial for month, row in held.items()})
    return refusal or Refusal(
        "month_taken", "该月份已核定，刚才有另一笔同时提交；请刷新后再看。", "start"
    )
