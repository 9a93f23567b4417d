"""The application object (`app`), and `python app.py`, which serves it."""

from __future__ import annotations

import os
import sys

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flexapp.config import Settings, SettingsError, load
from flexapp.extensions import db
from flexapp.people import rotating
from flexapp.taxbureau.schema import DatabaseError
from flexapp.web import logs, metrics
from flexapp.wiring import create_app

THREADS = 8
"""Of each serving process: three may wait for the SMS provider, three for the population registry
(people/gateways.py), and one may check a password (counter/passwords.py); the rest is for pages."""


def serving_app() -> Flask:
    """The application of one serving process; the demo's also takes messages to the tax bureau."""
    from flexapp.transmission.worker import start_in_background

    settings = load(os.environ)
    _watched(settings)
    made = create_app(settings)
    if settings.is_demo:
        start_in_background(made)
    return made


def _watched(settings: Settings) -> None:
    """Log and count as a process of the service does."""
    logs.begin(settings)
    metrics.share(settings)


def main() -> int:
    """Serve until stopped; an unusable environment is said in sentences, not in a traceback."""
    from granian.constants import Interfaces
    from granian.server import Server

    try:
        settings = load(os.environ)
    except SettingsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)  # noqa: T201
        return 2
    try:
        # Once here, so that what cannot start says so instead of dying again and again as a worker.
        with create_app(settings).app_context():
            db.session.execute(text("SELECT 1"))
            rotating.check_at_start()
            db.session.remove()
            db.engine.dispose()  # the workers have connections of their own
    except (RuntimeError, ImportError, ValueError, DatabaseError, SQLAlchemyError) as error:
        print(f"The service cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    metrics.share(settings)
    metrics.forget_the_dead(settings)
    print(f"Serving on {settings.public_url} (stop with Ctrl+C)", flush=True)  # noqa: T201
    Server(
        "app:serving_app",
        factory=True,
        interface=Interfaces.WSGI,
        websockets=False,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=THREADS,
        log_access=False,
    ).serve()
    return 0


def __getattr__(name: str) -> Flask:
    """`app`, made when somebody asks for it (`flask --app app`), not when this file is read."""
    if name == "app":
        settings = load(os.environ)
        _watched(settings)
        return create_app(settings)
    raise AttributeError(name)


if __name__ == "__main__":
    sys.exit(main())
