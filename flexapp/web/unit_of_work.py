"""One commit per request, at the edge, before the answer leaves; one per step in a command.

A page that says "done" is sent only after its rows are committed: the commit runs in
`after_request`, and a failing commit becomes the error page instead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from flexapp.db.session import db, write_intent

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Install the edge: writing requests commit, reading ones never do."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    write_intent.set(request.method not in SAFE_METHODS)


def _finish(response: Response) -> Response:
    if not write_intent.get():
        _let_go()
    elif response.status_code < 500:
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _let_go() -> None:
    """End what was only read. The answer stands; a database that has gone takes nothing from it.

    Here and not when the session is removed: what fails there reaches the server, and the person
    gets an empty page.
    """
    try:
        db.session.rollback()
    except SQLAlchemyError as error:
        log.warning("the database went after the answer was made: %s", type(error).__name__)
        db.session().invalidate()


@contextmanager
def early_read() -> Iterator[None]:
    """Read before the request's unit of work begins, so that writers wait less for each other.

    Only at the very start of a request, and only for what the unit of work need not hold still.
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
    """A unit of work of its own, for commands, workers and the rare write during a read.

    Ends whatever the session had begun before; commits on success and rolls back on any exception.
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
    """A look at the database that waits for no writer and lets go at once; for workers.

    Whatever was meant before: what ran last in this thread may have been about to write.
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
    """Commit what there is and hold no transaction while another system is being asked.

    A database transaction open during somebody else's silence would make everybody wait for it.
    """
    db.session.commit()
    yield
