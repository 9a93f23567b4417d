"""The WSGI application (`app`) and the server (`python app.py`)."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flexapp import environment_check
from flexapp.config import Settings, SettingsError, load
from flexapp.db.session import db
from flexapp.factory import create_app
from flexapp.people import key_rotation
from flexapp.taxbureau.schema import DatabaseError
from flexapp.web import logs, metrics

PYPROJECT = Path(__file__).with_name("pyproject.toml")
THREADS = 8
"""Threads of each server process. Three may wait for the SMS provider and three for the population
registry (people/external_services.py), one may check a password (staff/passwords.py). The remaining
one is for pages."""
PAUSE_BEFORE_RESTART = 5
"""Seconds before a restart when the server processes die directly after their start."""


def serving_app() -> Flask:
    """Create the application of one server process. In the demo it also runs the outbox worker."""
    from flexapp.transmission.outbox_worker import start_in_background

    settings = load(os.environ)
    _begin(settings)
    made = create_app(settings)
    if settings.is_demo:
        start_in_background(made)
    return made


def _begin(settings: Settings) -> None:
    """Configure umask, logging and metrics of a process of the service."""
    os.umask(0o077)  # written files may contain personal data
    logs.configure(settings)
    metrics.enable_multiprocess(settings)


def version() -> str:
    """The version from pyproject.toml. The service runs from its checkout, so the file exists."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until stopped. Returns the exit status.

    Errors of the environment are reported as sentences instead of a traceback, with status 2.
    """
    parser = argparse.ArgumentParser("app.py", description="Serves the site (README: settings).")
    parser.add_argument("--version", action="version", version=f"flexapp {version()}")
    parser.parse_args(arguments)
    try:
        settings = load(os.environ)
    except SettingsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)  # noqa: T201
        return 2
    os.umask(0o077)
    try:
        # Checks in the main process: a failing worker would be restarted again and again.
        with create_app(settings).app_context():
            db.session.execute(text("SELECT 1"))
            environment_check.check(settings)
            key_rotation.check_at_start()
            db.session.remove()
            db.engine.dispose()  # workers open their own connections
    except (RuntimeError, ImportError, ValueError, DatabaseError, SQLAlchemyError) as error:
        print(f"The service cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    if _is_taken(settings.host, settings.port):
        fault = (
            f"{settings.host}:{settings.port} is in use: stop what runs there, or set FLEXAPP_PORT."
        )
        print(f"The service cannot start: {fault}", file=sys.stderr)  # noqa: T201
        return 2
    metrics.enable_multiprocess(settings)
    metrics.cleanup_dead_workers(settings)
    print(f"Serving on {settings.public_url} (stop with Ctrl+C)", flush=True)  # noqa: T201
    return _serve(settings)


def _is_taken(host: str, port: int) -> bool:
    """Whether the port is in use.

    Server processes share their port (SO_REUSEPORT), even with those of another service. Without
    this check requests would be distributed between both services.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _serve(settings: Settings) -> int:
    """Run the server until it is stopped. Server processes that die are replaced."""
    from granian.constants import Interfaces
    from granian.server import Server

    while True:
        server = Server(
            "app:serving_app",
            factory=True,
            interface=Interfaces.WSGI,
            websockets=False,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            blocking_threads=THREADS,
            respawn_failed_workers=True,
            log_access=False,
        )
        try:
            server.serve()
            return 0
        except SystemExit as ended:
            # Granian exits with an error code when a process dies within seconds of its start, as
            # during a database outage. On a regular stop the exit code is empty.
            if not ended.code:
                return 0
        print(  # noqa: T201
            f"The serving processes ended at once; starting again in {PAUSE_BEFORE_RESTART} s.",
            file=sys.stderr,
            flush=True,
        )
        # Granian leaves its signal handlers installed, which no longer have an effect.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        time.sleep(PAUSE_BEFORE_RESTART)


def __getattr__(name: str) -> Flask:
    """Create `app` on first access (`flask --app app`) instead of on import."""
    if name == "app":
        settings = load(os.environ)
        _begin(settings)
        made = create_app(settings)
        with made.app_context():
            environment_check.check(settings)
        return made
    raise AttributeError(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
