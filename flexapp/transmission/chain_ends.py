"""Ends of our record of events that the tax bureau keeps, held against the record as it is.

Every message that we sign and send carries the end of the chain of events. Whoever cuts the chain
off here, or puts the whole database back to an older copy, cannot change what was kept there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from joserfc.jwk import KeySet

from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.signing import InvalidMessage
from flexapp.transmission import protocol, repository
from flexapp.transmission.gateway import TaxGateway, TaxUnreachable
from flexapp.web.unit_of_work import read_transaction

log = logging.getLogger(__name__)

NAME = "audit chain"
"""In place of a serial, among what a person must settle."""
NEWEST = 100
"""Messages that are looked at; senders compare at least every five minutes."""

ACCEPTED = "audit.end_accepted"


def end_to_tell() -> str | None:
    """The end of the chain for the next message; no transaction may be open."""
    with read_transaction():
        anchor = audit.true_anchor()
    return None if anchor is None else f"{anchor[0]}:{anchor[1]}"


def compare(gateway: TaxGateway, keys: KeySet) -> Iterator[str]:
    """At most one difference in English: an end that was told is not in the chain."""
    try:
        signatures = gateway.signatures(NEWEST)
    except TaxUnreachable as fault:
        if not fault.answered:
            raise
        # It may be older than this call: that must not keep messages back.
        log.warning("the tax bureau does not tell what it keeps of our messages: %s", fault)
        return
    ends = [end for each in signatures if (end := _read(each, keys)) is not None]
    with read_transaction():
        accepted = audit.of_subject(subject=NAME)
        since = accepted[-1].at if accepted else None
        for at, seq, digest in ends:
            settled = since is not None and at <= since
            if not settled and audit.digest_of(seq) != digest:
                yield (
                    f"the end {seq}:{digest} that was told to the tax bureau at"
                    f" {at:%Y-%m-%d %H:%M:%S} UTC is not in our record of events: it was cut off,"
                    " or an older copy of the database was put back"
                )
                return


def accept(*, reason: str, actor: Actor, at: datetime) -> None:
    """Somebody knows why ends told until now are missing (a backup was put back), in the caller's
    transaction; the reason is in the record."""
    audit.record(
        action=ACCEPTED, person_id=None, subject=NAME, actor=actor, at=at, data={"reason": reason}
    )
    repository.clear_finding(NAME)


def _read(signature: str, keys: KeySet) -> tuple[datetime, int, str] | None:
    """(when it was signed, number, digest) of an end that we told; None where it carries none or
    is not ours."""
    try:
        claims = protocol.own_claims(signature, keys)
        seq, _, digest = str(claims[protocol.CHAIN]).partition(":")
        return datetime.fromtimestamp(int(str(claims["iat"])), UTC), int(seq), digest
    except (InvalidMessage, KeyError, ValueError):
        return None
