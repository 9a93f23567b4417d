"""A product on a new database, a tax bureau process, and test data for both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from flask import Flask
from sqlalchemy import text

from flexapp.assessment import creation
from flexapp.assessment import service as assessment
from flexapp.assessment.creation import Assessed, AssessmentSubject
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import db
from flexapp.people.service import person_by_id
from flexapp.registration import service as registration
from flexapp.rules.refusal import Refusal
from flexapp.taxbureau import beijing_now
from flexapp.taxbureau.faults import Faults
from flexapp.taxbureau.store import Store
from flexapp.transmission import service as transmission
from flexapp.web.clock import now, today
from flexapp.web.unit_of_work import write_transaction
from tools.bench import (
    load,
    prepare,
    serving,
)
from tools.bench.prepare import Browser
from tools.chaos.books import Books

TODAY = "2026-11-24"


class Site(Books):
    """Both databases, the settings of senders, and a supply of assessments."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.database, self.tax_database = folder / "site.sqlite3", folder / "tax.sqlite3"
        self.tax_port = serving.free_port()
        self.web_port = serving.free_port()
        """The port to which the tax bureau delivers events and on which pages are served."""
        self.environ: Mapping[str, str] = {
            "FLEXAPP_ENV": "demo",
            "FLEXAPP_DATABASE_URL": f"sqlite:///{self.database}",
            "FLEXAPP_TAX_URL": f"http://127.0.0.1:{self.tax_port}",
            "FLEXAPP_TODAY": TODAY,
        }
        self.app: Flask = prepare.product(self.environ)
        self.faults = Faults(Store(self.tax_database, beijing_now))
        self.browsers: list[Browser] = []
        self._assessed: list[str] = []
        self._residents = 0
        self._lock = Lock()

    @contextmanager
    def tax_bureau(self) -> Iterator[None]:
        """Run the tax bureau's stand-in until the block ends."""
        command = ["-m", "flexapp.taxbureau", "--database", str(self.tax_database)]
        told = ["--events-url", f"http://127.0.0.1:{self.web_port}"]
        with serving.serving(
            [*command, "--port", str(self.tax_port), *told],
            self.tax_port,
            load.get("/"),
            {},
            self.folder / "tax.log",
        ):
            yield

    @contextmanager
    def product(
        self, target: str = "flexapp.factory:create_app", more: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        """Serve the product's pages and event endpoint, without a sender."""
        command = ["-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"]
        options = ["--port", str(self.web_port), "--workers", "1", target]
        with serving.serving(
            [*command, *options],
            self.web_port,
            load.get("/healthz"),
            {**self.environ, **(more or {})},
            self.folder / "web.log",
        ):
            yield

    def all_told(self) -> bool:
        """Whether the tax bureau has delivered all its events."""
        waiting = "SELECT count(*) FROM deliveries WHERE status != 'told'"
        return self.theirs(waiting) == [(0,)]

    def assessed(self, count: int) -> list[str]:
        """Return serials of `count` assessments that are not transmitted yet."""
        with self._lock:
            while len(self._assessed) < count:
                self._residents += 1
                self.browsers += prepare.residents(self.app, 1, first=self._residents)
                self._assessed += self._assess_each_month()
            taken, self._assessed = self._assessed[:count], self._assessed[count:]
        return taken

    def leave_rest(self) -> None:
        """Drop the supply, so that later assessments belong to new residents."""
        with self._lock:
            self._assessed = []

    def queued(self, count: int) -> list[str]:
        """Return serials of `count` assessments just queued, each in its own transaction."""
        serials = self.assessed(count)
        for serial in serials:
            self.transmit(serial)
        return serials

    def transmit(self, serial: str) -> None:
        """传输 as the person who made the assessment."""
        transmit(self.app, serial)

    def hold_all(self) -> None:
        """Hide all waiting messages from the senders."""
        self._write("UPDATE outbox_message SET status = 'parked' WHERE status = 'waiting'")

    def put_off_waiting(self) -> None:
        """Make all waiting messages due last."""
        last = "(SELECT max(due_at) FROM outbox_message)"
        self._write(f"UPDATE outbox_message SET due_at = {last} WHERE status = 'waiting'")

    def release(self, serial: str) -> None:
        """Make a hidden message due now."""
        due = "status = 'waiting', due_at = '2000-01-01 00:00:00.000000'"
        self._write(f"UPDATE outbox_message SET {due} WHERE serial = ?", serial)

    def ours(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the committed rows of a query on the product's database."""
        return _rows(self.database, query, values)

    def theirs(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the committed rows of a query on the tax bureau's database."""
        return _rows(self.tax_database, query, values)

    def _write(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def _assess_each_month(self) -> list[str]:
        """Create twelve assessments of the newest resident, one per month."""
        with self.app.app_context(), write_transaction():
            account, person_id = db.session.execute(
                text("SELECT id, person_id FROM account ORDER BY id DESC LIMIT 1")
            ).one()
            person, view = person_by_id(person_id), registration.current(person_id)
            assert person is not None
            assert view is not None
            made = [
                creation.assess(
                    subject=AssessmentSubject(person, view, by_proxy=False),
                    start=f"{today().year}-{month:02d}",
                    end=f"{today().year}-{month:02d}",
                    base="60",
                    actor=Actor(ActorKind.ACCOUNT, account, "测*"),
                    at=now(),
                    today=today(),
                )
                for month in range(1, 13)
            ]
        return [each.serial for each in made if isinstance(each, Assessed)]


def transmit(app: Flask, serial: str) -> None:
    """传输 through the service and commit."""
    with app.app_context(), write_transaction():
        record = assessment.find(serial)
        assert record is not None
        moved = transmission.transmit(record=record, actor=owner(record.made_by), at=now())
        assert not isinstance(moved, Refusal), moved


def owner(account: int | None) -> Actor:
    """Return the actor for the account that made an assessment."""
    return Actor(ActorKind.ACCOUNT, account, "测*")


def _rows(path: Path, query: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return connection.execute(query, values).fetchall()
