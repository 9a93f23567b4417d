"""Who may call each endpoint: every one is in the snapshot, and each is tried as everybody."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.web.access import Access, check_marked
from tests.support import snapshots
from tests.support.client import HTMX, LintingClient
from tests.support.database import stored
from tests.support.routes import SNAPSHOT, recorded, routes_of
from tests.support.walks import MA_LAN, newcomer, sign_in

PUBLIC, ACCOUNT, PERSON = Access.PUBLIC, Access.ACCOUNT, Access.PERSON
MACHINE, BEGUN, STAFF = Access.MACHINE, Access.STAFF_BEGUN, Access.STAFF

TABLE = {
    endpoint: (route.method, route.path, route.access) for endpoint, route in recorded().items()
}
"""Endpoint: method, address, who may; from the snapshot of all routes."""

TOKENLESS = {"vendors.receive_self_check": 303, "web.receive_csp_report": 415}
"""Forms that change nothing and are there for browsers whose cookies, and so tokens, are lost."""

PEOPLES = {name: row for name, row in TABLE.items() if row[2] in (PUBLIC, ACCOUNT, PERSON)}
"""Who may is a matter of residents; staff have a table of their own (tests/counter)."""
EVERYONE = pytest.mark.parametrize("endpoint", sorted(PEOPLES))


EXAMPLES = {
    "annex": "registration",
    "case": "1",
    "who": "self",
    "code": "wdnx",
    "name": "launch.py",
    "serial": "64010420261124000001",
    "seq": "1",
    "token": "no-such-case",
    "number": "999",
    "year": "2026",
}


def path_of(endpoint: str, **values: str) -> str:
    """An address of this endpoint, each of its parts with a value of the right kind."""
    given = EXAMPLES | values
    return re.sub(r"<(\w+)>", lambda part: given[part[1]], TABLE[endpoint][1])


def call(client: LintingClient, endpoint: str, **headers: str) -> TestResponse:
    """Call an endpoint the right way, with a valid token where it takes a form."""
    method = TABLE[endpoint][0]
    path = path_of(endpoint)
    data = {"csrf_token": token(client)} if method == "POST" else None
    return client.open(path, method=method, data=data, headers=headers)


def token(client: LintingClient) -> str:
    """A valid token for this browser's session, drawn where anybody gets one."""
    for path in ("/sign-in", "/real-name", "/me"):
        for form in client.page(path).forms():
            if "csrf_token" in form.fields:
                return form.fields["csrf_token"]
    raise AssertionError("no page with a form")


def test_the_snapshot_lists_every_route_and_no_other(app: Flask) -> None:
    snapshots.check(SNAPSHOT, map(str, routes_of(app)))
    assert set(app.view_functions) == set(recorded())


def test_every_endpoint_has_one_address_and_one_method(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) == len(TABLE)
    assert all(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) == 1 for rule in rules)


def test_an_endpoint_that_does_not_say_who_may_call_it_stops_the_start(app: Flask) -> None:
    def forgotten() -> str:
        return ""

    app.view_functions["forgotten"] = forgotten
    with pytest.raises(LookupError, match="forgotten"):
        check_marked(app)


@EVERYONE
def test_nobody_in_particular(client: LintingClient, app: Flask, endpoint: str) -> None:
    client.page("/")
    before = stored(app)
    answer = call(client, endpoint)
    if endpoint in TOKENLESS:
        assert answer.status_code == TOKENLESS[endpoint]
    elif TABLE[endpoint][2] is PUBLIC:
        assert answer.headers.get("Location", "") in ("", "/")
    else:
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert stored(app) == before


@EVERYONE
def test_somebody_with_a_number_but_no_real_name(
    client: LintingClient, app: Flask, endpoint: str
) -> None:
    sign_in(client, newcomer().phone)
    before = stored(app)
    answer = call(client, endpoint)
    if TABLE[endpoint][2] is PERSON:
        assert (answer.status_code, answer.headers["Location"]) == (303, "/real-name")
        assert stored(app) == before
    else:
        assert answer.headers.get("Location") != "/real-name"


@EVERYONE
def test_somebody_with_a_real_name(client: LintingClient, endpoint: str) -> None:
    sign_in(client, MA_LAN.phone)
    answer = call(client, endpoint)
    assert answer.headers.get("Location") not in ("/sign-in", "/real-name")
    assert answer.status_code in (200, 303, 404, 422, TOKENLESS.get(endpoint))


@pytest.mark.parametrize(
    "endpoint", sorted(n for n, row in PEOPLES.items() if row[2] is not PUBLIC)
)
def test_with_htmx_nobody_is_shown_a_page_inside_a_page(
    client: LintingClient, endpoint: str
) -> None:
    answer = call(client, endpoint, **HTMX)
    assert answer.headers["HX-Redirect"] == "/sign-in"
    assert answer.status_code == 200
    assert not answer.data


@pytest.mark.parametrize(
    "endpoint", sorted(n for n, row in PEOPLES.items() if row[0] == "POST" and n not in TOKENLESS)
)
def test_without_a_token_no_form_is_taken(client: LintingClient, app: Flask, endpoint: str) -> None:
    sign_in(client, MA_LAN.phone)
    before = stored(app)
    answer = client.post(path_of(endpoint))
    assert answer.status_code == 400
    assert stored(app) == before


@pytest.mark.parametrize("endpoint", sorted(n for n, row in TABLE.items() if row[2] is MACHINE))
@pytest.mark.parametrize("signed_in", [False, True])
def test_a_machines_endpoint_believes_nobody_without_a_signature(
    client: LintingClient, app: Flask, endpoint: str, signed_in: bool
) -> None:
    if signed_in:
        sign_in(client, MA_LAN.phone)
    before = stored(app)
    method, path, _ = TABLE[endpoint]
    answer = client.open(path, method=method, json={})
    assert answer.status_code in (400, 401, 415)
    assert answer.content_type == "application/problem+json"
    assert stored(app) == before
