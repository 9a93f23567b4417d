"""Reconciliation of our records with those of the tax bureau.

Fixed automatically is what has one right answer: a state reached at the tax bureau that we did not
hear of, a record that it has lost, and a record that we have lost (`restoration.py`). Anything else
is stored as a finding until both sides agree: contradicting states, different content under one
serial, a record lost here whose months are now taken by another, and a head of our audit chain that
is no longer in the chain (`chain_ends.py`).

`catch_up` compares the changes at the tax bureau since the last comparison. Workers call it first,
so that a restored older database learns what has already been sent. `reconcile` compares
everything, both ways.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from joserfc.jwk import KeySet

from flexapp.assessment import service as assessment
from flexapp.assessment.service import Record
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.signing import body_digest
from flexapp.transmission import (
    chain_ends,
    circuit_breaker,
    repository,
    restoration,
)
from flexapp.transmission.event_transitions import (
    Fact,
    Outcome,
    agree,
    answers_our_request,
    explain,
)
from flexapp.transmission.gateway import Accepted, RemoteRecord, TaxGateway, TaxUnusable
from flexapp.transmission.messages import submission
from flexapp.transmission.restoration import Archived
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

PAGE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the records, in English for the operator's terminal."""

    serial: str
    difference: str
    mended: bool


def catch_up(
    gateway: TaxGateway, keys: KeySet, *, not_since: timedelta = timedelta(0)
) -> list[Finding]:
    """Compare the changes at the tax bureau since the last comparison; `keys` are our own.

    Returns an empty list if another worker compared within `not_since`. Raises `TaxUnreachable`;
    pages compared before that are not compared again.
    """
    with write_transaction():
        if not repository.begin_comparing(utcnow(), utcnow() - not_since):
            return []
        after: int | None = repository.link().cursor
    found: list[Finding] = []
    while after is not None:
        page = gateway.listing(after, PAGE)
        compared = (_compare_one(gateway, keys, holding) for holding in page.holdings)
        found += [finding for finding in compared if finding is not None]
        with write_transaction():
            circuit_breaker.answered()
            if page.holdings:
                repository.update_link(cursor=page.holdings[-1].cursor)
        after = page.next
    return [*_chain_ends(gateway, keys), *found]


def reconcile(gateway: TaxGateway, keys: KeySet) -> Iterator[Finding | None]:
    """Compare everything, both ways; yield one item per serial, None where both sides agree.

    Raises `TaxUnreachable`; differences fixed before that stay fixed.
    """
    yield from _chain_ends(gateway, keys)
    known = array("Q")
    after: int | None = 0
    while after is not None:
        page = gateway.listing(after, PAGE)
        for holding in page.holdings:
            known.append(_short(holding.serial))
            yield _compare_one(gateway, keys, holding)
        after = page.next
    with write_transaction():
        circuit_breaker.answered()
        repository.update_link(compared_at=utcnow())
    yield from _look_for_missing(gateway, array("Q", sorted(known)))


def _chain_ends(gateway: TaxGateway, keys: KeySet) -> Iterator[Finding]:
    for difference in chain_ends.compare(gateway, keys):
        with write_transaction():
            finding = _for_a_person(chain_ends.NAME, difference)
        yield finding


def _compare_one(gateway: TaxGateway, keys: KeySet, holding: RemoteRecord) -> Finding | None:
    """Compare one record in a transaction of its own, so that residents wait for one comparison at
    most.
    """
    with read_transaction():
        lost = assessment.find(holding.serial) is None
    archived = restoration.archived(gateway, holding, keys) if lost else None
    with write_transaction():
        return _compare(holding, archived)


def _compare(holding: RemoteRecord, archived: Archived | Refusal | None) -> Finding | None:
    """Compare a record at the tax bureau with ours, in the caller's transaction.

    `archived` is our message stored there, if we have no record.
    """
    record = assessment.find(holding.serial)
    if record is None:
        return _lost(holding, archived)
    if repository.last_cursor(holding.serial) > holding.cursor:
        return None  # an event reported a newer change than this page
    submitted = repository.latest(holding.serial, "submit")
    if submitted is not None and submitted.digest not in ("", holding.digest):
        return _for_a_person(holding.serial, "another content there than was sent")
    if submitted is None and body_digest(submission(record).encode()) != holding.digest:
        # The serial was assigned again after an older database was restored and before the first
        # comparison: two assessments have the same serial.
        return _for_a_person(holding.serial, "another content there than is here")
    fact = _fact(holding)
    difference = explain(fact.value, record)
    data = {"found_by": "reconcile"} | ({"reason": holding.reason} if holding.reason else {})
    if fact is Fact.DECLINED and holding.request is not None and holding.request.reason:
        data["reason"] = holding.request.reason
    outcome = agree(record, fact, data=data)
    if outcome is Outcome.CONFLICT:
        return _for_a_person(holding.serial, difference)
    repository.clear_finding(holding.serial)
    return Finding(holding.serial, difference, True) if outcome is Outcome.APPLIED else None


def _lost(holding: RemoteRecord, archived: Archived | Refusal | None) -> Finding | None:
    """Restore a record that we have lost from our message, or store a finding."""
    difference = explain(holding.state, None)
    done = restoration.restore(holding, archived) if isinstance(archived, Archived) else archived
    if done is False:
        return _compare(holding, None)  # another comparison has restored it meanwhile
    assessment.reserve_serial(holding.serial)
    if done is None or isinstance(done, Refusal):
        why = f": {done.sentence}" if done is not None else ""
        return _for_a_person(holding.serial, f"{difference}{why}")
    repository.clear_finding(holding.serial)
    return Finding(holding.serial, f"{difference}, restored from our message kept there", True)


def _fact(holding: RemoteRecord) -> Fact:
    asked = holding.request
    if (
        holding.state == Fact.RECEIVED
        and asked is not None
        and asked.answer == "declined"
        and answers_our_request(holding.serial, asked.request_id)
    ):
        return Fact.DECLINED
    return Fact(holding.state)


def _for_a_person(serial: str, difference: str) -> Finding:
    repository.note_finding(serial, difference, utcnow())
    return Finding(serial, difference, mended=False)


def _look_for_missing(gateway: TaxGateway, known: array[int]) -> Iterator[Finding | None]:
    """Submit again, under the same serial, what should be at the tax bureau but was not listed."""
    after = 0
    while True:
        with read_transaction():
            records = assessment.in_states(
                (State.TRANSMITTED, State.TAX_REVOKING, State.PAID), after=after, limit=PAGE
            )
        for record in records:
            # It may have arrived since the listing: ask for it before it counts as lost.
            if not _among(record.serial, known) and gateway.show(record.serial) is None:
                yield _hand_over(gateway, record)
            else:
                yield None
        if len(records) < PAGE:
            return
        after = records[-1].id


def _hand_over(gateway: TaxGateway, record: Record) -> Finding:
    with read_transaction():
        sent = repository.latest(record.serial, "submit")
        content = (sent and repository.content_of(sent.id)) or submission(record)
    mended = False
    if record.state is State.TRANSMITTED:
        try:
            mended = isinstance(gateway.submit(record.serial, content), Accepted)
        except TaxUnusable:
            mended = False
    difference = f"missing there, {record.state.value} here"
    if mended:
        return Finding(record.serial, difference, mended=True)
    with write_transaction():
        return _for_a_person(record.serial, difference)


def _short(serial: str) -> int:
    """Hash a serial to eight bytes: ten million take 80 MB, instead of 700 MB as text."""
    return int.from_bytes(blake2b(serial.encode(), digest_size=8).digest(), "big")


def _among(serial: str, known: array[int]) -> bool:
    wanted = _short(serial)
    place = bisect_left(known, wanted)
    return place < len(known) and known[place] == wanted
