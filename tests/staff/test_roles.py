"""Role × endpoint × method: every cell is tried, as nobody, a resident and each of the staff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.demo.staff import STAFF as PEOPLE
from flexapp.rules.roles import Role
from flexapp.web.access import Access, roles_of
from tests.architecture.test_access import TABLE, path_of
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.routes import recorded
from tests.support.staff import give_password
from tests.support.walks import MA_LAN, assess, sign_in

LOCAL = frozenset({Role.TOWNSHIP, Role.HALL})

ROLES = {
    endpoint: route.roles for endpoint, route in recorded().items() if route.access is Access.STAFF
}
"""Who of the staff may call each endpoint; from the snapshot of all routes."""

SERVICE_REFUSES = {
    "counter.ask_revoke": {Role.TOWNSHIP: 200},  # a dialog that says why not
    "counter.ask_tax": {Role.TOWNSHIP: 200},
    "counter.card": {Role.TOWNSHIP: 422},
    "counter.create_assessment": {Role.TOWNSHIP: 422},
    "counter.create_at_unit_rate": {Role.TOWNSHIP: 422},
    "counter.detail": {Role.TOWNSHIP: 422},
    "counter.explained": {Role.TOWNSHIP: 422},
    "counter.new_at_unit_rate": {Role.TOWNSHIP: 422},
    "counter.new_assessment": {Role.TOWNSHIP: 422},
    "counter.receipt": {Role.TOWNSHIP: 422},
    "counter.revoke": {Role.TOWNSHIP: 422},
    "counter.send_ask_tax": {Role.TOWNSHIP: 422},
    "counter.transmit": {Role.TOWNSHIP: 422},
    "counter.trial": {Role.TOWNSHIP: 422},
    "counter.trial_at_unit_rate": {Role.TOWNSHIP: 422},
    "counter.change_phone": {Role.TOWNSHIP: 422},
    "counter.correct_name": {Role.TOWNSHIP: 422},
    "counter.ask_name": {Role.TOWNSHIP: 422},
    "counter.ask_phone": {Role.TOWNSHIP: 422},
    "counter.open_dispute": {Role.TOWNSHIP: 422},
    "counter.hand_over_assessment": {Role.TOWNSHIP: 422},
    "counter.retirement_form": {Role.TOWNSHIP: 422},
    "counter.record_retirement": {Role.TOWNSHIP: 422},
}
"""Whom the guard lets through and the service refuses, for a sentence that says where to go; what
they tried to do, and not only to look at, leaves an event."""

BEGUN = sorted(name for name, row in TABLE.items() if row[2] is Access.STAFF_BEGUN)
OF_STAFF = sorted([*ROLES, *BEGUN])
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
BACK = {"office.open_year", "office.resume_transmission"}
"""Done already, which is no fault."""

USER_OF = {each.role: each.user_name for each in reversed(PEOPLE)}


def call(client: LintingClient, endpoint: str, token: str | None = None) -> TestResponse:
    """Call an endpoint, with a form's token where there is one to have."""
    data = {"csrf_token": token} if token else None
    return client.open(path_of(endpoint), method=TABLE[endpoint][0], data=data)


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
            known = 404 if {"<token>", "<number>"} & set(TABLE[endpoint][1].split("/")) else 200
            if "read_back" in endpoint or endpoint in BACK:
                known = 303  # without htmx only the form itself; nothing to do, so back to the list
            assert answer.status_code in (known, 422), endpoint
        else:
            assert answer.status_code == 403, endpoint
            assert "不能办理这项业务" in answer.text
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


@pytest.mark.parametrize("role", sorted(LOCAL))
def test_with_a_real_case_and_record_each_local_role_may_do_what_its_counter_may(
    at_the_desk: Callable[[str], LintingClient],
    app: Flask,
    client: LintingClient,
    role: Role,
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    desk = at_the_desk(USER_OF[role])
    person = desk.submit(desk.page("/counter/people"), "查找", identity=MA_LAN.identity)
    case = person.path.rpartition("/")[2]
    token = token_of(desk, "/counter")
    for endpoint in sorted(name for name in ROLES if "<token>" in TABLE[name][1]):
        method, rule, _ = TABLE[endpoint]
        path = rule.replace("<token>", case).replace("<serial>", serial)
        noted = rows(app, "SELECT count(*) FROM audit_event WHERE action = 'counter.refused'")
        data = {"csrf_token": token} if method == "POST" else None
        answer = desk.open(path, method=method, data=data)
        refused = SERVICE_REFUSES.get(endpoint, {}).get(role)
        after = rows(app, "SELECT count(*) FROM audit_event WHERE action = 'counter.refused'")
        if refused is None:
            assert answer.status_code in (200, 303, 422), endpoint
            assert "不能办理缴费核定，请到" not in answer.text or role is Role.TOWNSHIP, endpoint
            assert after == noted, endpoint
        else:
            assert answer.status_code == refused, endpoint
            assert "乡镇民生服务中心不能办理" in answer.text, endpoint
            assert (after != noted) is (method == "POST"), endpoint


@pytest.mark.parametrize("role", Role)
def test_every_other_method_of_every_address_is_refused_to_every_role(
    at_the_desk: Callable[[str], LintingClient], app: Flask, role: Role
) -> None:
    client = at_the_desk(USER_OF[role])
    token = token_of(client, "/counter")
    routes = app.url_map.bind("localhost")
    before = stored(app)
    tried = 0
    for path in {path_of(endpoint) for endpoint in OF_STAFF}:
        # Some addresses are also caught by another's pattern, whose own row says who may.
        for method in METHODS - set(routes.allowed_methods(path)):
            tried += 1
            answer = client.open(path, method=method, data={"csrf_token": token})
            # Opened, the address of a form leads to the page it belongs to.
            assert answer.status_code == (303 if method == "GET" else 405), (method, path)
    assert tried > 2 * len(OF_STAFF)
    assert stored(app) == before
