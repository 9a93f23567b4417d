"""Whether something may be done once more (rules/limits.py): the one way to count, on all nodes.

`note` counts in the caller's unit of work: what was tried in vain, beside the rows that say so.
`@counted` marks what is limited by network address, in a small transaction of its own and so also
where the view only reads; `count` and `let_in` are for views that have to look first who asks. All
only look once a limit is used up: who goes on all the same makes nobody wait for a writer.

Whom a count is about is stored as a digest under the index key, never as it is.
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
from flexapp.web import client_ip, metrics
from flexapp.web.rate_limit_store import (
    Counts,
    DatabaseCounts,
    RedisCounts,
    SharedCounts,
)
from flexapp.web.unit_of_work import early_read, write_transaction

View = TypeVar("View", bound=Callable[..., object])


class TooMany(TooManyRequests):
    """What came from this address was one time too many; `web/errors.py` makes the page of it."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(retry_after=seconds(wait))
        self.wait = wait


def init_app(app: Flask) -> None:
    """Choose where counts are kept; look at each request whose origin and token are right.

    What another site's page makes a browser send must not use up what its person may do.
    """
    settings: Settings = app.config["SETTINGS"]
    counts: Counts = DatabaseCounts()
    if settings.redis_url is not None:
        counts = SharedCounts(RedisCounts(settings.redis_url), DatabaseCounts())
    app.extensions["counts"] = counts
    app.before_request(_let_in)


def retry_after(limit: Limit, who: object) -> timedelta | None:
    """How long until again, where it was done as often as allowed; None where it may be done.

    Only looks. In a unit of work that may go on to one try more, no other is let in between.
    """
    key = _key(limit, who)
    advisory_lock("tries", key)
    times, left = _counts().look(key)
    return _refused(limit, left) if times >= limit.most else None


def used_up(limit: Limit, who: object) -> bool:
    """Whether it was done as often as allowed, where nobody is refused for it: `spent` reports a
    refusal. Only looks, and lets no other in between as `spent` does."""
    key = _key(limit, who)
    advisory_lock("tries", key)
    return _counts().look(key)[0] >= limit.most


def hit(limit: Limit, who: object) -> int:
    """Count once more, in the caller's transaction; how often by now."""
    return _counts().add(_key(limit, who), limit.within)


def number(limit: Limit, who: object) -> int:
    """How often it was counted until now. Only looks."""
    return _counts().look(_key(limit, who))[0]


def take_back(limit: Limit, who: object) -> None:
    """What was counted was none: count once less, in the caller's transaction."""
    _counts().take_back(_key(limit, who))


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries that are counted before they are judged, so that many at once are no way around.

    `own`: what this asker may do, and who that is. `shared`: what everybody together may do about
    the same thing; None where it does not concern this asker. Used up, it turns away only who has
    been wrong before: nobody loses the first try to what others did.
    """

    own: tuple[Limit, object]
    shared: tuple[Limit, object] | None = None

    def wait(self) -> timedelta | None:
        """How long until a try may be made; None where it may be made now. Only looks."""
        limit, who = self.own
        key = _key(limit, who)
        advisory_lock("tries", key)
        times, left = _counts().look(key)
        if times >= limit.most:
            return _refused(limit, left)
        return retry_after(*self.shared) if self.shared is not None and times > 0 else None

    def begin(self) -> timedelta | None:
        """Count a try, in the caller's transaction; or how long until one may be made."""
        wait = self.wait()
        if wait is None:
            for counted in (self.own, self.shared):
                if counted is not None:
                    hit(*counted)
        return wait

    def was_right(self) -> None:
        """The try that was begun was no wrong one. In the caller's transaction."""
        for counted in (self.own, self.shared):
            if counted is not None:
                take_back(*counted)


def rate_limited(limit: Limit) -> Callable[[View], View]:
    """Mark a view that may be asked for only so often from one address; each request counts."""

    def mark(view: View) -> View:
        view.limited = limit  # type: ignore[attr-defined]
        return view

    return mark


def enforce(limit: Limit) -> None:
    """Go on only where the limit of this request's address is not used up: else raises `TooMany`.

    For what not every request to a view is about; only looks.
    """
    wait = retry_after(limit, client_ip.client())
    if wait is not None:
        raise TooMany(wait)


def count(limit: Limit) -> None:
    """Count this request for its address, in the caller's unit of work; after `let_in`."""
    # Of several that were let in to the last place, only one has it.
    if hit(limit, client_ip.client()) > limit.most:
        raise TooMany(_refused(limit, limit.within))


def seconds(wait: timedelta) -> int:
    """For `Retry-After`: whole seconds, at least one."""
    return max(1, math.ceil(wait.total_seconds()))


def spoken(wait: timedelta) -> str:
    """For a sentence: "3 分钟后" or "5 小时后", never less than the wait is."""
    if wait > 2 * HOUR:
        return f" {math.ceil(wait / HOUR)} 小时后"
    return f" {max(1, math.ceil(wait / MINUTE))} 分钟后"


def _let_in() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    limit: Limit | None = getattr(view, "limited", None)
    if limit is not None:
        # In a transaction of its own: it counts whatever becomes of the request.
        with early_read():
            enforce(limit)
        with write_transaction():
            count(limit)


def _refused(limit: Limit, wait: timedelta) -> timedelta:
    metrics.limited(limit.name)
    return wait


def _counts() -> Counts:
    counts: Counts = current_app.extensions["counts"]
    return counts


def _key(limit: Limit, who: object) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    told = f"limit.{limit.name}\0{who}".encode()
    return hmac.new(settings.index_key, told, hashlib.sha256).hexdigest()
