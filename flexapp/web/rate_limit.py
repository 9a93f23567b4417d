"""Rate limits (rules/limits.py), counted across all nodes.

`hit` counts in the caller's unit of work, such as a failed attempt together with its rows.
`@rate_limited` limits a view by client address. It counts in a short transaction of its own, and
so also works for views that only read. `enforce` and `count` are for views that must first find out
who the caller is.

Once a limit is reached, all of them only read, so that clients that go on do not block writers.

The subject of a count is stored as a keyed digest (index key), never in plain text.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from flexapp.config import Settings
from flexapp.db.session import advisory_lock
from flexapp.rules.limits import HOUR, MINUTE, Limit
from flexapp.services import AppValue
from flexapp.web import client_ip, metrics
from flexapp.web.rate_limit_store import (
    DatabaseStore,
    FallbackStore,
    RateLimitStore,
    RedisStore,
)
from flexapp.web.unit_of_work import early_read, write_transaction

View = TypeVar("View", bound=Callable[..., object])

_COUNTS: AppValue[RateLimitStore] = AppValue("rate_limit_counts")


class TooMany(TooManyRequests):
    """429: the limit of this client address is reached; `wait`: time until the next attempt.

    `web/errors.py` renders its page.
    """

    def __init__(self, wait: timedelta) -> None:
        super().__init__(retry_after=seconds(wait))
        self.wait = wait


def init_app(app: Flask) -> None:
    """Select the store for counts."""
    settings: Settings = app.config["SETTINGS"]
    counts: RateLimitStore = DatabaseStore()
    if settings.redis_url is not None:
        counts = FallbackStore(RedisStore(settings.redis_url), DatabaseStore())
    _COUNTS.set(app, counts)


def retry_after(limit: Limit, who: object) -> timedelta | None:
    """Time until the next attempt if the limit is reached, else None.

    Reads only, and counts a refusal in the metrics. In a unit of work that writes, an advisory lock
    on the subject prevents concurrent attempts until its end.
    """
    key = _key(limit, who)
    advisory_lock("tries", key)
    times, left = _COUNTS.get().look(key)
    return _refused(limit, left) if times >= limit.most else None


def used_up(limit: Limit, who: object) -> bool:
    """Whether the limit is reached, if that leads to no refusal (`retry_after` records one).

    Reads only, and takes the same advisory lock as `retry_after`.
    """
    key = _key(limit, who)
    advisory_lock("tries", key)
    return _COUNTS.get().look(key)[0] >= limit.most


def hit(limit: Limit, who: object) -> int:
    """Count one attempt in the caller's transaction; returns the new count."""
    return _COUNTS.get().add(_key(limit, who), limit.within)


def number(limit: Limit, who: object) -> int:
    """The current count. Reads only."""
    return _COUNTS.get().look(_key(limit, who))[0]


def take_back(limit: Limit, who: object) -> None:
    """Undo one `hit`, in the caller's transaction."""
    _COUNTS.get().take_back(_key(limit, who))


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """Attempts that are counted before they are checked, so that concurrent ones cannot bypass it.

    `own`: the limit of this client, and its subject. `shared`: the limit of all clients together
    for the same target; None if it does not apply to this client. Once reached, `shared` refuses
    only clients that have failed before: nobody loses the first attempt because of others.
    """

    own: tuple[Limit, object]
    shared: tuple[Limit, object] | None = None

    def wait(self) -> timedelta | None:
        """Time until an attempt is allowed; None if it is allowed now. Reads only."""
        limit, who = self.own
        key = _key(limit, who)
        advisory_lock("tries", key)
        times, left = _COUNTS.get().look(key)
        if times >= limit.most:
            return _refused(limit, left)
        return retry_after(*self.shared) if self.shared is not None and times > 0 else None

    def begin(self) -> timedelta | None:
        """Count an attempt in the caller's transaction; if not allowed, return the waiting time."""
        wait = self.wait()
        if wait is None:
            for counted in (self.own, self.shared):
                if counted is not None:
                    hit(*counted)
        return wait

    def was_right(self) -> None:
        """Undo `configure` after a successful attempt, in the caller's transaction."""
        for counted in (self.own, self.shared):
            if counted is not None:
                take_back(*counted)


def rate_limited(limit: Limit) -> Callable[[View], View]:
    """Decorator: limit the requests to a view by client address; each request counts."""

    def mark(view: View) -> View:
        view.limited = limit  # type: ignore[attr-defined]
        return view

    return mark


def enforce(limit: Limit) -> None:
    """Raise `TooMany` if the limit of this request's client address is reached.

    For views in which not every request counts. Reads only.
    """
    wait = retry_after(limit, client_ip.client())
    if wait is not None:
        raise TooMany(wait)


def count(limit: Limit) -> None:
    """Count this request for its client address, in the caller's unit of work; after `enforce`.

    Raises `TooMany` if this request exceeds the limit.
    """
    # Concurrent requests may all have passed `enforce`; only those within the limit continue.
    if hit(limit, client_ip.client()) > limit.most:
        raise TooMany(_refused(limit, limit.within))


def seconds(wait: timedelta) -> int:
    """Value of `Retry-After`: whole seconds, at least 1."""
    return max(1, math.ceil(wait.total_seconds()))


def in_words(wait: timedelta) -> str:
    """The waiting time in words, rounded up: " 3 分钟后" or " 5 小时后"."""
    if wait > 2 * HOUR:
        return f" {math.ceil(wait / HOUR)} 小时后"
    return f" {max(1, math.ceil(wait / MINUTE))} 分钟后"


def let_in() -> None:
    """Count a request to a `@rate_limited` view, and raise `TooMany` over its limit."""
    view = current_app.view_functions.get(request.endpoint or "")
    limit: Limit | None = getattr(view, "limited", None)
    if limit is not None:
        # In its own transaction, so that the request counts even if it fails later.
        with early_read():
            enforce(limit)
        with write_transaction():
            count(limit)


def _refused(limit: Limit, wait: timedelta) -> timedelta:
    metrics.limited(limit.name)
    return wait


def _key(limit: Limit, who: object) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    told = f"limit.{limit.name}\0{who}".encode()
    return hmac.new(settings.index_key, told, hashlib.sha256).hexdigest()
