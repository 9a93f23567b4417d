"""Idempotency keys: submitting the same form twice creates one record.

A form carries a random key that is generated when its page is rendered (macro `form_open`). The
first successful POST stores its redirect location under the key, in the same transaction as its
rows. Any later POST with the key is redirected to that location.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, Response, request, session
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import (
    Model,
    UTCDateTime,
    advisory_lock,
    db,
    execute,
    table_of,
)
from flexapp.web.clock import now
from flexapp.web.forms import DRAFT, SHOWN
from flexapp.web.navigation import goes_on, see_other

FIELD = "once"
NO_ACT = frozenset({"csrf_token", DRAFT, SHOWN})
"""Fields that are not part of the request's content and so not of its digest."""


class IdempotencyKey(Model):
    """A used form key, as a digest, and the location that its request redirected to."""

    __tablename__ = "once_key"

    digest: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)


_TABLE = table_of(IdempotencyKey)
# Built once, and on the table instead of the mapped class, for speed: they run on every POST.
_LOCATION = select(_TABLE.c.location).where(_TABLE.c.digest == bindparam("key"))
_ADD = _TABLE.insert()


def init_app(app: Flask) -> None:
    """Add `once_key()` to the template globals."""
    app.jinja_env.globals["once_key"] = lambda: secrets.token_urlsafe(12)


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Decorator: a POST of the view takes effect once for each form key.

    A request without a valid key is not protected. Only a 303 that completes the form uses up the
    key (not `navigation.go_on`).
    """

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        digest = _digest(request.form.get(FIELD, "")) if request.method == "POST" else None
        if digest is None:
            return view(*args, **kwargs)
        advisory_lock("once", digest)  # a concurrent duplicate waits and gets the first's result
        location = _location(digest)
        if location is not None:
            return see_other(location)
        response = view(*args, **kwargs)
        if response.status_code == 303 and not goes_on():
            row = {"digest": digest, "location": response.headers["Location"], "at": now()}
            try:
                execute(_ADD, row)
            except IntegrityError:
                # The view had released the lock (it committed before it called another system), and
                # another request with this key committed meanwhile: use that result.
                db.session.rollback()
                return see_other(_location(digest) or response.headers["Location"])
        return response

    return guarded


def already_done() -> bool:
    """Whether an identical request with this key has already taken effect."""
    digest = _digest(request.form.get(FIELD, ""))
    return digest is not None and _location(digest) is not None


def _digest(key: str) -> str | None:
    """Digest of the key, session, path and fields; None if the form carries no valid key.

    The same page edited and submitted again is a different request: it must have its own effect or
    refusal.
    """
    if not re.fullmatch(r"[\w-]{16}", key, re.ASCII):
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NO_ACT]
    act = json.dumps([session.get("sid", ""), request.path, fields])
    return hashlib.sha256(act.encode()).hexdigest()


def _location(digest: str) -> str | None:
    found: str | None = execute(_LOCATION, {"key": digest}).scalar_one_or_none()
    return found
