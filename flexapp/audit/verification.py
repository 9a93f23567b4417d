"""Whether the chain of events is whole, its end is the sealed one, the database guards it, and the
rows that events vouch for are as they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.exc import DataError

from flexapp.audit import repository
from flexapp.audit.row_book import RowBook
from flexapp.audit.service import GENESIS, digest, true_anchor, words_ref
from flexapp.encryption import MissingKey, Unreadable, open_stored

GUARDS = {
    "sqlite": frozenset({"audit_event_unchanged", "audit_event_kept", "audit_event_not_replaced"}),
    "postgresql": frozenset({"audit_event_unchanged", "audit_event_kept"}),
}
"""The triggers that refuse to change or remove events, of each engine (migration 0008)."""


@dataclass(frozen=True, slots=True)
class End:
    """An end of the chain: fit to be noted elsewhere, and asked for later."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> End:
        """What was noted; `ValueError` where it is none."""
        seq, _, noted = text.strip().partition(":")
        if len(noted) != len(GENESIS):
            raise ValueError("an end of the chain is NUMBER:DIGEST")
        return cls(int(seq), noted)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in sentences; `faults` of the chain, `rows` of what its events vouch for."""

    broken: tuple[int, ...]
    faults: tuple[str, ...]
    rows: tuple[str, ...]
    events: int
    end: End

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.faults and not self.rows


def verify(noted: End | None = None) -> Verdict:
    """Read the whole chain. `noted`: an end written down before, which must still be in it."""
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
    for check in current_app.extensions["audit_checks"]:
        rows.extend(_done(check))
    return Verdict(tuple(broken), tuple(faults), tuple(rows), events, end)


def _digest(row: Mapping[str, object]) -> str | None:
    """The digest of an event; None where a field is of no type that we write."""
    if row["at"] is None:
        return None
    try:
        return digest(row)
    except TypeError:
        return None


def _done(check: Callable[[], Iterable[str]]) -> Iterator[str]:
    """What a slice finds. Whatever was made unreadable is a fault, and the next slice goes on."""
    try:
        yield from check()
    except (ValueError, TypeError, KeyError, DataError) as fault:
        yield f"{check.__module__.rpartition('.')[2]}.{check.__name__} cannot go on:" + (
            f" it met a value that it cannot read ({type(fault).__name__})"
        )


def _faults_of_words() -> Iterator[str]:
    """What people typed must be what its event was made with."""
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
    missing = GUARDS[repository.engine()] - repository.triggers()
    if missing:
        yield f"the database does not guard the events: {', '.join(sorted(missing))} is missing"
