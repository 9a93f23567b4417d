"""Cookies in production: every one of them Secure, HttpOnly, SameSite, and named so."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Response

from flexapp.config import load
from flexapp.factory import create_app
from flexapp.people import accessibility_mode
from flexapp.practice import cookie as practice_cookie
from flexapp.practice.service import Practice
from flexapp.staff import sessions
from tests.conftest import MakeApp
from tests.web.test_settings import PRODUCTION


@pytest.fixture
def production(make_app: MakeApp, tmp_path: Path) -> dict[str, str]:
    """What production sets, on the database of this test."""
    make_app()
    return PRODUCTION | {"FLEXAPP_DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}"}


def test_in_production_every_cookie_is_secure_and_its_name_says_so(
    production: dict[str, str],
) -> None:
    app = create_app(load(production))
    visited = app.test_client().get("/sign-in", base_url=production["FLEXAPP_PUBLIC_URL"])
    answer = Response()
    with app.test_request_context():
        accessibility_mode.remember_on_this_phone(answer, elder=True)
        practice_cookie.keep(answer, Practice())
        sessions.devices.remember(answer, "dt01")
    found = visited.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert len(found) == 4
    for cookie in found:
        name, *parts = [part.strip() for part in cookie.split(";")]
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(parts), cookie
        prefix = "__Host-" if "Path=/" in parts else "__Secure-"
        assert name.startswith(prefix), cookie


def test_a_choice_kept_under_such_a_name_is_found_again(production: dict[str, str]) -> None:
    app = create_app(load(production))
    with app.test_request_context(headers={"Cookie": "__Host-look=elder"}):
        assert accessibility_mode.chosen_on_this_phone() is True
    with app.test_request_context(headers={"Cookie": "look=elder"}):
        assert accessibility_mode.chosen_on_this_phone() is None
