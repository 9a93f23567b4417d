"""The only place that moves an assessment between states (table: rules/states.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from flexapp.assessment import disputes, repository
from flexapp.assessment.queries import (
    HeldUp,
    Record,
    find,
    record_from,
)
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply

PERSONS_MOVES = {
    Move.TRANSMIT: Action.TRANSMIT,
    Move.REVOKE: Action.REVOKE,
    Move.ASK: Action.REVOKE,
}
"""The capability that a channel needs for a person's move."""


def transition(
    *,
    record: Record,
    move: Move,
    actor: Actor,
    at: datetime,
    data: Mapping[str, str] | None = None,
    by_agency: bool = False,
    settling: bool = False,
) -> Record | Refusal:
    """Move an assessment: state, months and audit event, in the caller's transaction.

    `by_agency`: an agency duty whose permission the caller has checked (batch.py). The table of
    channel capabilities covers only residents' business. `settling`: the caller settles an open
    case of 不是我办的; otherwise revoking settles it.

    An illegal move is refused with what to do instead. If another transaction moved the assessment
    first, the refusal is that of its present state.
    """
    if move in PERSONS_MOVES and not by_agency:
        refusal = why_not(actor.channel_kind, PERSONS_MOVES[move])
        if refusal is not None:
            return refusal
    target = apply(record.state, move, claimed=record.claimed)
    if isinstance(target, Refusal):
        return target
    # Recording what the tax bureau already holds is not a transmission by us.
    starts = move is Move.TRANSMIT and actor.kind is not ActorKind.TAX
    if starts and record.disputed_at is not None:
        return disputes.held_back(record.disputed_at)
    if target is State.REVOKED:
        # Revoking settles an open case, which may have been opened after the record was read. Lock
        # order: the cases before the row and before the first audit event.
        disputes.hold_cases(record.person_id)
    moved = repository.set_state(
        record.id,
        old=record.state.value,
        new=target.value,
        at=at,
        claimed=record.claimed,
        undisputed=starts,
    )
    if moved is None:
        return _overtaken(record, move)
    if target is State.REVOKED:
        repository.free_months(record.id)
    audit.record(
        action=f"assessment.{move.value}",
        person_id=record.person_id,
        subject=record.serial,
        actor=actor,
        at=at,
        data={
            "from": record.state.value,
            "to": target.value,
            "start": str(record.period.start),
            "end": str(record.period.end),
            **(data or {}),
        },
    )
    if target is State.REVOKED and moved["disputed_at"] is not None and not settling:
        disputes.settled_by_revoking(record, actor=actor, at=at)
        moved = repository.by_id(record.id)
    return record_from(moved)


def claim(serial: str) -> bool:
    """Mark a queued assessment as claimed for delivery. From now on it cannot be revoked here.

    Return False if it was revoked or moved before: then there is nothing to deliver.
    """
    return repository.claim(serial)


def release(serial: str) -> None:
    """Undo `claim` after the assessment was certainly not sent. It can be revoked again."""
    repository.release(serial)


def hold_up(serial: str, why: HeldUp) -> None:
    """Set the reason shown on the page of a queued assessment that is not being sent."""
    repository.hold_up(serial, why.value)


def hold_up_all(*, down: bool) -> None:
    """Set or clear the reason DOWN on every queued assessment when the tax bureau goes down or
    returns.
    """
    old, new = (HeldUp.NOTHING, HeldUp.DOWN) if down else (HeldUp.DOWN, HeldUp.NOTHING)
    repository.hold_up_all(old=old.value, new=new.value)


def reserve_serial(serial: str) -> None:
    """Ensure that no new assessment gets this serial, which the tax bureau knows and we do not.

    It was issued before our database was restored from an older backup.
    """
    found = re.fullmatch(r"([0-9]{6})([0-9]{8})([0-9]{6})", serial, re.ASCII)
    if found is None:
        return
    try:
        day = datetime.strptime(found[2], "%Y%m%d").date()
    except ValueError:
        return
    repository.raise_number(found[1], day, int(found[3]))


def _overtaken(record: Record, move: Move) -> Refusal:
    current = find(record.serial)
    if current is not None:
        answer = apply(current.state, move, claimed=current.claimed)
        if isinstance(answer, Refusal):
            return answer
        if move is Move.TRANSMIT and current.disputed_at is not None:
            return disputes.held_back(current.disputed_at)
    return Refusal("overtaken", "这笔核定刚刚有了变化，请刷新后再操作。")
