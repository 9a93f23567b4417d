"""Experiment: 撤销 races against the sender's claim; they must never both succeed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from flexapp.assessment import service as assessment
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.signing import body_digest
from flexapp.transmission.delivery import work_once
from flexapp.transmission.gateway import Accepted, Listing, RemoteCopy, RemoteRecord
from flexapp.transmission.protocol import Proof
from flexapp.web.clock import now
from flexapp.web.unit_of_work import read_transaction, write_transaction
from tools.chaos import books
from tools.chaos.result import Result
from tools.chaos.site import Site, owner

HEAD_START = 0.004
"""Maximum seconds that either side waits after the barrier, so that each can be first."""


class Recording:
    """A tax bureau gateway that accepts everything and counts the submissions."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self._proof = Proof("", "")

    def submit(self, serial: str, content: str) -> Accepted:
        self.sent[serial] += 1
        return Accepted(self._proof, body_digest(content.encode()))

    def show(self, serial: str) -> RemoteRecord | None:
        return None

    def listing(self, after: int, limit: int) -> Listing:
        return Listing((), None)

    def kept(self, serial: str) -> tuple[RemoteCopy, ...]:
        return ()

    def signatures(self, limit: int) -> tuple[str, ...]:
        return ()

    def ask_revocation(self, serial: str, request_id: str, reason: str) -> Accepted:
        return Accepted(self._proof)


def revoke_against_claim(site: Site, rounds: int) -> Result:
    """Claim and revoke `rounds` assessments at the same moment on one database."""
    result, outcomes = Result(), Counter[str]()
    tax, gate = Recording(), threading.Barrier(2)
    serials = site.queued(rounds)
    site.hold_all()
    answers: dict[str, str] = {}
    pages = threading.Thread(target=_revoke_each, args=(site, serials, gate, answers))
    pages.start()
    try:
        with site.app.app_context():
            for serial in serials:
                site.release(serial)
                gate.wait(60)
                time.sleep(random.uniform(0, HEAD_START))
                work_once(tax)
                gate.wait(60)
    except BaseException:
        gate.abort()
        raise
    finally:
        pages.join()
    for serial in serials:
        revoked, sent = answers.get(serial) == "revoked", tax.sent[serial]
        outcomes["both" if revoked and sent else "revoked" if revoked else "sent"] += 1
        result.require(sent == (0 if revoked else 1), f"{serial}: sent {sent}, {revoked=}")
    states = books.states(site, set(serials))
    result.lines.append(f"{rounds} races: {dict(outcomes)}; states at the end: {dict(states)}")
    result.require(outcomes["revoked"] == states["revoked"], "revoked ones do not add up")
    result.require(outcomes["sent"] == states["transmitted"], "sent ones do not add up")
    result.require(len(outcomes) > 1, f"one side always won, so there was no race: {outcomes}")
    return result


def _revoke_each(
    site: Site, serials: list[str], gate: threading.Barrier, answers: dict[str, str]
) -> None:
    with site.app.app_context():
        for number, serial in enumerate(serials):
            # Every other time with a record read before; the decision must not depend on it.
            with read_transaction():
                before = assessment.find(serial)
            gate.wait(60)
            time.sleep(random.uniform(0, HEAD_START))
            with write_transaction():
                record = before if number % 2 else assessment.find(serial)
                assert record is not None
                moved = assessment.transition(
                    record=record, move=Move.REVOKE, actor=owner(record.made_by), at=now()
                )
            answers[serial] = moved.reason if isinstance(moved, Refusal) else "revoked"
            gate.wait(60)
