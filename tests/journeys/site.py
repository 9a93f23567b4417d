"""A whole site for one walk: a real HTTP server, its own databases, and the sender at work."""

from __future__ import annotations

import shutil
import ssl
import threading
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from flexapp.config import load
from flexapp.factory import create_app
from flexapp.transmission.outbox_worker import (
    Sender,
    deliver_events,
    gateway,
)
from tests.support.database import Templates
from tests.support.thrift import share_templates

SENDER_PAUSE = 0.25
"""Seconds between looks at the outbox: four times as often as in service, to keep walks short; more
often, and looking takes the processor from the walks."""


def make_template(folder: Path, today: str) -> Path:
    """A migrated database with the demo's people in it, to be copied for each site."""
    return Templates(folder).path(date.fromisoformat(today))


class Site:
    """The product on a free port of this machine, until `close`."""

    def __init__(
        self, folder: Path, template: Path, today: str, *, tls: ssl.SSLContext | None = None
    ) -> None:
        database, self.tax_database = folder / "flexapp.sqlite3", folder / "tax.sqlite3"
        shutil.copyfile(template, database)
        self._application: WSGIApplication | None = None
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet, ssl_context=tls
        )
        # By TLS under another name than pages at 127.0.0.1, which are another site's then.
        begins = "https://localhost" if tls else "http://127.0.0.1"
        self.url = f"{begins}:{self._server.server_port}"
        environ = _environ(database, self.tax_database, today)
        self.app: Flask = share_templates(
            create_app(load(environ | {"FLEXAPP_PUBLIC_URL": self.url}))
        )
        self._application = self.app
        self._stopping = threading.Event()
        self._look_now = threading.Event()
        self._idle_looks = 0
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._send, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop serving and sending; the databases stay to be looked into."""
        self._stopping.set()
        self._look_now.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join(10)
        self._server.server_close()

    def settle(self) -> None:
        """Wait until the sender has found nothing to do: what it was at is in the database then."""
        # The next look may have begun before this moment; the one after it has not.
        enough, patience = self._idle_looks + 2, time.monotonic() + 20
        while self._idle_looks < enough:
            assert time.monotonic() < patience, "the sender does not come to rest"
            self._look_now.set()
            time.sleep(0.005)

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        # The port is known only once the server is there, and the settings need it.
        assert self._application is not None
        return self._application(environ, start)

    def _send(self) -> None:
        """The demo's sender thread, faster and with an end."""
        sender = Sender(gateway(self.app))
        while not self._stopping.is_set():
            with self.app.app_context():
                done = sender.round()
            done += deliver_events(self.app)
            if not done:
                self._idle_looks += 1
                self._look_now.wait(SENDER_PAUSE)
                self._look_now.clear()


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests: the walks look at them from the browser's side."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def _environ(database: Path, tax_database: Path, today: str) -> dict[str, str]:
    return {
        "FLEXAPP_ENV": "demo",
        "FLEXAPP_DATABASE_URL": f"sqlite:///{database}",
        "FLEXAPP_TAX_DATABASE": str(tax_database),
        "FLEXAPP_TODAY": today,
    }
