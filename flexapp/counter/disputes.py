"""Cases of 不是我办的 at the counters: who sees them, who settles them, and what settling does.

The agency sees the whole region, a hall the people insured in its divisions. Townships settle no
cases, because settling moves assessments. A clerk may not settle a case about their own action.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flexapp.assessment import disputes
from flexapp.assessment import service as assessment
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.service import Record
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.counter.cases import (
    Case,
    covers,
    refused,
    why_not_here,
)
from flexapp.db.session import advisory_lock
from flexapp.people import service as people
from flexapp.people.service import PersonCard
from flexapp.registration import service as registration
from flexapp.rules.capabilities import Action
from flexapp.rules.disputes import (
    CaseState,
    Choice,
    Situation,
    choices,
    read_found,
    settle,
    situation,
)
from flexapp.rules.divisions import ALL_DIVISIONS, Division
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.states import Move
from flexapp.staff.service import Clerk
from flexapp.transmission import service as transmission

MAY_READ = frozenset({Role.HALL, Role.AGENCY, Role.AUDITOR})
MAY_SETTLE = frozenset({Role.HALL, Role.AGENCY})
PAGE_SIZE = 20

ASKED_BECAUSE = "参保人反映不是本人办的，经办机构核实后申请撤销"
"""The reason that the tax bureau's clerk reads."""

NOT_ALLOWED = Refusal("role_cannot", "只有社保服务大厅和经办机构管理员可以核实结案。")
OWN_ACT = Refusal("own_act", "反映的这件事是您经手的，请由别的经办人员核实。")
CHOOSE = Refusal("choice_missing", "请选择核实的结果。", "choice")


@dataclass(frozen=True, slots=True)
class Found:
    """A case with what its reader needs. `event`: the disputed audit event."""

    dispute: Dispute
    person: PersonCard
    division: Division | None
    record: Record | None
    event: Event | None

    @property
    def where(self) -> Situation:
        """The progress of the assessment, for the rules."""
        if self.record is None:
            return situation(None)
        asked = self.dispute.state is CaseState.ASKED
        return situation(self.record.state, claimed=self.record.claimed, asked=asked)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The decisions that are possible now."""
        return choices(self.where, by_proxy=self.dispute.by_proxy)


def places_of(clerk: Clerk) -> tuple[str, ...] | None:
    """Return the divisions whose people a clerk sees; None for the whole region."""
    if not clerk.role.is_local:
        return None
    return tuple(place.code for place in ALL_DIVISIONS if covers(clerk, place.code))


def waiting(clerk: Clerk, after: int) -> tuple[tuple[Dispute, PersonCard], ...]:
    """Return open cases with their people, oldest first.

    At most `A_PAGE + 1`: the extra case means that there are more.
    """
    found = disputes.waiting(places_of(clerk), after=after, limit=PAGE_SIZE + 1)
    cards = people.people_by_ids({each.person_id for each in found})
    return tuple((each, cards[each.person_id]) for each in found)


def count(clerk: Clerk) -> tuple[int, datetime | None]:
    """Return how many cases wait for this clerk, and when the oldest was opened. (0, None) for a
    township.
    """
    return disputes.count_waiting(places_of(clerk)) if clerk.role in MAY_READ else (0, None)


def find(number: int, clerk: Clerk) -> Found | None:
    """Return the case with this number if the clerk may see it, else None."""
    dispute = disputes.find(number)
    if dispute is None or clerk.role not in MAY_READ:
        return None
    registered = registration.current(dispute.person_id)
    division = None if registered is None else registered.division
    if clerk.role.is_local and (division is None or not covers(clerk, division.code)):
        return None
    person = people.person_by_id(dispute.person_id)
    assert person is not None
    return Found(
        dispute, person, division, disputes.record_of(dispute), audit.one(dispute.about_seq)
    )


def decide(
    *, number: int, choice: str, text: str, clerk: Clerk, at: datetime
) -> Found | tuple[Refusal, ...]:
    """Settle a case or ask the tax bureau first. Return the updated case, or every refusal.

    `text`: what was found. The assessment, proxy permission, case and their events change in one
    transaction.
    """
    case = find(number, clerk)
    if case is None:
        return (Refusal("dispute_unknown", "没有找到这件反映。"),)
    disputes.hold_cases(case.person.id)
    case = find(number, clerk)  # read again under the lock
    assert case is not None
    refusal = _why_not(case, clerk)
    if refusal is not None:
        return (refusal,)
    chosen = CHOOSE if choice not in set(Choice) else Choice(choice)
    found = read_found(text)
    if isinstance(chosen, Refusal) or isinstance(found, Refusal):
        return tuple(each for each in (chosen, found) if isinstance(each, Refusal))
    step = settle(chosen, case.where, by_proxy=case.dispute.by_proxy)
    if isinstance(step, Refusal):
        return (step,)
    if step.closes_proxy:
        advisory_lock("person", case.person.identity.value)  # before the move's audit event
    moved = _move(case, step.move, clerk, at)
    if moved is not None:
        return (moved,)
    if step.closes_proxy:
        people.set_proxy_handling(person=case.person, allowed=False, actor=clerk.actor, at=at)
    if step.target is CaseState.ASKED:
        disputes.asked_tax(dispute=case.dispute, found=found, actor=clerk.actor, at=at)
    else:
        disputes.close(
            dispute=case.dispute, target=step.target, found=found, actor=clerk.actor, at=at
        )
    settled = find(number, clerk)
    assert settled is not None
    return settled


def open_for(*, case: Case, record: Record, at: datetime) -> int | Refusal:
    """Open a case for the person at the counter, whose ID card was seen. Return its number.

    The person may also dispute what was done with their own account.
    """
    refusal = why_not_here(case, Action.REVOKE)
    if refusal is not None:
        return refused(case, Action.REVOKE, record.serial, refusal, at)
    made = disputes.making(audit.of_subject(subject=record.serial))
    assert made is not None
    opened = disputes.open_case(event=made, person_id=case.person.id, actor=case.clerk.actor, at=at)
    if opened is not None:
        return opened
    found = disputes.latest_of(replace(record, disputed_at=at))
    assert found is not None
    return found.id


def _why_not(case: Found, clerk: Clerk) -> Refusal | None:
    if clerk.role not in MAY_SETTLE:
        return NOT_ALLOWED
    if not case.dispute.state.is_open:
        return disputes.NOT_OPEN
    return OWN_ACT if case.dispute.staff_id == clerk.id else None


def _move(case: Found, move: Move | None, clerk: Clerk, at: datetime) -> Refusal | None:
    if move is None:
        return None
    assert case.record is not None
    if move is Move.ASK:
        outcome = transmission.ask_tax_to_revoke(
            record=case.record, reason=ASKED_BECAUSE, actor=clerk.actor, at=at, by_agency=True
        )
    else:
        outcome = assessment.transition(
            record=case.record, move=move, actor=clerk.actor, at=at, by_agency=True, settling=True
        )
    return outcome if isinstance(outcome, Refusal) else None
