"""View models of the person a clerk serves, and the desks of 核定 at a counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flexapp.assessment.pages import RecordCard
from flexapp.assessment.service import (
    PAGE_SIZE,
    STATE_STYLES,
    DeskPages,
    Record,
    YearMonths,
    last_month,
)
from flexapp.counter.cases import (
    Case,
    covers,
    why_not_here,
)
from flexapp.counter.person_corrections import why_not_correct
from flexapp.counter.retirement import WHAT_TO_DO
from flexapp.people import handover_codes
from flexapp.people.handover_codes import HandedOver, Place
from flexapp.registration.pages import PersonRows
from flexapp.registration.service import RegistrationView
from flexapp.rules.capabilities import Action
from flexapp.rules.identity import Sex
from flexapp.rules.periods import Period
from flexapp.rules.rates import RateKind
from flexapp.rules.retirement import APPROVED_WITHIN, OriginalAge, statutory_month
from flexapp.staff.service import Clerk
from flexapp.web.select_options import DIVISIONS, Groups

WINDOW_PAGES = DeskPages(
    {
        "records": "counter.show_person",
        "new": "counter.new_assessment",
        "create": "counter.create_assessment",
        "read_back": "counter.read_back",
        "trial": "counter.trial",
        "detail": "counter.detail",
        "explained": "counter.explained",
        "receipt": "counter.receipt",
        "card": "counter.card",
        "ask_revoke": "counter.ask_revoke",
        "revoke": "counter.revoke",
        "transmit": "counter.transmit",
        "ask_tax": "counter.ask_tax",
        "dispute": "counter.show_dispute",
        "open_dispute": "counter.open_dispute",
        "leave": "counter.show_person",
    },
    key="token",
    in_records=True,
    leave_label="返回",
    person="本人",
    layout="layouts/counter.html",
)

UNIT_RATE_PAGES = replace(
    WINDOW_PAGES,
    endpoints={
        **WINDOW_PAGES.endpoints,
        "new": "counter.new_at_unit_rate",
        "create": "counter.create_at_unit_rate",
        "read_back": "counter.read_back_at_unit_rate",
        "trial": "counter.trial_at_unit_rate",
    },
)
"""The desk for a make-up payment at the unit rate."""

PAGES_OF = {RateKind.FLEXIBLE: WINDOW_PAGES, RateKind.UNIT: UNIT_RATE_PAGES}


def division_groups(clerk: Clerk) -> Groups:
    """Return the divisions that a clerk may register into, as groups of a select."""
    own = (
        (group, tuple(place for place in places if covers(clerk, place[0])))
        for group, places in DIVISIONS
    )
    return tuple((group, places) for group, places in own if places)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a review; `new` values are emphasised."""

    name: str
    value: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Entries that a clerk compares with a document or the person before they are stored."""

    title: str
    back: str
    """URL of the form."""
    action: str
    """URL that the review is posted to, with the entries of the form."""
    digest: str
    """Value that proves what was shown."""
    heading: str
    facts: tuple[Fact, ...]
    button: str
    hint: str = ""
    effects_title: str = ""
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonPage:
    """The page /counter/people/<token>: what the person has, as far as this counter may see it."""

    token: str
    known: PersonRows
    current: RegistrationView | None
    elsewhere: str | None
    months: tuple[YearMonths, ...]
    last_month: str
    """The last month that may be assessed before retirement."""
    special_cases: bool
    """Whether this counter handles retirements and make-up payments at the unit rate."""
    may_assess: bool
    sentence: str | None
    """Why this counter may not assess for the person, if so."""
    cards: tuple[RecordCard, ...]
    older: int | None
    may_correct: bool
    """Whether this counter may correct the name and the phone number."""

    @classmethod
    def of(
        cls, case: Case, *, months: tuple[YearMonths, ...], records: Sequence[Record]
    ) -> PersonPage:
        """Build the page of a case. More than `PAGE_SIZE` records mean that there are older ones.

        Only counters that may assess see amounts. A township sees the months and their states.
        """
        refusal = why_not_here(case, Action.ASSESS)
        shown = records[:PAGE_SIZE] if refusal is None else ()
        registered_here = case.registration is not None and case.elsewhere is None
        return cls(
            token=case.token,
            known=PersonRows.of(case.person),
            current=case.registration if registered_here else None,
            elsewhere=case.elsewhere.name if case.elsewhere else None,
            months=months,
            last_month=last_month(case.person).label,
            special_cases=why_not_here(case, Action.SPECIAL) is None,
            may_assess=refusal is None,
            sentence=refusal.sentence if refusal is not None and registered_here else None,
            cards=tuple(record_card(case, record, listed=True, months=months) for record in shown),
            older=shown[-1].id if len(records) > len(shown) > 0 else None,
            may_correct=why_not_correct(case) is None,
        )


def record_card(
    case: Case,
    record: Record,
    *,
    polls: int = 0,
    listed: bool = False,
    months: Sequence[YearMonths] = (),
) -> RecordCard:
    """Build the card of a record as for residents, with the buttons that this counter may use."""
    return RecordCard.of(
        record,
        who=case.token,
        shown_at=WINDOW_PAGES.listing("records", case.token),
        listed=listed,
        polls=polls,
        blocked=why_not_here(case, Action.TRANSMIT),
        desk=WINDOW_PAGES,
        months=months,
    )


@dataclass(frozen=True, slots=True)
class BeyondLine:
    """An assessment with months after the retirement limit, and what to do about it."""

    serial: str
    url: str
    period: str
    state: str
    tag: str
    advice: str


@dataclass(frozen=True, slots=True)
class RetirementPage:
    """The page /counter/people/<token>/retirement."""

    token: str
    known: PersonRows
    statutory: str
    last_month: str
    ages: Groups
    months: Groups
    beyond: tuple[BeyondLine, ...]

    @classmethod
    def of(cls, case: Case, beyond: Sequence[Record]) -> RetirementPage:
        """Build the page of a case. It offers the months that can be approved."""
        person = case.person
        ages = [
            age for age in OriginalAge if age.value[0] == ("M" if person.sex is Sex.MALE else "F")
        ]
        statutory = [statutory_month(birth=person.birth_month, original=age) for age in ages]
        first, last = min(statutory).plus(-APPROVED_WITHIN), max(statutory).plus(APPROVED_WITHIN)
        months = Period(first, last).months
        return cls(
            token=case.token,
            known=PersonRows.of(case.person),
            statutory=statutory_month(birth=person.birth_month, original=person.original_age).label,
            last_month=last_month(person).label,
            ages=(("", tuple((age.value, f"{age.years} 周岁") for age in ages)),),
            months=tuple(
                (f"{year}年", tuple((str(m), m.label) for m in months if m.year == year))
                for year in range(first.year, last.year + 1)
            ),
            beyond=tuple(
                BeyondLine(
                    serial=record.serial,
                    url=WINDOW_PAGES.record("detail", record.serial, case.token),
                    period=record.period.label,
                    state=record.state.label,
                    tag=STATE_STYLES[record.state],
                    advice=WHAT_TO_DO[record.state],
                )
                for record in beyond
            ),
        )


@dataclass(frozen=True, slots=True)
class HandOverPage:
    """A person's entries handed over between counter and phone, with the codes to give them."""

    token: str
    known: PersonRows
    codes: tuple[HandedOver, ...]

    @classmethod
    def of(cls, case: Case) -> HandOverPage:
        """Build the page of a case."""
        codes = handover_codes.waiting(person_id=case.person.id, place=Place.PHONE)
        return cls(case.token, PersonRows.of(case.person), tuple(codes))
