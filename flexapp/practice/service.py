"""练习: registering and assessing once with a person who does not exist.

What a practice holds is told by its caller and handed back to it (`practice_cookie.py`); nothing
here reads or writes a row of people, registrations, assessments, events or messages. What may be
done, what it comes to and what is refused is what the rules and the slices below say of everybody.
Only the pilot's areas are no matter here: one may practise before one's area is opened.

The tax bureau answers by itself: what it was sent is taken, and what it was asked to revoke is
revoked, at the first look after `ANSWERS_AFTER`. So looking changes nothing that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flexapp.agency.service import effective_parameters
from flexapp.assessment import service as assessment
from flexapp.assessment.service import Eligibility, HeldUp, Proposal, Record, Reservation
from flexapp.audit.service import TAX_BUREAU, ActorKind, Event
from flexapp.people.service import PersonCard, mask_phone
from flexapp.registration import service as registration
from flexapp.registration.service import Details, RegistrationView
from flexapp.rules import divisions
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import LIVE_STATES, Move, State, apply
from flexapp.transmission.service import read_reason
from flexapp.web.clock import BEIJING

# Nobody's: the check digit is not that of GB 11643.
PERSON = PersonCard(0, "练习人", IdentityNumber("640104198505010020"), proxy_allowed=False)
PHONE = mask_phone("19900000000")

ANSWERS_AFTER = timedelta(seconds=3)
"""Long enough to be seen 传输中, short enough to wait for."""

NO_DIVISION = "000000"
"""What serials of a practice begin with: no division has this code, so none is anybody's."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something the person did with an assessment; `reason` where the page asks for one."""

    move: Move
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """An assessment of a practice: what was typed, and what was done with it since."""

    number: int
    start: str
    end: str
    entered: str
    at: datetime
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """What was declared, and when."""

    details: Details
    at: datetime


@dataclass(frozen=True, slots=True)
class Practice:
    """Everything that somebody has practised so far, the oldest assessment first."""

    registered: Registered | None = None
    made: tuple[Made, ...] = ()


def current(practice: Practice, today: date) -> RegistrationView | None:
    """What is registered in the practice; insured for the first time, so since January."""
    if practice.registered is None:
        return None
    details = practice.registered.details
    return RegistrationView(
        details=details,
        unit_id=0,
        unit_name=divisions.virtual_unit_name(details.division.code, RateKind.FLEXIBLE),
        work_start=Month(today.year, 1),
        registered_at=practice.registered.at,
    )


def register(practice: Practice, details: Details, *, at: datetime) -> Practice | Refusal:
    """登记 or 变更登记."""
    if practice.registered is not None and practice.registered.details == details:
        return registration.NOTHING_CHANGED
    return replace(practice, registered=Registered(details, at))


def bounds(practice: Practice, *, at: datetime, today: date) -> Eligibility:
    """What may be assessed in the practice, which has begun with 登记."""
    registered = current(practice, today)
    assert registered is not None
    held = {
        month: Reservation(record.serial, record.state, record.made_by)
        for record in records(practice, at=at, today=today)
        if record.state in LIVE_STATES
        for month in record.period.months
    }
    return _bounds(registered, held, today)


def assess(
    practice: Practice, *, start: str, end: str, base: str, at: datetime, today: date
) -> Practice | tuple[Refusal, ...]:
    """核定, or every reason why not."""
    proposal = assessment.propose(
        start=start, end=end, base=base, bounds=bounds(practice, at=at, today=today)
    )
    if not isinstance(proposal, Proposal):
        return proposal
    number = practice.made[-1].number + 1 if practice.made else 1
    period, entered = proposal.period, proposal.calculation.entered.text
    made = Made(number, str(period.start), str(period.end), entered, at)
    return replace(practice, made=(*practice.made, made))


def move(
    practice: Practice, serial: str, move: Move, *, at: datetime, today: date, reason: str = ""
) -> Practice | Refusal:
    """传输, 撤销 or 申请税务撤销 of a record that is there; refused as it would be in earnest."""
    words = read_reason(reason) if move is Move.ASK else ""
    if isinstance(words, Refusal):
        return words
    found = find(practice, serial, at=at, today=today)
    assert found is not None
    record, _ = found
    target = apply(record.state, move, claimed=record.claimed)
    if isinstance(target, Refusal):
        return target
    made = tuple(
        replace(each, moved=(*each.moved, Moved(move, at, words)))
        if each.number == record.id
        else each
        for each in practice.made
    )
    return replace(practice, made=made)


def records(practice: Practice, *, at: datetime, today: date) -> tuple[Record, ...]:
    """The assessments as they are at a moment, newest first."""
    return tuple(record for record, _ in _replayed(practice, at, today))


def find(
    practice: Practice, serial: str, *, at: datetime, today: date
) -> tuple[Record, tuple[Event, ...]] | None:
    """One of them with what happened to it, oldest first; None where there is none."""
    found = _replayed(practice, at, today)
    return next((each for each in found if each[0].serial == serial), None)


def _bounds(
    registered: RegistrationView, held: Mapping[Month, Reservation], today: date
) -> Eligibility:
    now = effective_parameters(today)
    return Eligibility(
        open_years=now.open_years,
        book=now.book,
        work_start=registered.work_start,
        last_month=assessment.last_month(PERSON),
        reserved=dict(sorted(held.items())),
    )


def _replayed(
    practice: Practice, at: datetime, today: date
) -> Iterator[tuple[Record, tuple[Event, ...]]]:
    registered = current(practice, today)
    if registered is None:
        return
    # Months of its own are no hindrance to a record: it was allowed when it was made.
    free = _bounds(registered, {}, today)
    for made in reversed(practice.made):
        serial = f"{NO_DIVISION}{made.at.astimezone(BEIJING):%Y%m%d}{made.number:06d}"
        events = tuple(_events(made, serial, at))
        record = _record(made, serial, events, registered, free)
        if record is not None:
            yield record, events


def _events(made: Made, serial: str, at: datetime) -> Iterator[Event]:
    """What happened, replayed through the table of states; the tax bureau's answers in between."""
    state = State.ASSESSED
    yield _event(serial, "assessment.assess", made.at, {"to": state.value})
    for number, moved in enumerate(made.moved):
        target = apply(state, moved.move)
        assert isinstance(target, State)
        data = {"from": state.value, "to": target.value}
        if moved.reason:
            data["reason"] = moved.reason
        yield _event(serial, f"assessment.{moved.move.value}", moved.at, data)
        state = target
        answer = {State.QUEUED: Move.RECEIVE, State.TAX_REVOKING: Move.AGREE}.get(state)
        # The distance, because a pinned day begins anew at midnight. What was done afterwards
        # could only be done once the answer was there.
        answered = abs(at - moved.at) >= ANSWERS_AFTER or number + 1 < len(made.moved)
        if answer is not None and answered:
            target = apply(state, answer)
            assert isinstance(target, State)
            data = {"from": state.value, "to": target.value}
            when = moved.at + ANSWERS_AFTER
            yield _event(serial, f"assessment.{answer.value}", when, data, tax=True)
            state = target


def _event(
    serial: str, action: str, at: datetime, data: Mapping[str, str], *, tax: bool = False
) -> Event:
    return Event(
        seq=0,
        at=at,
        action=action,
        person_id=PERSON.id,
        subject=serial,
        actor_kind=(ActorKind.TAX if tax else ActorKind.ACCOUNT).value,
        actor_id=None if tax else 0,
        actor_label=TAX_BUREAU.label if tax else f"{PERSON.masked_name}（{PHONE}）",
        channel="tax" if tax else "phone",
        data=data,
    )


def _record(
    made: Made,
    serial: str,
    events: tuple[Event, ...],
    registered: RegistrationView,
    free: Eligibility,
) -> Record | None:
    """The record of what was typed, reckoned anew; None once its year's figures are gone."""
    proposal = assessment.propose(start=made.start, end=made.end, base=made.entered, bounds=free)
    if not isinstance(proposal, Proposal):
        return None
    reckoned, state = proposal.calculation, State(events[-1].data["to"])
    return Record(
        id=made.number,
        serial=serial,
        person_id=PERSON.id,
        unit_id=registered.unit_id,
        division=registered.division.code,
        kind=RateKind.FLEXIBLE,
        period=proposal.period,
        entered=made.entered,
        meaning=reckoned.meaning.value,
        bound=reckoned.bound.value,
        monthly_base=reckoned.monthly_base,
        period_base=reckoned.period_base,
        monthly_amount=reckoned.monthly_amount,
        total=reckoned.total,
        parameters=reckoned.rows,
        made_by=0,
        made_by_label="",
        by_proxy=False,
        made_at=made.at,
        state=state,
        state_at=events[-1].at,
        # On its way at once: what is queued in earnest mostly cannot be called back either.
        claimed=state is State.QUEUED,
        held_up=HeldUp.NOTHING,
    )


def moment(seconds: int) -> datetime:
    """A moment as a cookie keeps it."""
    return datetime.fromtimestamp(seconds, UTC)
