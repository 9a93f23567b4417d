"""Unit of work: one commit per request, before the response is sent; one per step of a command.

A page that confirms an action is sent only after its rows are committed. The commit runs in
`after_request`; if it fails, the error page is sent instead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from flexapp.db.session import db, write_intent

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def begin() -> None:
    """Note whether the request may write: those with unsafe methods commit, others never do."""
    write_intent.set(request.method not in SAFE_METHODS)


def finish(response: Response) -> Response:
    """End the transaction: commit if the request may write and did not fail."""
    if not write_intent.get():
        _release()
    elif response.status_code < 500:
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _release() -> None:
    """End a read-only transaction. A failed rollback does not affect the response.

    The rollback is done here because an exception during the session's removal (teardown) would
    reach the server, and the person would get an empty page.
    """
    try:
        db.session.rollback()
    except SQLAlchemyError as error:
        log.warning("the database went after the answer was made: %s", type(error).__name__)
        db.session().invalidate()


@contextmanager
def early_read() -> Iterator[None]:
    """Read before the request's unit of work begins, to shorten the time that writers block others.

    Use it only at the start of a request, and only for data that may change before the unit of
    work begins.
    """
    intent = write_intent.get()
    write_intent.set(False)
    try:
        yield
    finally:
        write_intent.set(intent)
        if intent:
            db.session.rollback()


@contextmanager
def write_transaction() -> Iterator[None]:
    """A separate unit of work, for commands, workers and rare writes in a reading request.

    Rolls back the session's current transaction first. Commits on success, and rolls back on any
    exception.
    """
    db.session.rollback()
    token = write_intent.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        write_intent.reset(token)


@contextmanager
def read_transaction() -> Iterator[None]:
    """A short read-only transaction that does not wait for writers; for workers and commands.

    It sets the write intent itself, because earlier work in this thread may have left it set.
    """
    db.session.rollback()
    token = write_intent.set(False)
    try:
        yield
    finally:
        db.session.rollback()
        write_intent.reset(token)


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Commit, and hold no transaction during a call of another system.

    An open transaction would make other requests wait for a system that does not respond.
    """
    db.session.commit()
    yield
