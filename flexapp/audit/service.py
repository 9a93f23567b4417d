"""Record audit events, and read the events of a person, a subject or a staff member.

`verification.py` verifies the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy import Table
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session

from flexapp.audit import repository, vouching
from flexapp.audit.repository import happened
from flexapp.audit.vouching import keyed_digest, record_removal, vouch
from flexapp.db.session import db
from flexapp.rules.capabilities import ChannelKind
from flexapp.web.clock import now

__all__ = [
    "SYSTEM",
    "TAX_BUREAU",
    "Actor",
    "ActorKind",
    "Entry",
    "Event",
    "about_person",
    "by_staff",
    "digest_of",
    "happened",
    "of_subject",
    "one",
    "one_about_person",
    "record",
    "record_all",
    "record_removal",
    "true_anchor",
    "vouch",
    "vouch_for_stored",
]

FREE_TEXT = frozenset({"reason"})
"""Names of entries in `Event.data` with free text; stored encrypted, in a table of their own."""

GENESIS = "0" * 64
"""The `previous` digest of the first event."""


class ActorKind(StrEnum):
    """Kinds of actors."""

    ACCOUNT = "account"
    SYSTEM = "system"
    TAX = "tax"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `label` is masked, so it may be shown to the person concerned."""

    kind: ActorKind
    id: int | None
    label: str
    channel: str = "phone"
    channel_kind: ChannelKind = ChannelKind.PHONE


SYSTEM = Actor(ActorKind.SYSTEM, None, "系统", "system")
TAX_BUREAU = Actor(ActorKind.TAX, None, "税务部门", "tax")


class Entry(NamedTuple):
    """One event to record; the fields are the arguments of `record`."""

    action: str
    person_id: int | None
    subject: str
    actor: Actor
    at: datetime
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event."""

    seq: int
    at: datetime
    action: str
    person_id: int | None
    subject: str
    actor_kind: str
    actor_id: int | None
    actor_label: str
    channel: str
    data: Mapping[str, str]


def record(
    *,
    action: str,
    person_id: int | None,
    subject: str,
    actor: Actor,
    at: datetime,
    data: Mapping[str, str] | None = None,
) -> int:
    """Record one event in the caller's transaction and return its number.

    `subject` names the object of the action (a serial, "registration"). `data` contains no personal
    data except free text (`FREE_TEXT`), which is encrypted. The event vouches for the rows that
    were passed to `vouch` or `record_removal` before it in the transaction (`vouching.py`).
    """
    repository.lock_end()
    anchor = true_anchor()
    entry = Entry(action, person_id, subject, actor, at, data or {})
    end = _end(anchor)
    row, typed = _row(entry, end, vouching.taken(first=end == GENESIS))
    seq = repository.add(row)
    if typed is not None:
        repository.add_words([typed])
    if anchor is not None:
        end = str(row["digest"])
        repository.move_anchor(seq, end, seal(seq, end))
    return seq


def vouch_for_stored(table: Table, *key: object) -> None:
    """Call `vouch` for a row as it is stored now, or `record_removal` if it is not there.

    For changes after which the caller does not have the whole row.
    """
    row = repository.row_at(table, vouching.vouched_columns(table), key)
    if row is None:
        record_removal(table, *key)
    else:
        vouch(table, row)


def record_all(entries: Sequence[Entry]) -> None:
    """Record many events, in this order, in the caller's transaction.

    The last one vouches for the rows that were changed before.
    """
    if not entries:
        return
    repository.lock_end()
    anchor = true_anchor()
    end, rows, words = _end(anchor), [], []
    changed = vouching.taken(first=end == GENESIS)
    for seq, entry in zip(repository.numbers(len(entries)), entries, strict=True):
        row, typed = _row(entry, end, changed if entry is entries[-1] else None)
        row["seq"], end = seq, str(row["digest"])
        rows.append(row)
        if typed is not None:
            words.append(typed)
    repository.add_all(rows)
    if words:
        repository.add_words(words)
    if anchor is not None:
        repository.move_anchor(seq, end, seal(seq, end))


def _end(anchor: tuple[int, str] | None) -> str:
    # Continue from the anchor's event, not from the last one in the table: if somebody had cut off
    # the end, continuing from the last event would hide it. An invalid anchor is not updated, so
    # that verification finds it.
    return anchor[1] if anchor is not None else repository.last_digest() or GENESIS


def _row(
    entry: Entry, previous: str, changed: str | None
) -> tuple[dict[str, object], dict[str, object] | None]:
    """The row of an event, and the row of its free text (None without free text)."""
    typed = {name: text for name, text in entry.data.items() if name in FREE_TEXT}
    content = _canonical(typed) if typed else None
    row: dict[str, object] = {
        "at": entry.at,
        "action": entry.action,
        "person_id": entry.person_id,
        "subject": entry.subject,
        "actor_kind": entry.actor.kind.value,
        "actor_id": entry.actor.id,
        "actor_label": entry.actor.label,
        "channel": entry.actor.channel,
        "data": _canonical({n: text for n, text in entry.data.items() if n not in FREE_TEXT}),
        "words": None if content is None else words_ref(previous, content),
        "rows": changed,
        "previous": previous,
    }
    row["digest"] = digest(row)
    return row, None if content is None else {"ref": row["words"], "content": content}


def _canonical(data: Mapping[str, str]) -> str:
    return json.dumps(dict(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def words_ref(previous: str, content: str) -> str:
    """Reference to the free text of the event that follows `previous`: a keyed digest.

    Nobody without the key can compute it or check a guess of the text against it.
    """
    return keyed_digest("audit.words", previous, content)


def true_anchor() -> tuple[int, str] | None:
    """(number, digest) of the last event per the anchor; None if its seal is invalid or missing."""
    found = repository.anchor()
    if found is None or not _is_seal(*found):
        return None
    return found[0], found[1]


def _is_seal(seq: int, last_digest: str, found: object) -> bool:
    # As bytes: `compare_digest` accepts only ASCII strings, and the stored seal may be anything.
    return compare_digest(str(found).encode(), seal(seq, last_digest).encode())


def digest_of(seq: int) -> str | None:
    """The stored digest of the event with this number; None if there is none."""
    row = repository.one(seq)
    return None if row is None else str(row["digest"])


def seal(seq: int, last_digest: str) -> str:
    """The seal of an end of the chain: a keyed digest."""
    return keyed_digest("audit.anchor", seq, last_digest)


def digest(row: Mapping[str, object]) -> str:
    """The digest of an event: SHA-256 over its fields, including the previous digest."""
    at = row["at"]
    assert isinstance(at, datetime)
    fields = [
        at.astimezone(UTC).isoformat(),
        *(
            row[name]
            for name in (
                "action",
                "person_id",
                "subject",
                "actor_kind",
                "actor_id",
                "actor_label",
                "channel",
                "data",
                "previous",
            )
        ),
        # Newer columns count only if set, so that the digests of earlier events stay the same.
        *([name, row[name]] for name in ("words", "rows") if row.get(name) is not None),
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def about_person(
    *, person_id: int, actions: Sequence[str] | None = None, before: int | None = None, limit: int
) -> tuple[Event, ...]:
    """Events about a person, newest first; `before`: only those with a smaller number."""
    return tuple(_event(row) for row in repository.about_person(person_id, actions, before, limit))


def about_person_twice(
    *,
    person_id: int,
    page: tuple[Sequence[str], int | None, int],
    also: tuple[Sequence[str], int],
) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """Two selections of the events about a person in one query, each newest first.

    `page`: actions, number before which, and limit; `also`: other actions, and their limit.
    """
    found = tuple(_event(row) for row in repository.about_person_twice(person_id, page, also))
    (actions, before, limit), (more, most) = page, also
    shown = [
        event
        for event in found
        if event.action in actions and (before is None or event.seq < before)
    ]
    return tuple(shown[:limit]), tuple(event for event in found if event.action in more)[:most]


def one_about_person(*, person_id: int, seq: int) -> Event | None:
    """The event with this number if it is about this person, else None."""
    row = repository.one(seq)
    return _event(row) if row is not None and row["person_id"] == person_id else None


def of_subject(*, subject: str) -> tuple[Event, ...]:
    """All events about one subject, oldest first."""
    return tuple(_event(row) for row in repository.of_subject(subject))


def by_staff(*, staff_id: int, before: int | None = None, limit: int) -> tuple[Event, ...]:
    """Events caused by a staff member, newest first; `before`: only those with a smaller number."""
    return tuple(_event(row) for row in repository.by_staff(staff_id, before, limit))


def one(seq: int) -> Event | None:
    """The event with this number; None if there is none."""
    row = repository.one(seq)
    return None if row is None else _event(row)


def _event(row: Mapping[str, object]) -> Event:
    at, seq, person_id, actor_id = row["at"], row["seq"], row["person_id"], row["actor_id"]
    assert isinstance(at, datetime)
    assert isinstance(seq, int)
    assert person_id is None or isinstance(person_id, int)
    assert actor_id is None or isinstance(actor_id, int)
    return Event(
        seq=seq,
        at=at,
        action=str(row["action"]),
        person_id=person_id,
        subject=str(row["subject"]),
        actor_kind=str(row["actor_kind"]),
        actor_id=actor_id,
        actor_label=str(row["actor_label"]),
        channel=str(row["channel"]),
        data=json.loads(str(row["data"])) | json.loads(str(row["typed"] or "{}")),
    )


@listens_for(Session, "before_commit")
def _note_remaining(session: Session) -> None:
    """Before a commit, record an event for changed rows that no event has vouched for yet.

    This covers rows changed after the last event of the transaction, or without any event.
    """
    if session is db.session() and vouching.anything_left():
        record(action="rows.changed", person_id=None, subject="rows", actor=SYSTEM, at=now())
