"""Comparison of our audit chain with the chain heads stored at the tax bureau.

Every message that we sign and send carries the head of the audit chain (number and digest of its
last event). Somebody who truncates the chain, or restores an older copy of the database, cannot
change the heads that the tax bureau has stored.
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
"""Used instead of a serial in the findings."""
NEWEST = 100
"""Number of messages whose chain heads are checked. Workers compare at least every five minutes."""

ACCEPTED = "audit.end_accepted"


def end_to_tell() -> str | None:
    """Return the chain head for the next message as "NUMBER:DIGEST"; None without a valid seal.

    Opens its own transaction: none may be open.
    """
    with read_transaction():
        anchor = audit.true_anchor()
    return None if anchor is None else f"{anchor[0]}:{anchor[1]}"


def compare(gateway: TaxGateway, keys: KeySet) -> Iterator[str]:
    """Yield at most one difference, in English: a chain head that was sent is not in the chain.

    Raises `TaxUnreachable` if there is no answer from the tax bureau.
    """
    try:
        signatures = gateway.signatures(NEWEST)
    except TaxUnreachable as fault:
        if not fault.answered:
            raise
        # An older version of the tax bureau does not have this call. That must not stop delivery.
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
    """Accept that the chain heads sent until now are missing, in the caller's transaction.

    For use when the cause is known, for example a restored backup. The reason is written to the
    audit log.
    """
    audit.record(
        action=ACCEPTED, person_id=None, subject=NAME, actor=actor, at=at, data={"reason": reason}
    )
    repository.clear_finding(NAME)


def _read(signature: str, keys: KeySet) -> tuple[datetime, int, str] | None:
    """Return (signing time, number, digest) of a chain head in a message of ours.

    None if the message carries none or is not signed by us.
    """
    try:
        claims = protocol.own_claims(signature, keys)
        seq, _, digest = str(claims[protocol.CHAIN]).partition(":")
        return datetime.fromtimestamp(int(str(claims["iat"])), UTC), int(seq), digest
    except (InvalidMessage, KeyError, ValueError):
        return None
