"""Stores for rate limit counts that all nodes share: the database, or Redis with it as fallback.

A count starts with its first hit and expires after the period of its limit; the next hit starts a
new count. Both stores increment and read atomically, so that concurrent hits of two nodes are both
counted.

Keys are digests (rate_limit.py), so the stores do not contain whom they are about.
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
"""Timeout of Redis in seconds; after it the database is used instead."""

REST = 10.0
"""Seconds without access to Redis after a failure, so that not every request waits for it."""

PREFIX = "flexapp:count:"
"""Prefix of our keys in Redis, which other applications may share."""

ADD = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return number
"""
"""Lua script, atomic in Redis: a key never remains without its expiry."""

TAKE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
"""


class RateLimitStore(Protocol):
    """A store of counts."""

    def look(self, key: str) -> tuple[int, timedelta]:
        """The count of a key and the time until it expires; (0, 0) if there is none."""

    def add(self, key: str, within: timedelta) -> int:
        """Increment the count and return it; a new count expires after `within`."""

    def take_back(self, key: str) -> None:
        """Decrement the count if it is above 0."""


class TryCount(Model):
    """The count of a key; valid until `until`."""

    __tablename__ = "try_count"

    key: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    number: Mapped[int]


_count = table_of(TryCount)


class DatabaseStore:
    """Counts in the caller's transaction. Expired counts are deleted nightly (`retention run`)."""

    def look(self, key: str) -> tuple[int, timedelta]:
        """See `RateLimitStore`."""
        at = utcnow()
        query = select(_count.c.number, _count.c.until).where(_count.c.key == key)
        row = db.session.execute(query).first()
        if row is None or row.until <= at:
            return 0, timedelta(0)
        return row.number, row.until - at

    def add(self, key: str, within: timedelta) -> int:
        """See `RateLimitStore`. Concurrent hits of the same key wait until the transaction ends."""
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
        """See `RateLimitStore`."""
        db.session.execute(
            update(_count)
            .where(_count.c.key == key, _count.c.number > 0, _count.c.until > utcnow())
            .values(number=_count.c.number - 1)
        )


class StoreUnavailable(Exception):
    """Redis is unreachable or returned an error."""


class RedisStore:
    """Counts in Redis; every method raises `StoreUnavailable` if Redis is not available."""

    def __init__(self, url: str) -> None:
        # Imported only if Redis is used: the import takes longer than the rest of the start.
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # One immediate retry, because an idle connection may have been closed.
            retry=Retry(NoBackoff(), 1),
        )
        self._add = self._redis.register_script(ADD)
        self._take_back = self._redis.register_script(TAKE_BACK)

    def look(self, key: str) -> tuple[int, timedelta]:
        """See `RateLimitStore`."""
        with _absence(), self._redis.pipeline() as steps:
            steps.get(PREFIX + key)
            steps.pttl(PREFIX + key)
            number, left = steps.execute()
        return int(number or 0), timedelta(milliseconds=max(left, 0))

    def add(self, key: str, within: timedelta) -> int:
        """See `RateLimitStore`."""
        milliseconds = int(within / timedelta(milliseconds=1))
        with _absence():
            return int(self._add(keys=[PREFIX + key], args=[milliseconds]))

    def take_back(self, key: str) -> None:
        """See `RateLimitStore`."""
        with _absence():
            self._take_back(keys=[PREFIX + key])


class FallbackStore:
    """Counts in Redis, with the database as fallback while Redis is not available.

    The counts in Redis are then unknown, and counting starts again from zero in the database. A
    client that had reached a limit gets it once more. That is better than refusing all requests or
    allowing all.
    """

    def __init__(self, shared: RedisStore, database: DatabaseStore) -> None:
        self._shared, self._database = shared, database
        self._absent = False
        self._again_at = 0.0

    def look(self, key: str) -> tuple[int, timedelta]:
        """See `RateLimitStore`."""
        return self._ask(lambda counts: counts.look(key))

    def add(self, key: str, within: timedelta) -> int:
        """See `RateLimitStore`."""
        return self._ask(lambda counts: counts.add(key, within))

    def take_back(self, key: str) -> None:
        """See `RateLimitStore`."""
        self._ask(lambda counts: counts.take_back(key))

    def _ask(self, question: Callable[[RateLimitStore], T]) -> T:
        if time.monotonic() >= self._again_at:
            try:
                answer = question(self._shared)
            except StoreUnavailable as error:
                self._rest(error)
            else:
                self._back()
                return answer
        return question(self._database)

    def _rest(self, error: StoreUnavailable) -> None:
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
        # Only the exception's type: its text may contain the URL, and so a password.
        raise StoreUnavailable(type(error).__name__) from error
