"""练习: registration and assessment for a person who does not exist.

The caller passes the practice in and gets the changed one back (stored by `cookie.py`). Nothing
here reads or writes rows about people, registrations, assessments, events or messages. Permissions,
amounts and refusals come from the same rules and services as for residents. The only exception: the
pilot areas are ignored, so that residents can practise before their area is opened.

The tax bureau is simulated: transmitted assessments are received, and requested revocations are
granted, once `ANSWERS_AFTER` has passed. The answers are derived on reading, never stored.
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

# An ID number that belongs to nobody: its check digit is wrong under GB 11643.
PERSON = PersonCard(0, "练习人", IdentityNumber("640104198505010020"), proxy_allowed=False)
PHONE = mask_phone("19900000000")

ANSWERS_AFTER = timedelta(seconds=3)
"""Long enough to see 传输中, short enough to wait for."""

NO_DIVISION = "000000"
"""Prefix of practice serials: no division has this code, so they never equal a real serial."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that the person made; `reason` is set for 申请税务撤销."""

    move: Move
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """An assessment: the input as typed, and the moves since."""

    number: int
    start: str
    end: str
    entered: str
    at: datetime
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """The registration: its details and time."""

    details: Details
    at: datetime


@dataclass(frozen=True, slots=True)
class Practice:
    """The complete state of a practice; assessments are oldest first."""

    registered: Registered | None = None
    made: tuple[Made, ...] = ()


def current(practice: Practice, today: date) -> RegistrationView | None:
    """Return the registration, or None. The person counts as newly insured, so since January."""
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
    """登记 or 变更登记: return the changed practice, or a refusal if nothing changed."""
    if practice.registered is not None and practice.registered.details == details:
        return registration.NOTHING_CHANGED
    return replace(practice, registered=Registered(details, at))


def bounds(practice: Practice, *, at: datetime, today: date) -> Eligibility:
    """Return the eligibility limits of the practice person. Requires a registration."""
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
    practice: Practice, *, start: str, end: str, base: str, at: datetime, bounds: Eligibility
) -> Practice | tuple[Refusal, ...]:
    """核定: return the changed practice, or all refusals. `bounds`: those of this practice."""
    proposal = assessment.propose(start=start, end=end, base=base, bounds=bounds)
    if not isinstance(proposal, Proposal):
        return proposal
    number = practice.made[-1].number + 1 if practice.made else 1
    period, entered = proposal.period, proposal.calculation.entered.text
    made = Made(number, str(period.start), str(period.end), entered, at)
    return replace(practice, made=(*practice.made, made))


def move(
    practice: Practice, serial: str, move: Move, *, at: datetime, today: date, reason: str = ""
) -> Practice | Refusal:
    """传输, 撤销 or 申请税务撤销 of an existing record; refused as for a real one."""
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
    """Return the assessments in their state at `at`, newest first."""
    return tuple(record for record, _ in _replayed(practice, at, today))


def find(
    practice: Practice, serial: str, *, at: datetime, today: date
) -> tuple[Record, tuple[Event, ...]] | None:
    """Return one record and its events, oldest first; None if it does not exist."""
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
    # The practice's own reservations are ignored: each record was allowed when it was made.
    free = _bounds(registered, {}, today)
    for made in reversed(practice.made):
        serial = f"{NO_DIVISION}{made.at.astimezone(BEIJING):%Y%m%d}{made.number:06d}"
        events = tuple(_events(made, serial, at))
        record = _record(made, serial, events, registered, free)
        if record is not None:
            yield record, events


def _events(made: Made, serial: str, at: datetime) -> Iterator[Event]:
    """Yield the moves through the state table and the tax bureau's answers between them."""
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
        # `abs`, because with a pinned date the clock jumps back at midnight. A later move proves
        # that the answer was there.
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
    """Return the record, recalculated from the input; None if its year no longer has figures."""
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
        # Claimed immediately: a real queued record usually cannot be revoked either.
        claimed=state is State.QUEUED,
        held_up=HeldUp.NOTHING,
    )


def moment(seconds: int) -> datetime:
    """Return the UTC time of a timestamp (seconds) stored in the cookie."""
    return datetime.fromtimestamp(seconds, UTC)
