"""What the product is still to be told: taken in hand by a lease, and settled by its answer.

An event in hand is one whose `due` was put off by the lease: no transaction stays open while the
product is asked, and what a dead process had in hand is due again when its lease is over.
"""

import random
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from flexapp.taxbureau.database import Database, stamp
from flexapp.taxbureau.records import Change, Proof
from flexapp.taxbureau.signatures import Signed
from flexapp.taxbureau.states import Event

LEASE = 30
"""Seconds in which whoever took an event must have settled it."""
LONGEST_WAIT = 60
"""Seconds from one attempt to the next, at most; the first wait is at most one."""

_EARLIER_WAITS = """EXISTS (SELECT 1 FROM deliveries e
    WHERE e.status = 'waiting' AND e.serial = d.serial AND e.cursor < d.cursor)"""


@dataclass(frozen=True, slots=True)
class Offer:
    """An event in hand. `attempt` tells this hold of it from a later one.

    `due` is when it was due; `early`: an earlier event of the same serial still waits.
    """

    change: Change
    attempt: int
    due: float
    early: bool


@dataclass(frozen=True, slots=True)
class Parked:
    """Events that the product did not accept: how many, and some of their serials."""

    count: int
    serials: tuple[str, ...]


class Outbox:
    """The events of one tax bureau that are to be told. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, due_by: datetime, *, most: int = 1, out_of_order: bool = False
    ) -> tuple[Offer, ...]:
        """At most `most` events that were due by then, in hand for `LEASE` seconds.

        Not one while an earlier one of its serial waits, unless `out_of_order`; a parked one holds
        nothing back.
        """
        query, values = self._due(out_of_order), (due_by.timestamp(), most)
        # Looked for without the lock first: mostly there is nothing.
        if self._database.connection().execute(query, values).fetchone() is None:
            return ()
        with self._database.writing() as connection:
            until = self._database.moment().timestamp() + LEASE
            offers = tuple(_offer(row) for row in connection.execute(query, values))
            connection.executemany(
                "UPDATE deliveries SET due = ?, attempts = ? WHERE cursor = ?",
                [(until, each.attempt, each.change.cursor) for each in offers],
            )
        return offers

    def put_back(self, offer: Offer) -> None:
        """Not offered after all: as if it had not been taken."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET due = ?, attempts = attempts - 1"
                " WHERE cursor = ? AND attempts = ? AND status = 'waiting'",
                (offer.due, offer.change.cursor, offer.attempt),
            )

    def told(self, offer: Offer, sent: Signed, answer: Proof, outcome: str | None) -> bool:
        """The product has noted it; false where it had already said so.

        Whoever had it in hand since: noted is noted.
        """
        return self._settle("told", "status <> 'told'", offer, sent, answer, None, outcome)

    def park(self, offer: Offer, sent: Signed, answer: Proof, trouble: str) -> None:
        """The product will never accept it: kept for people to look at, and not offered again."""
        self._settle("parked", "status = 'waiting'", offer, sent, answer, trouble, None)

    def failed(self, offer: Offer, trouble: str) -> None:
        """To be offered again: after up to a second, then up to twice as long each time.

        Half of each wait is left to chance, so that what failed together does not come together.
        """
        longest = min(LONGEST_WAIT, 2 ** min(offer.attempt - 1, 10))
        wait = longest * random.uniform(0.5, 1)  # noqa: S311
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET due = ?, trouble = ?"
                " WHERE cursor = ? AND attempts = ? AND status = 'waiting'",
                (
                    self._database.moment().timestamp() + wait,
                    trouble,
                    offer.change.cursor,
                    offer.attempt,
                ),
            )

    def waiting(self) -> int:
        """How many events the product is still to be told."""
        return self._count("waiting")

    def parked(self) -> Parked:
        """Those the product did not accept; the serials of the latest five."""
        rows = self._database.connection().execute(
            "SELECT serial FROM deliveries WHERE status = 'parked'"
            " GROUP BY serial ORDER BY max(cursor) DESC LIMIT 5"
        )
        return Parked(self._count("parked"), tuple(row["serial"] for row in rows))

    def _count(self, status: str) -> int:
        # In words of its own: an index of one status serves no question with a parameter.
        query = {
            "waiting": "SELECT count(*) FROM deliveries WHERE status = 'waiting'",
            "parked": "SELECT count(*) FROM deliveries WHERE status = 'parked'",
        }[status]
        return int(self._database.connection().execute(query).fetchone()[0])

    def _settle(
        self,
        status: str,
        where: str,
        offer: Offer,
        sent: Signed,
        answer: Proof,
        trouble: str | None,
        outcome: str | None,
    ) -> bool:
        with self._database.writing() as connection:
            settled = connection.execute(
                # Only the fixed words of this class are put together here.
                "UPDATE deliveries SET status = ?, settled_at = ?, trouble = ?, outcome = ?,"  # noqa: S608
                f" signed = ?, answer = ?, answer_body = ? WHERE cursor = ? AND {where}",
                (
                    status,
                    stamp(self._database.moment()),
                    trouble,
                    outcome,
                    sent.token,
                    answer.token,
                    answer.body,
                    offer.change.cursor,
                ),
            ).rowcount
        return settled == 1

    def _due(self, out_of_order: bool) -> str:
        order = "" if out_of_order else f" AND NOT {_EARLIER_WAITS}"
        return (
            # Only the fixed words of this module are put together here.
            f"SELECT c.*, d.attempts, d.due, {_EARLIER_WAITS} AS early"  # noqa: S608
            " FROM deliveries d JOIN changes c USING (cursor)"
            f" WHERE d.status = 'waiting' AND d.due <= ?{order}"
            " ORDER BY d.due, d.cursor LIMIT ?"
        )


def _offer(row: sqlite3.Row) -> Offer:
    change = Change(
        row["event_id"],
        row["cursor"],
        row["serial"],
        Event(row["event"]),
        row["at"],
        row["reason"],
        row["request_id"],
    )
    return Offer(change, row["attempts"] + 1, row["due"], bool(row["early"]))
