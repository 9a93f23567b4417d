"""Where counts are kept that all nodes of the service share: the database, or Redis beside it.

A count begins with the first time and is over when its time is: then it begins anew. Both stores
add and tell in one step, so that of two nodes that count at once neither overlooks the other.

Keys are digests (limiting.py); neither store learns whom they are about.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import (
    Model,
    UTCDateTime,
    db,
    table_of,
    upsert,
)
from flexapp.web import metrics
from flexapp.web.clock import utcnow

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds that Redis may take to answer before the database is asked instead."""

REST = 10.0
"""Seconds for which Redis is left alone after it did not answer, so that not everybody waits."""

PREFIX = "flexapp:count:"
"""Of our keys in Redis, which others may use too."""

ADD = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return number
"""
"""One step in Redis: a key is never left without its end."""

TAKE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
"""


class Counts(Protocol):
    """A store of counts."""

    def look(self, key: str) -> tuple[int, timedelta]:
        """The count of a key, and how long it still lasts; 0 where there is none."""

    def add(self, key: str, within: timedelta) -> int:
        """Count once more, in a count that lasts so long from its first; how often by now."""

    def take_back(self, key: str) -> None:
        """Count once less, where something is counted."""


class TryCount(Model):
    """How often something was done or tried, until its time is over."""

    __tablename__ = "try_count"

    key: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    number: Mapped[int]


_count = table_of(TryCount)


class DatabaseCounts:
    """Counts in the caller's transaction. What is over is removed nightly (`retention run`)."""

    def look(self, key: str) -> tuple[int, timedelta]:
        """As promised."""
        at = utcnow()
        query = select(_count.c.number, _count.c.until).where(_count.c.key == key)
        row = db.session.execute(query).first()
        if row is None or row.until <= at:
            return 0, timedelta(0)
        return row.number, row.until - at

    def add(self, key: str, within: timedelta) -> int:
        """As promised; whoever counts the same on another node waits for the transaction's end."""
        at = utcnow()
        over, until = _count.c.until <= at, literal(at + within, _count.c.until.type)
        counted = db.session.execute(
            upsert(TryCount)
            .values(key=key, until=at + within, number=1)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "until": case((over, until), else_=_count.c.until),
                    "number": case((over, 1), else_=_count.c.number + 1),
                },
            )
            .returning(_count.c.number)
        )
        return int(counted.scalar_one())

    def take_back(self, key: str) -> None:
        """As promised."""
        db.session.execute(
            update(_count)
            .where(_count.c.key == key, _count.c.number > 0, _count.c.until > utcnow())
            .values(number=_count.c.number - 1)
        )


class Absent(Exception):
    """Redis does not answer as it should."""


class RedisCounts:
    """Counts in Redis; raises `Absent` where it is not there."""

    def __init__(self, url: str) -> None:
        # Imported by who uses it: it takes longer than the rest of the start.
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # Once more at once: a connection that was lying idle may have been closed meanwhile.
            retry=Retry(NoBackoff(), 1),
        )
        self._add = self._redis.register_script(ADD)
        self._take_back = self._redis.register_script(TAKE_BACK)

    def look(self, key: str) -> tuple[int, timedelta]:
        """As promised."""
        with _absence(), self._redis.pipeline() as steps:
            steps.get(PREFIX + key)
            steps.pttl(PREFIX + key)
            number, left = steps.execute()
        return int(number or 0), timedelta(milliseconds=max(left, 0))

    def add(self, key: str, within: timedelta) -> int:
        """As promised."""
        milliseconds = int(within / timedelta(milliseconds=1))
        with _absence():
            return int(self._add(keys=[PREFIX + key], args=[milliseconds]))

    def take_back(self, key: str) -> None:
        """As promised."""
        with _absence():
            self._take_back(keys=[PREFIX + key])


class SharedCounts:
    """Redis, and the database as long as Redis does not answer.

    What Redis had counted is then not known, and all begins anew in the database: whoever had used
    up a limit has it once more. Better than refusing everybody, or letting everybody do anything.
    """

    def __init__(self, shared: RedisCounts, database: DatabaseCounts) -> None:
        self._shared, self._database = shared, database
        self._absent = False
        self._again_at = 0.0

    def look(self, key: str) -> tuple[int, timedelta]:
        """As promised."""
        return self._ask(lambda counts: counts.look(key))

    def add(self, key: str, within: timedelta) -> int:
        """As promised."""
        return self._ask(lambda counts: counts.add(key, within))

    def take_back(self, key: str) -> None:
        """As promised."""
        self._ask(lambda counts: counts.take_back(key))

    def _ask(self, question: Callable[[Counts], T]) -> T:
        if time.monotonic() >= self._again_at:
            try:
                answer = question(self._shared)
            except Absent as error:
                self._rest(error)
            else:
                self._back()
                return answer
        return question(self._database)

    def _rest(self, error: Absent) -> None:
        self._again_at = time.monotonic() + REST
        metrics.counts_absent()
        if not self._absent:
            self._absent = True
            log.warning("redis does not answer (%s): the database counts", error)

    def _back(self) -> None:
        if self._absent:
            self._absent = False
            log.warning("redis answers again and counts")


@contextmanager
def _absence() -> Iterator[None]:
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        # By its kind: the text may hold the address, and with it a password.
        raise Absent(type(error).__name__) from error
