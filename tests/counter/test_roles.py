"""Role × endpoint × method: every cell is tried, as nobody, a resident and each of the staff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.counter.demo_codes import STAFF as PEOPLE
from flexapp.rules.roles import Role
from flexapp.web.access import Access, roles_of
from tests.architecture.test_access import TABLE
from tests.counter.conftest import give_password
from tests.support.client import LintingClient
from tests.support.database import stored
from tests.support.walks import MA_LAN, sign_in

AGENCY, AUDITOR = Role.AGENCY, Role.AUDITOR
EVERYBODY = frozenset(Role)

ROLES: dict[str, frozenset[Role]] = {
    "counter.desk": EVERYBODY,
    "counter_transmission.give_back": frozenset({AGENCY}),
    "counter_transmission.index": frozenset({AGENCY, AUDITOR}),
    "counter_transmission.retry": frozenset({AGENCY}),
    "counter_transmission.send_give_back": frozenset({AGENCY}),
}
"""Who of the staff may call each endpoint."""

BEGUN = sorted(name for name, row in TABLE.items() if row[2] is Access.STAFF_BEGUN)
OF_STAFF = sorted([*ROLES, *BEGUN])
USER_OF = {each.role: each.user_name for each in reversed(PEOPLE)}


def call(client: LintingClient, endpoint: str, token: str | None = None) -> TestResponse:
    """Call an endpoint, with a form's token where there is one to have."""
    method, rule, _ = TABLE[endpoint]
    data = {"csrf_token": token} if token else None
    return client.open(rule.replace("<serial>", "64010420261124000001"), method=method, data=data)


def token_of(client: LintingClient, path: str) -> str:
    for form in client.page(path).forms():
        if "csrf_token" in form.fields:
            return form.fields["csrf_token"]
    raise AssertionError(f"no form on {path}")


def test_the_table_lists_every_endpoint_of_the_staff(app: Flask) -> None:
    of_staff = {name for name, row in TABLE.items() if row[2] is Access.STAFF}
    assert {name: roles_of(app, name) for name in of_staff} == ROLES


@pytest.mark.parametrize("endpoint", OF_STAFF)
@pytest.mark.parametrize("resident", [False, True])
def test_whoever_is_not_of_the_staff_is_sent_to_sign_in(
    client: LintingClient, app: Flask, endpoint: str, resident: bool
) -> None:
    if resident:
        sign_in(client, MA_LAN.phone)
    token = token_of(client, "/counter/sign-in")
    before = stored(app)
    answer = call(client, endpoint, token)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/counter/sign-in")
    assert stored(app) == before


@pytest.mark.parametrize("endpoint", sorted(ROLES))
def test_with_the_password_alone_nothing_is_open(client: LintingClient, endpoint: str) -> None:
    give_password(client, "jb01")
    answer = call(client, endpoint, token_of(client, "/counter/code"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/counter/code")


@pytest.mark.parametrize("role", Role)
def test_each_role_may_call_what_the_table_says_and_nothing_else(
    at_the_desk: Callable[[str], LintingClient], app: Flask, role: Role
) -> None:
    client = at_the_desk(USER_OF[role])
    token = token_of(client, "/counter")
    for endpoint, roles in ROLES.items():
        before = stored(app)
        answer = call(client, endpoint, token)
        if role in roles:
            assert answer.status_code in (200, 422), endpoint
        else:
            assert answer.status_code == 403, endpoint
            assert "这里不能办理这项业务" in answer.text
        assert stored(app) == before, endpoint


def test_a_clerk_is_no_resident_and_a_resident_no_clerk(
    at_the_desk: Callable[[str], LintingClient],
) -> None:
    client = at_the_desk("dt01")
    assert client.page("/assessment").path == "/sign-in"


@pytest.mark.parametrize("endpoint", sorted(n for n in OF_STAFF if TABLE[n][0] == "POST"))
def test_without_a_token_no_form_is_taken(
    at_the_desk: Callable[[str], LintingClient], app: Flask, endpoint: str
) -> None:
    client = at_the_desk("jb01")
    before = stored(app)
    assert call(client, endpoint).status_code == 400
    assert stored(app) == before
