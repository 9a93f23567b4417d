"""A site with data in all features, which can be reset to its initial state.

All data is created through the pages: registered people with assessments, a proxy, clerks with open
cases, proposed figures, a vendor's launch. Both database files and the cookies of every role are
then saved.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask

from flexapp import signing
from flexapp.db.session import db
from flexapp.demo.staff import PASSWORD
from flexapp.factory import create_app
from flexapp.services import services_of
from flexapp.taxbureau import faults as stand_in_faults
from tests.office import publishing
from tests.support import thrift
from tests.support.client import LintingClient
from tests.support.database import Templates, rows, settings_for
from tests.support.staff import enter, give_password
from tests.support.vendor import Vendor
from tests.support.walks import (
    YANG,
    assess,
    newcomer,
    proxy_for,
    real_name,
    serials,
    sign_in,
    transmit,
    work,
)
from tools.fuzz.catalogue import Catalogue
from tools.fuzz.people import (
    DIVISION,
    EVERYBODY,
    A,
    B,
    O,
    V,
    Watched,
)
from tools.fuzz.wire import Browser

TODAY = date(2026, 11, 24)

FRESH = "13800000151"
"""The phone number of an account without a real name."""

FILES = ("site.sqlite3", "tax.sqlite3")

SHEET_CODE = re.compile(r"[0-9A-Z]{4}(?:[ -]?[0-9A-Z]{4}){3}")


class World:
    """The site and its initial state.

    `known`: values of the ⟦placeholders⟧; `cookies`: the initial cookies of each role.
    """

    def __init__(self, folder: Path, templates: Templates | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (templates or Templates(folder)).copy(TODAY, folder)
        self.app = thrift.share_templates(create_app(settings_for(folder, TODAY)))
        self.app.test_client_class = LintingClient
        told: Any = services_of(self.app).deliver_tax_events
        self.stand_in: Flask = told.args[0]
        # A hanging stand-in would block the only thread, so `sleep` is replaced.
        self._time = vars(stand_in_faults)["time"]
        vars(stand_in_faults)["time"] = SimpleNamespace(sleep=lambda _: None)
        self.vendor = Vendor(self.app).register()
        self.known: dict[str, str] = {
            "password": PASSWORD,
            "name.b": B.resident.name,
            "identity.b": B.resident.identity,
            "phone.b": B.resident.phone,
        }
        for n in (41, 42):
            someone = newcomer(n)
            self.known |= {f"identity.{n}": someone.identity, f"phone.{n}": someone.phone}
        clients = self._prepare()
        self.catalogue = Catalogue(self.app, self.stand_in, self.known)
        for role, client in clients.items():
            self.catalogue.look_around(role, client)
        self.cookies = {role: _cookies(client) for role, client in clients.items()}
        self._keep()

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles."""
        return tuple(self.cookies)

    def browsers(self) -> dict[str, Browser]:
        """Return a browser with the initial cookies for each role."""
        return {role: Browser(cookies) for role, cookies in self.cookies.items()}

    def put_back(self) -> None:
        """Reset both database files to the initial state."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for name in FILES:
            for suffix in ("-wal", "-shm"):
                self.folder.joinpath(name + suffix).unlink(missing_ok=True)
            shutil.copyfile(self.folder / f"kept-{name}", self.folder / name)

    def ours(self, query: str) -> list[tuple[object, ...]]:
        """Return the committed rows of a query on the product's database."""
        return rows(self.app, query)

    def close(self) -> None:
        """Close the database and restore the stand-in's `sleep`."""
        vars(stand_in_faults)["time"] = self._time
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _keep(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for name in FILES:
            source = self.folder / name
            _fold_log(source)
            shutil.copyfile(source, self.folder / f"kept-{name}")

    def _client(self) -> LintingClient:
        made = self.app.test_client()
        assert isinstance(made, LintingClient)
        return made

    def _prepare(self) -> Mapping[str, LintingClient]:
        made: dict[str, LintingClient] = {}
        for person in EVERYBODY:
            client = self._client()
            self._settle(client, person)
            if person in (A, B):
                made[person.key] = client
        self._proxy(made["a"], O)
        made["new"] = self._client()
        sign_in(made["new"], YANG.phone)
        made["fresh"] = self._client()
        sign_in(made["fresh"], FRESH)
        self._counters(made)
        made["practice"] = self._client()
        self._practise(made["practice"])
        self._launch()
        return {"nobody": self._client(), **made}

    def _settle(self, client: LintingClient, who: Watched) -> None:
        """Create a person's registration, two records (one transmitted), draft and handover code.

        One of the people also rates the service.
        """
        sign_in(client, who.resident.phone)
        real_name(client, who.resident)
        page = client.page("/registration")
        client.submit(page, "提交", division=DIVISION, ethnic_group="01", address=who.address)
        for number, (start, end) in enumerate((("2026-01", "2026-02"), ("2026-03", "2026-04")), 1):
            self.known[f"serial.{who.key}.{number}"] = assess(client, start, end, base=who.wage)
        transmit(client, self.known[f"serial.{who.key}.2"])
        work(self.app)
        page = client.page("/registration")
        shown = client.submit(page, "到窗口继续办理", fill={"address": who.draft}, by_hand=True)
        sheet = client.page(f"/assessment/records/{self.known[f'serial.{who.key}.1']}/receipt")
        if who is O:
            self._rate(client, f"/assessment/records/{self.known['serial.o.1']}")
        if who is not V:
            (digits, *_) = shown.texts("p", class_="digits")
            self.known[f"hand.{who.key}"] = digits.replace(" ", "")
            found = SHEET_CODE.search(" ".join(sheet.texts("dd", class_="code")))
            assert found is not None
            self.known[f"sheet.{who.key}"] = found[0]

    def _rate(self, client: LintingClient, record: str) -> None:
        """Give the lowest rating, which an officer has to answer."""
        page = client.page(client.page(record).links()["评价"])
        client.submit(page, "提交评价", level="1", sentence="等了很久")

    def _proxy(self, client: LintingClient, whom: Watched) -> None:
        page = proxy_for(client, whom.resident)
        self.known["who.o"] = page.path.split("?")[0].split("/")[2]
        self.known["serial.a.proxy"] = assess(client, "2026-06", "2026-06", who=self.known["who.o"])

    def _counters(self, made: dict[str, LintingClient]) -> None:
        for user_name in ("xz01", "dt01", "jb01", "jb02", "sj01"):
            made[user_name] = self._client()
            enter(made[user_name], user_name)
        made["begun"] = self._client()
        give_password(made["begun"], "dt01")
        for user_name, person in (("xz01", A), ("xz01", V), ("dt01", A), ("dt01", O)):
            desk = made[user_name]
            asked = desk.page("/counter/people")
            page = desk.submit(asked, "查找", identity=person.resident.identity)
            self.known[f"case.{user_name}.{person.key}"] = page.path.rpartition("/")[2]
        publishing.propose(made["jb01"])

    def _practise(self, client: LintingClient) -> None:
        page = client.page("/practice/registration")
        client.submit(page, "提交", division=DIVISION, ethnic_group="01", address="练习路一号院")
        page = client.page("/practice/assessment/new")
        done = client.submit(page, "核定", start="2026-01", end="2026-01", base="60")
        self.known["serial.practice"] = serials(done)[0]

    def _launch(self) -> None:
        path = self.vendor.launch(newcomer(43))
        self.known["launch"] = path.rpartition("/")[2]
        client = self._client()
        self.known["key"] = json.dumps(signing.new_key("sandbox-1").as_dict(private=False))
        asked = client.page("/open/sandbox")
        made = client.submit(asked, "登记公钥", key=self.known["key"])
        self.known["sandbox"] = made.path.rpartition("/")[2]


def _cookies(client: LintingClient) -> list[tuple[str, str, str]]:
    # Flask offers no public access to all cookies.
    jar: Mapping[Any, Any] = client._cookies or {}
    return [(each.key, each.path, each.value) for each in jar.values()]


def _fold_log(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
