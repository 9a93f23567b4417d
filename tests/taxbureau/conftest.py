"""A stand-in tax bureau on a fresh file, with helpers that speak to it over HTTP only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flexapp.taxbureau import create_taxbureau

TOKEN = "a-token-for-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
START = datetime(2026, 11, 23, 1, 15, 2, tzinfo=UTC)

# The notice's own record (60 %, 2019-01 to 2019-12), for a fictional resident.
CONTENT = {
    "serial": "640104201909240001",
    "person_name": "马兰",
    "id_number": "640104198503120021",
    "division_code": "640104",
    "unit_name": "银川市兴庆区灵活就业人员虚拟单位",
    "start_month": "2019-01",
    "end_month": "2019-12",
    "period_base": "37236.00",
    "monthly_base": "3103.00",
    "total": "7447.20",
    "kind": "flexible",
}
SERIAL = CONTENT["serial"]


def content(number: int = 1, **changes: str) -> dict[str, str]:
    """The notice's record under the serial of `number`, with `changes`."""
    return {**CONTENT, "serial": f"64010420190924{number:04d}", **changes}


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of `answer`, which must have `status`."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.data)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


class Bureau:
    """The stand-in as the product and as a clerk's browser speak to it; one client a thread."""

    def __init__(self, app: Flask, mounted_at: str = "") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.mounted_at = mounted_at

    def fresh(self) -> Bureau:
        """Another browser or sender: no cookie shared."""
        return Bureau(self.app, self.mounted_at)

    def put(self, sent: dict[str, str]) -> TestResponse:
        return self.client.put(f"/v1/assessments/{sent['serial']}", json=sent, headers=BEARER)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=BEARER)

    def state(self, serial: str = SERIAL) -> str:
        return str(self.record(serial)["state"])

    def record(self, serial: str = SERIAL) -> dict[str, object]:
        answer = self.get(f"/v1/assessments/{serial}")
        assert answer.status_code == 200
        found: dict[str, object] = answer.get_json()
        return found

    def ask(
        self, request_id: str = "ask-1", reason: str = "月份填错了", serial: str = SERIAL
    ) -> TestResponse:
        return self.client.post(
            f"/v1/assessments/{serial}/revocation-requests",
            json={"request_id": request_id, "reason": reason},
            headers=BEARER,
        )

    def events(self, after: int = 0, limit: int = 100) -> list[tuple[str, str]]:
        answer = self.get(f"/v1/changes?after={after}&limit={limit}").get_json()
        return [(each["serial"], each["event"]) for each in answer["changes"]]

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def press(self, move: str, serial: str = SERIAL, **fields: str) -> TestResponse:
        """Post as a form of the detail page does, with the token that the page carries."""
        page = self.client.get(f"/assessments/{serial}").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        token = found[1] if found else self._token_of_any_page()
        return self.client.post(
            f"/assessments/{serial}/{move}", data={**fields, "csrf_token": token}
        )

    def _token_of_any_page(self) -> str:
        # A record that is done shows no form: a stale page of another tab holds a good token.
        other = content(9999)
        assert self.put(other).status_code in (200, 201)
        page = self.page(f"/assessments/{other['serial']}")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]


def buttons(page: str) -> list[str]:
    """The names of a page's submit buttons, in order."""
    return re.findall(r'<button [^>]*type="submit"[^>]*>([^<]+)</button>', page)


def ticking() -> Callable[[], datetime]:
    """A clock that goes on by a second each time it is read, from whatever thread."""
    seconds, lock = count(), Lock()

    def now() -> datetime:
        with lock:
            return START + timedelta(seconds=next(seconds))

    return now


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "tax.sqlite3"


@pytest.fixture
def bureau(database: Path) -> Bureau:
    return Bureau(create_taxbureau(database_path=database, token=TOKEN, now=ticking()))
