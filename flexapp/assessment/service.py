"""The public API of the assessment slice."""

from __future__ import annotations

from flexapp.assessment.creation import (
    Assessed,
    AssessmentSubject,
    Proposal,
    assess,
    figures_of,
    propose,
)
from flexapp.assessment.eligibility import (
    ANY_MONTH,
    Eligibility,
    Reservation,
    eligibility,
    last_month,
    reserved_months,
)
from flexapp.assessment.months import (
    MonthCell,
    YearMonths,
    leading,
    listed_months,
    months_of_year,
)
from flexapp.assessment.queries import (
    PAGE_SIZE,
    STATE_STYLES,
    DeskPages,
    HeldUp,
    Record,
    all_own,
    awaiting_tax,
    created_for_others,
    find,
    find_for,
    forget_cases,
    in_states,
    own_records,
    refuse_mover,
)
from flexapp.assessment.receipts import issue
from flexapp.assessment.repository import held_back
from flexapp.assessment.restoration import restore
from flexapp.assessment.statistics import counts
from flexapp.assessment.transitions import (
    claim,
    hold_up,
    hold_up_all,
    release,
    reserve_serial,
    transition,
)
from flexapp.people.service import PersonCard, Visitor
from flexapp.registration import service as registration
from flexapp.rules.refusal import Refusal

__all__ = [
    "NOT_REGISTERED",
    "PAGE_SIZE",
    "STATE_STYLES",
    "Assessed",
    "AssessmentSubject",
    "DeskPages",
    "Eligibility",
    "HeldUp",
    "MonthCell",
    "Proposal",
    "Record",
    "Reservation",
    "YearMonths",
    "all_own",
    "assess",
    "assessments_beyond_limit",
    "awaiting_tax",
    "claim",
    "counts",
    "created_for_others",
    "eligibility",
    "figures_of",
    "find",
    "find_for",
    "forget_cases",
    "held_back",
    "hold_up",
    "hold_up_all",
    "in_states",
    "issue",
    "last_month",
    "leading",
    "listed_months",
    "months_of_year",
    "own_records",
    "own_subject",
    "propose",
    "refuse_mover",
    "release",
    "reserve_serial",
    "restore",
    "transition",
]

NOT_REGISTERED = Refusal("not_registered", "您还没有参保登记，请先办理登记，再来核定。")


def own_subject(visitor: Visitor) -> AssessmentSubject | None:
    """Return the visitor as the subject of an assessment; None before registration."""
    registered = registration.current(visitor.me.id)
    return None if registered is None else AssessmentSubject(visitor.me, registered, by_proxy=False)


def assessments_beyond_limit(person: PersonCard) -> tuple[Record, ...]:
    """Return the active assessments of a person that reserve months after the retirement limit."""
    first = last_month(person).plus(1)
    held = reserved_months(person.id, str(first), ANY_MONTH[1])
    found = (find(serial) for serial in sorted({row.serial for row in held.values()}))
    return tuple(record for record in found if record is not None)
