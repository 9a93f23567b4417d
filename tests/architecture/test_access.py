"""Who may call each endpoint: every one is in this table, and each is tried as everybody."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.web.access import Access, access_of, check_marked
from tests.support.client import HTMX, LintingClient
from tests.support.database import stored
from tests.support.walks import MA_LAN, newcomer, sign_in

PUBLIC, ACCOUNT, PERSON = Access.PUBLIC, Access.ACCOUNT, Access.PERSON
MACHINE, BEGUN, STAFF = Access.MACHINE, Access.STAFF_BEGUN, Access.STAFF

TABLE: dict[str, tuple[str, str, Access]] = {
    "assessment.begin": ("POST", "/assessment", PERSON),
    "assessment.choose": ("GET", "/assessment", PERSON),
    "assessment.create": ("POST", "/assessment/<who>/new", PERSON),
    "assessment.new": ("GET", "/assessment/<who>/new", PERSON),
    "assessment.read_back": ("GET", "/assessment/<who>/read-back", PERSON),
    "assessment.records": ("GET", "/assessment/<who>", PERSON),
    "assessment.trial": ("GET", "/assessment/<who>/explained", PERSON),
    "reports.receive": ("POST", "/csp-reports", PUBLIC),
    "channels.index": ("GET", "/channels", PUBLIC),
    "channels.landing": ("GET", "/c/<code>", PUBLIC),
    "staff.begin_enrolment": ("POST", "/counter/enrol", BEGUN),
    "staff.check_code": ("POST", "/counter/code", BEGUN),
    "staff.check_password": ("POST", "/counter/sign-in", PUBLIC),
    "staff.choose_password": ("POST", "/counter/password", BEGUN),
    "staff.code": ("GET", "/counter/code", BEGUN),
    "staff.desk": ("GET", "/counter", STAFF),
    "staff.enrol": ("GET", "/counter/enrol", BEGUN),
    "staff.password": ("GET", "/counter/password", BEGUN),
    "staff.sign_in": ("GET", "/counter/sign-in", PUBLIC),
    "staff.sign_out": ("POST", "/counter/sign-out", BEGUN),
    "counter_assessment.ask_revoke": (
        "GET",
        "/counter/people/<token>/records/<serial>/revoke",
        STAFF,
    ),
    "counter_assessment.ask_tax": (
        "GET",
        "/counter/people/<token>/records/<serial>/ask-tax",
        STAFF,
    ),
    "counter_assessment.card": ("GET", "/counter/people/<token>/records/<serial>/card", STAFF),
    "counter_assessment.create": ("POST", "/counter/people/<token>/assess", STAFF),
    "counter_assessment.create_unit": ("POST", "/counter/people/<token>/unit-rate", STAFF),
    "counter_assessment.detail": ("GET", "/counter/people/<token>/records/<serial>", STAFF),
    "counter_assessment.explained": (
        "GET",
        "/counter/people/<token>/records/<serial>/explained",
        STAFF,
    ),
    "counter_assessment.new": ("GET", "/counter/people/<token>/assess", STAFF),
    "counter_assessment.new_unit": ("GET", "/counter/people/<token>/unit-rate", STAFF),
    "counter_assessment.read_back_unit": (
        "GET",
        "/counter/people/<token>/unit-rate/read-back",
        STAFF,
    ),
    "counter_assessment.read_back": ("GET", "/counter/people/<token>/read-back", STAFF),
    "counter_assessment.receipt": (
        "GET",
        "/counter/people/<token>/records/<serial>/receipt",
        STAFF,
    ),
    "counter_assessment.revoke": (
        "POST",
        "/counter/people/<token>/records/<serial>/revoke",
        STAFF,
    ),
    "counter_assessment.send_ask_tax": (
        "POST",
        "/counter/people/<token>/records/<serial>/ask-tax",
        STAFF,
    ),
    "counter_assessment.transmit": (
        "POST",
        "/counter/people/<token>/records/<serial>/transmit",
        STAFF,
    ),
    "counter_assessment.trial": ("GET", "/counter/people/<token>/explained", STAFF),
    "counter_assessment.trial_unit": (
        "GET",
        "/counter/people/<token>/unit-rate/explained",
        STAFF,
    ),
    "counter_people.ask": ("GET", "/counter/people", STAFF),
    "counter_people.create": ("POST", "/counter/people/new", STAFF),
    "counter_people.find": ("POST", "/counter/people", STAFF),
    "counter_people.register": ("POST", "/counter/people/<token>/registration", STAFF),
    "counter_people.registration_form": ("GET", "/counter/people/<token>/registration", STAFF),
    "counter_people.show": ("GET", "/counter/people/<token>", STAFF),
    "counter_dashboard.csv": ("POST", "/counter/dashboard.csv", STAFF),
    "counter_dashboard.index": ("GET", "/counter/dashboard", STAFF),
    "counter_dashboard.xlsx": ("POST", "/counter/dashboard.xlsx", STAFF),
    "counter_corrections.change_phone": ("POST", "/counter/people/<token>/phone", STAFF),
    "counter_corrections.confirm": ("POST", "/counter/corrections/<number>/confirm", STAFF),
    "counter_corrections.correct_name": ("POST", "/counter/people/<token>/name", STAFF),
    "counter_corrections.decline": ("POST", "/counter/corrections/<number>/decline", STAFF),
    "counter_corrections.index": ("GET", "/counter/corrections", STAFF),
    "counter_corrections.name": ("GET", "/counter/people/<token>/name", STAFF),
    "counter_corrections.phone": ("GET", "/counter/people/<token>/phone", STAFF),
    "counter_corrections.show": ("GET", "/counter/corrections/<number>", STAFF),
    "counter_disputes.index": ("GET", "/counter/disputes", STAFF),
    "counter_disputes.open": ("POST", "/counter/people/<token>/records/<serial>/dispute", STAFF),
    "counter_disputes.settle": ("POST", "/counter/disputes/<number>", STAFF),
    "counter_disputes.show": ("GET", "/counter/disputes/<number>", STAFF),
    "counter_hand_over.ask": ("GET", "/counter/people/<token>/hand-over", STAFF),
    "counter_hand_over.assessment": ("POST", "/counter/people/<token>/assess/hand-over", STAFF),
    "counter_hand_over.go_on": ("POST", "/counter/people/<token>/hand-over", STAFF),
    "counter_hand_over.registration": (
        "POST",
        "/counter/people/<token>/registration/hand-over",
        STAFF,
    ),
    "assessment.hand_over": ("POST", "/assessment/self/hand-over", PERSON),
    "registration.hand_over": ("POST", "/registration/hand-over", PERSON),
    "portal.give_up": ("POST", "/me/hand-over/<number>/give-up", PERSON),
    "portal.go_on": ("POST", "/me/hand-over", PERSON),
    "portal.hand_over": ("GET", "/me/hand-over", PERSON),
    "counter_retirement.form": ("GET", "/counter/people/<token>/retirement", STAFF),
    "counter_retirement.record": ("POST", "/counter/people/<token>/retirement", STAFF),
    "counter_audit.clerk": ("POST", "/counter/audit/clerk", STAFF),
    "counter_audit.index": ("GET", "/counter/audit", STAFF),
    "counter_audit.person": ("POST", "/counter/audit/person", STAFF),
    "counter_audit.show": ("GET", "/counter/audit/<seq>", STAFF),
    "counter_parameters.ask_withdraw": ("GET", "/counter/parameters/<number>/withdraw", STAFF),
    "counter_parameters.confirm": ("POST", "/counter/parameters/<number>/confirm", STAFF),
    "counter_parameters.index": ("GET", "/counter/parameters", STAFF),
    "counter_parameters.propose_rate": ("POST", "/counter/parameters/rate", STAFF),
    "counter_parameters.propose_year": ("POST", "/counter/parameters/year", STAFF),
    "counter_parameters.publication": ("GET", "/counter/parameters/<number>", STAFF),
    "counter_parameters.rate": ("GET", "/counter/parameters/rate", STAFF),
    "counter_parameters.withdraw": ("POST", "/counter/parameters/<number>/withdraw", STAFF),
    "counter_parameters.year_figures": ("GET", "/counter/parameters/year", STAFF),
    "counter_pilot.ask_close": ("GET", "/counter/pilot/close", STAFF),
    "counter_pilot.ask_open": ("GET", "/counter/pilot/open", STAFF),
    "counter_pilot.close": ("POST", "/counter/pilot/close", STAFF),
    "counter_pilot.index": ("GET", "/counter/pilot", STAFF),
    "counter_pilot.open": ("POST", "/counter/pilot/open", STAFF),
    "counter_transmission.give_back": (
        "GET",
        "/counter/transmission/<serial>/give-back",
        STAFF,
    ),
    "counter_transmission.index": ("GET", "/counter/transmission", STAFF),
    "counter_transmission.retry": ("POST", "/counter/transmission/<serial>/retry", STAFF),
    "counter_transmission.send_give_back": (
        "POST",
        "/counter/transmission/<serial>/give-back",
        STAFF,
    ),
    "counter_announcements.index": ("GET", "/counter/announcements", STAFF),
    "counter_announcements.new": ("GET", "/counter/announcements/new", STAFF),
    "counter_announcements.post": ("POST", "/counter/announcements/new", STAFF),
    "counter_announcements.take_down": (
        "POST",
        "/counter/announcements/<number>/take-down",
        STAFF,
    ),
    "counter_ratings.ask": ("GET", "/counter/ratings/<number>", STAFF),
    "counter_ratings.csv": ("POST", "/counter/ratings.csv", STAFF),
    "counter_ratings.handle": ("POST", "/counter/ratings/<number>", STAFF),
    "counter_ratings.index": ("GET", "/counter/ratings", STAFF),
    "counter_transmission.ask_pause": ("GET", "/counter/transmission/pause", STAFF),
    "counter_transmission.pause": ("POST", "/counter/transmission/pause", STAFF),
    "counter_transmission.resume": ("POST", "/counter/transmission/resume", STAFF),
    "counter_years.ask_close": ("GET", "/counter/years/<year>/close", STAFF),
    "counter_years.close_year": ("POST", "/counter/years/<year>/close", STAFF),
    "counter_years.index": ("GET", "/counter/years", STAFF),
    "counter_years.open_year": ("POST", "/counter/years/<year>/open", STAFF),
    "draft.clear": ("POST", "/draft/clear", PERSON),
    "guide.document": ("GET", "/guide/steps", PUBLIC),
    "guide.index": ("GET", "/guide", PUBLIC),
    "guide.steps": ("GET", "/guide/steps/<annex>", PUBLIC),
    "health.alive": ("GET", "/healthz", PUBLIC),
    "health.ready": ("GET", "/readyz", PUBLIC),
    "kit.download": ("GET", "/open/check_launch.pyz", PUBLIC),
    "launch.create": ("POST", "/open/v1/launches", MACHINE),
    "launch.decline": ("POST", "/launch/<code>/decline", PUBLIC),
    "launch.go_on": ("POST", "/launch/<code>", PUBLIC),
    "launch.leave": ("GET", "/leave", PUBLIC),
    "launch.look": ("GET", "/launch/<code>", PUBLIC),
    "metrics.show": ("GET", "/metrics", PUBLIC),
    "open_tax.document": ("GET", "/open/tax/openapi.json", PUBLIC),
    "open_tax.index": ("GET", "/open/tax", PUBLIC),
    "open_tax.keys": ("GET", "/open/tax/keys", PUBLIC),
    "people.confirm_real_name": ("POST", "/real-name", ACCOUNT),
    "people.finish_sign_in": ("POST", "/sign-in", PUBLIC),
    "people.real_name": ("GET", "/real-name", ACCOUNT),
    "people.request_code": ("POST", "/sign-in/code", PUBLIC),
    "people.sign_in": ("GET", "/sign-in", PUBLIC),
    "styleguide.index": ("GET", "/styleguide", PUBLIC),
    "display.choose": ("POST", "/display", PUBLIC),
    "people.sign_out": ("POST", "/sign-out", PUBLIC),
    "portal.affairs": ("GET", "/social-security/affairs", PUBLIC),
    "portal.home": ("GET", "/", PUBLIC),
    "portal.me": ("GET", "/me", PUBLIC),
    "portal.messages": ("GET", "/me/messages", PERSON),
    "portal.withdraw_dispute": ("POST", "/me/disputes/<number>/withdraw", PERSON),
    "portal.not_me": ("POST", "/me/messages/<seq>/not-me", PERSON),
    "portal.proxy_handling": ("GET", "/me/proxy-handling", PERSON),
    "portal.set_proxy_handling": ("POST", "/me/proxy-handling", PERSON),
    "portal.social_security": ("GET", "/social-security", PUBLIC),
    "poster.png": ("GET", "/channels/<code>.png", PUBLIC),
    "poster.sheet": ("GET", "/channels/poster", PUBLIC),
    "poster.svg": ("GET", "/channels/<code>.svg", PUBLIC),
    "practice.ask_revoke": ("GET", "/practice/records/<serial>/revoke", PUBLIC),
    "practice.ask_tax": ("GET", "/practice/records/<serial>/ask-tax", PUBLIC),
    "practice.card": ("GET", "/practice/records/<serial>/card", PUBLIC),
    "practice.create": ("POST", "/practice/assessment/new", PUBLIC),
    "practice.detail": ("GET", "/practice/records/<serial>", PUBLIC),
    "practice.done": ("GET", "/practice/registration/done", PUBLIC),
    "practice.explained": ("GET", "/practice/records/<serial>/explained", PUBLIC),
    "practice.index": ("GET", "/practice", PUBLIC),
    "practice.leave": ("POST", "/practice/leave", PUBLIC),
    "practice.new": ("GET", "/practice/assessment/new", PUBLIC),
    "practice.read_back": ("GET", "/practice/assessment/read-back", PUBLIC),
    "practice.records": ("GET", "/practice/assessment", PUBLIC),
    "practice.register": ("POST", "/practice/registration", PUBLIC),
    "practice.registration_form": ("GET", "/practice/registration", PUBLIC),
    "practice.revoke": ("POST", "/practice/records/<serial>/revoke", PUBLIC),
    "practice.send_ask_tax": ("POST", "/practice/records/<serial>/ask-tax", PUBLIC),
    "practice.trial": ("GET", "/practice/assessment/explained", PUBLIC),
    "practice.transmit": ("POST", "/practice/records/<serial>/transmit", PUBLIC),
    "privacy.ask_close": ("GET", "/me/close-account", ACCOUNT),
    "privacy.close": ("POST", "/me/close-account", ACCOUNT),
    "privacy.closed": ("GET", "/account-closed", PUBLIC),
    "privacy.data": ("GET", "/me/privacy/data", PERSON),
    "privacy.download": ("POST", "/me/privacy/data.json", PERSON),
    "privacy.index": ("GET", "/me/privacy", PUBLIC),
    "rating.mine": ("GET", "/rating", PERSON),
    "rating.preview": ("POST", "/rating/<case>/sentence", PERSON),
    "rating.send": ("POST", "/rating/<case>", PERSON),
    "rating.show": ("GET", "/rating/<case>", PERSON),
    "record.ask_revoke": ("GET", "/assessment/records/<serial>/revoke", PERSON),
    "record.card": ("GET", "/assessment/records/<serial>/card", PERSON),
    "record.detail": ("GET", "/assessment/records/<serial>", PERSON),
    "record.explained": ("GET", "/assessment/records/<serial>/explained", PERSON),
    "record.receipt": ("GET", "/assessment/records/<serial>/receipt", PERSON),
    "record.revoke": ("POST", "/assessment/records/<serial>/revoke", PERSON),
    "registration.done": ("GET", "/registration/done", PERSON),
    "registration.form": ("GET", "/registration", PERSON),
    "registration.review": ("GET", "/registration/review", PERSON),
    "registration.submit": ("POST", "/registration", PERSON),
    "sandbox.index": ("GET", "/open/sandbox", PUBLIC),
    "sandbox.make": ("POST", "/open/sandbox", PUBLIC),
    "sandbox.show": ("GET", "/open/sandbox/<code>", PUBLIC),
    "self_check.back": ("GET", "/open/self-check/back", PUBLIC),
    "self_check.index": ("GET", "/open/self-check", PUBLIC),
    "self_check.receive": ("POST", "/open/self-check", PUBLIC),
    "self_check.result": ("GET", "/open/self-check/result", PUBLIC),
    "session.extend": ("POST", "/session/extend", ACCOUNT),
    "session.show": ("GET", "/session", PUBLIC),
    "tax.receive_event": ("POST", "/tax/v1/events", MACHINE),
    "transmission.ask_tax": ("GET", "/assessment/records/<serial>/ask-tax", PERSON),
    "transmission.send_ask_tax": ("POST", "/assessment/records/<serial>/ask-tax", PERSON),
    "transmission.transmit": ("POST", "/assessment/records/<serial>/transmit", PERSON),
    "verify.ask": ("GET", "/verify", PUBLIC),
    "verify.check": ("POST", "/verify", PUBLIC),
    "vendor.document": ("GET", "/open/launches/openapi.json", PUBLIC),
    "vendor.example": ("GET", "/open/examples/<name>", PUBLIC),
    "vendor.example_list": ("GET", "/open/examples", PUBLIC),
    "vendor.index": ("GET", "/open/", PUBLIC),
    "vendor.launches": ("GET", "/open/launches", PUBLIC),
}
"""Endpoint: method, address, who may."""

TOKENLESS = {"self_check.receive": 303, "reports.receive": 415}
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


def test_the_table_lists_every_endpoint_and_no_other(app: Flask) -> None:
    real = {
        rule.endpoint: (
            next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"})),
            re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule),
            access_of(app, rule.endpoint),
        )
        for rule in app.url_map.iter_rules()
    }
    assert real == TABLE
    assert set(app.view_functions) == set(TABLE)


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
