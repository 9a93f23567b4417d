"""What whoever operates the service sees of the transmission, and settles by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import KeySet

from flexapp.assessment import service as assessment
from flexapp.assessment.service import HeldUp, Record
from flexapp.audit.service import SYSTEM
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.transmission import protocol, repository
from flexapp.transmission.gateway import TaxGateway
from flexapp.transmission.repository import Event, Message
from flexapp.web.clock import instant, now
from flexapp.web.unit_of_work import read_transaction, write_transaction

MOST_LISTED = 100

NOT_PARKED = Refusal("not_parked", "no message of this serial is parked")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the transmission stands."""

    counts: Mapping[str, int]
    """Messages by status."""
    oldest_open: datetime | None
    down_since: datetime | None
    compared_at: datetime | None
    parked: Sequence[Message]
    findings: Sequence[tuple[str, str, datetime]]
    """(serial, difference, since when) that a person must settle."""


def standing() -> Standing:
    """How the transmission stands now; at most 100 parked messages and findings."""
    with read_transaction():
        link = repository.link()
        return Standing(
            counts=repository.counts(),
            oldest_open=repository.oldest_open(),
            down_since=link.down_since,
            compared_at=link.compared_at,
            parked=repository.parked(MOST_LISTED),
            findings=repository.findings(MOST_LISTED),
        )


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that was told about one assessment, by either side."""

    record: Record
    messages: Sequence[tuple[Message, bool | None]]
    events: Sequence[tuple[Event, bool | None]]
    """Each with whether its signature holds today; None where nothing was kept."""


def dossier(serial: str, keys: KeySet) -> Dossier | None:
    """What each side told about a serial; None for an unknown one."""
    with read_transaction():
        record = assessment.find(serial)
        if record is None:
            return None
        return Dossier(
            record,
            [(each, _holds(each.proof, keys)) for each in repository.of_serial(serial)],
            [(each, _holds(each.proof, keys)) for each in repository.events_of(serial)],
        )


def retry(serial: str | None) -> Sequence[str]:
    """Send parked messages again, of one serial or all; the serials."""
    with write_transaction():
        serials = repository.unpark(serial, instant())
        for each in serials:
            assessment.hold_up(each, HeldUp.NOTHING)
        return serials


def give_back(gateway: TaxGateway, serial: str, reason: str) -> Record | Refusal:
    """End a parked submission: 税务退回 with this reason, so that the person can revoke it.

    Only where the tax bureau says, signed, that it does not have it. Raises `TaxUnreachable`.
    """
    with read_transaction():
        found = [each for each in repository.of_serial(serial) if each.status == "parked"]
    parked = [each for each in found if each.kind == "submit"]
    if not parked:
        return NOT_PARKED
    if gateway.show(serial) is not None:
        return Refusal("held_there", "the tax bureau has it: reconcile instead")
    with write_transaction():
        record = assessment.find(serial)
        assert record is not None
        if not repository.give_up(parked[-1].id, "", reason):
            return NOT_PARKED
        return assessment.transition(
            record=record, move=Move.REFUSE, actor=SYSTEM, at=now(), data={"reason": reason}
        )


def _holds(proof: str, keys: KeySet) -> bool | None:
    return protocol.proof_holds(proof, keys) if proof else None
