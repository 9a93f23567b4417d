"""The same POST twice makes one record: a key drawn with the page, remembered with the result.

A page's form carries a random key (macro `form_open`). The first successful POST stores where it
led in the same transaction as its rows; any later POST with that key is sent to the same place.
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
from flexapp.web.forms import DRAFT
from flexapp.web.navigation import goes_on, see_other

FIELD = "once"
NO_ACT = frozenset({"csrf_token", DRAFT})
"""Fields that say nothing of what is done."""


class OnceKey(Model):
    """A form key that has had its effect, and the address it led to."""

    __tablename__ = "once_key"

    digest: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)


_TABLE = table_of(OnceKey)
# Built once and on the table, not the class: these run with every POST.
_LOCATION = select(_TABLE.c.location).where(_TABLE.c.digest == bindparam("key"))
_ADD = _TABLE.insert()


def init_app(app: Flask) -> None:
    """Give the templates `once_key()`."""
    app.jinja_env.globals["once_key"] = lambda: secrets.token_urlsafe(12)


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Make a POST view have its effect once for each form key."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        digest = _digest(request.form.get(FIELD, "")) if request.method == "POST" else None
        if digest is None:
            return view(*args, **kwargs)
        advisory_lock("once", digest)  # a double tap waits for the first, and is led to its result
        location = _location(digest)
        if location is not None:
            return see_other(location)
        response = view(*args, **kwargs)
        if response.status_code == 303 and not goes_on():
            row = {"digest": digest, "location": response.headers["Location"], "at": now()}
            try:
                execute(_ADD, row)
            except IntegrityError:
                # The view let go (it asked another system), and another request with this key
                # committed meanwhile: take its result.
                db.session.rollback()
                return see_other(_location(digest) or response.headers["Location"])
        return response

    return guarded


def already_done() -> bool:
    """Whether just what this request carries has had its effect."""
    digest = _digest(request.form.get(FIELD, ""))
    return digest is not None and _location(digest) is not None


def _digest(key: str) -> str | None:
    """The key with its session, address and fields, or None where the form carried none.

    The same page edited and sent again is another act: it must have its own effect or refusal.
    """
    if not re.fullmatch(r"[\w-]{16}", key, re.ASCII):
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NO_ACT]
    act = json.dumps([session.get("sid", ""), request.path, fields])
    return hashlib.sha256(act.encode()).hexdigest()


def _location(digest: str) -> str | None:
    found: str | None = execute(_LOCATION, {"key": digest}).scalar_one_or_none()
    return found
