"""Verify the audit log.

The chain must be intact, its end must be the sealed one, the database triggers must be present, and
the rows must be as the events vouch for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from sqlalchemy.exc import DataError

from flexapp.audit import repository
from flexapp.audit.row_book import RowBook
from flexapp.audit.service import GENESIS, digest, true_anchor, words_ref
from flexapp.db.session import engine_name
from flexapp.encryption import MissingKey, Unreadable, open_stored
from flexapp.services import AppValue

Check = Callable[[], Iterable[str]]
"""Yields a sentence for each fault that it finds."""

_CHECKS: AppValue[list[Check]] = AppValue("audit_checks", list)

GUARDS = {
    "sqlite": frozenset({"audit_event_unchanged", "audit_event_kept", "audit_event_not_replaced"}),
    "postgresql": frozenset({"audit_event_unchanged", "audit_event_kept"}),
}
"""Triggers that refuse updates and deletes of events, by database engine (migration 0008)."""


def add_check(app: Flask, check: Check) -> None:
    """Add another slice's check of its rows; checks run in the order in which they were added."""
    _CHECKS.of(app).append(check)


@dataclass(frozen=True, slots=True)
class End:
    """An end of the chain, to be noted elsewhere and checked later; as text NUMBER:DIGEST."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> End:
        """Parse NUMBER:DIGEST; `ValueError` if it is invalid."""
        seq, _, noted = text.strip().partition(":")
        if len(noted) != len(GENESIS):
            raise ValueError("an end of the chain is NUMBER:DIGEST")
        return cls(int(seq), noted)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a verification.

    `broken`: numbers of the events that do not fit the chain. `faults`: sentences about the chain.
    `rows`: sentences about free text and rows. `events`: how many there are. `end`: the last one.
    """

    broken: tuple[int, ...]
    faults: tuple[str, ...]
    rows: tuple[str, ...]
    events: int
    end: End

    @property
    def whole(self) -> bool:
        """Whether no problem was found."""
        return not self.faults and not self.rows


def verify(noted: End | None = None) -> Verdict:
    """Verify the whole chain. `noted`: an earlier end, which the chain must still contain."""
    broken: list[int] = []
    unreadable: list[int] = []
    end, events, noted_found = End(0, GENESIS), 0, noted is None or noted == End(0, GENESIS)
    previous_seq = 0
    book = RowBook()
    for row in repository.all_rows():
        events += 1
        seq = int(row["seq"])  # type: ignore[call-overload]
        own = str(row["digest"])
        if row["previous"] != end.digest or own != _digest(row) or seq <= previous_seq:
            broken.append(seq)
        previous_seq, end = seq, End(seq, own)
        noted_found = noted_found or end == noted
        if not book.read(row):
            unreadable.append(seq)
    faults = [f"event {seq} does not fit the chain" for seq in broken]
    faults.extend(f"event {seq} vouches for rows that cannot be made out" for seq in unreadable)
    faults.extend(_faults_of_end(end))
    if not noted_found:
        faults.append(f"the noted end {noted} is not in the chain: an older copy, or another chain")
    rows = [*_faults_of_words(), *book.faults()]
    for check in _CHECKS.get():
        rows.extend(_done(check))
    return Verdict(tuple(broken), tuple(faults), tuple(rows), events, end)


def _digest(row: Mapping[str, object]) -> str | None:
    """The recomputed digest of an event; None if a field has a type that we never write."""
    if row["at"] is None:
        return None
    try:
        return digest(row)
    except TypeError:
        return None


def _done(check: Check) -> Iterator[str]:
    """Run another slice's check. An unreadable value is reported, and the next check follows."""
    try:
        yield from check()
    except (ValueError, TypeError, KeyError, DataError) as fault:
        yield f"{check.__module__.rpartition('.')[2]}.{check.__name__} cannot go on:" + (
            f" it met a value that it cannot read ({type(fault).__name__})"
        )


def _faults_of_words() -> Iterator[str]:
    """Free text must exist, be readable and match the keyed digest of its event."""
    for seq, previous, ref, stored in repository.stored_words():
        if stored is None:
            yield f"what was typed of event {seq} is gone"
            continue
        try:
            content = open_stored(stored, "audit_words.content", ref)
        except (Unreadable, MissingKey, TypeError) as fault:
            yield f"what was typed of event {seq} cannot be read: {fault}"
            continue
        if words_ref(previous, content) != ref:
            yield f"what was typed of event {seq} is something else now"


def _faults_of_end(end: End) -> Iterator[str]:
    anchor = true_anchor()
    if anchor is None:
        yield "the seal of the chain's end is gone or false"
    elif anchor != (end.seq, end.digest):
        yield f"the chain ends at event {end.seq}, but event {anchor[0]} was sealed as the last"
    missing = GUARDS[engine_name()] - repository.triggers()
    if missing:
        yield f"the database does not guard the events: {', '.join(sorted(missing))} is missing"
