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
    "web.receive_csp_report": ("POST", "/csp-reports", PUBLIC),
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
    "office.dashboard_csv": ("POST", "/counter/dashboard.csv", STAFF),
    "office.show_dashboard": ("GET", "/counter/dashboard", STAFF),
    "office.dashboard_xlsx": ("POST", "/counter/dashboard.xlsx", STAFF),
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
    "office.search_clerk": ("POST", "/counter/audit/clerk", STAFF),
    "office.audit_search": ("GET", "/counter/audit", STAFF),
    "office.search_person": ("POST", "/counter/audit/person", STAFF),
    "office.audit_result": ("GET", "/counter/audit/<seq>", STAFF),
    "office.ask_withdraw_publication": ("GET", "/counter/parameters/<number>/withdraw", STAFF),
    "office.confirm_publication": ("POST", "/counter/parameters/<number>/confirm", STAFF),
    "office.publication_list": ("GET", "/counter/parameters", STAFF),
    "office.propose_rate": ("POST", "/counter/parameters/rate", STAFF),
    "office.propose_year_figures": ("POST", "/counter/parameters/year", STAFF),
    "office.show_publication": ("GET", "/counter/parameters/<number>", STAFF),
    "office.new_rate": ("GET", "/counter/parameters/rate", STAFF),
    "office.withdraw_publication": ("POST", "/counter/parameters/<number>/withdraw", STAFF),
    "office.new_year_figures": ("GET", "/counter/parameters/year", STAFF),
    "office.ask_close_pilot": ("GET", "/counter/pilot/close", STAFF),
    "office.ask_open_pilot": ("GET", "/counter/pilot/open", STAFF),
    "office.close_pilot": ("POST", "/counter/pilot/close", STAFF),
    "office.pilot_areas": ("GET", "/counter/pilot", STAFF),
    "office.open_pilot": ("POST", "/counter/pilot/open", STAFF),
    "office.ask_reject_message": (
        "GET",
        "/counter/transmission/<serial>/give-back",
        STAFF,
    ),
    "office.transmission_list": ("GET", "/counter/transmission", STAFF),
    "office.retry_message": ("POST", "/counter/transmission/<serial>/retry", STAFF),
    "office.reject_message": (
        "POST",
        "/counter/transmission/<serial>/give-back",
        STAFF,
    ),
    "office.announcement_list": ("GET", "/counter/announcements", STAFF),
    "office.new_announcement": ("GET", "/counter/announcements/new", STAFF),
    "office.post_announcement": ("POST", "/counter/announcements/new", STAFF),
    "office.take_down_announcement": (
        "POST",
        "/counter/announcements/<number>/take-down",
        STAFF,
    ),
    "office.ask_handle_rating": ("GET", "/counter/ratings/<number>", STAFF),
    "office.ratings_csv": ("POST", "/counter/ratings.csv", STAFF),
    "office.handle_rating": ("POST", "/counter/ratings/<number>", STAFF),
    "office.rating_list": ("GET", "/counter/ratings", STAFF),
    "office.ask_pause_transmission": ("GET", "/counter/transmission/pause", STAFF),
    "office.pause_transmission": ("POST", "/counter/transmission/pause", STAFF),
    "office.resume_transmission": ("POST", "/counter/transmission/resume", STAFF),
    "office.ask_close_year": ("GET", "/counter/years/<year>/close", STAFF),
    "office.close_year": ("POST", "/counter/years/<year>/close", STAFF),
    "office.year_list": ("GET", "/counter/years", STAFF),
    "office.open_year": ("POST", "/counter/years/<year>/open", STAFF),
    "people.clear_draft": ("POST", "/draft/clear", PERSON),
    "guide.document": ("GET", "/guide/steps", PUBLIC),
    "guide.index": ("GET", "/guide", PUBLIC),
    "guide.steps": ("GET", "/guide/steps/<annex>", PUBLIC),
    "web.alive": ("GET", "/healthz", PUBLIC),
    "web.ready": ("GET", "/readyz", PUBLIC),
    "vendors.conformance_kit": ("GET", "/open/check_launch.pyz", PUBLIC),
    "channels.create_launch": ("POST", "/open/v1/launches", MACHINE),
    "channels.decline_launch": ("POST", "/launch/<code>/decline", PUBLIC),
    "channels.follow_launch": ("POST", "/launch/<code>", PUBLIC),
    "channels.leave": ("GET", "/leave", PUBLIC),
    "channels.show_launch": ("GET", "/launch/<code>", PUBLIC),
    "web.show_metrics": ("GET", "/metrics", PUBLIC),
    "transmission.openapi_document": ("GET", "/open/tax/openapi.json", PUBLIC),
    "transmission.protocol_page": ("GET", "/open/tax", PUBLIC),
    "transmission.public_keys": ("GET", "/open/tax/keys", PUBLIC),
    "people.confirm_real_name": ("POST", "/real-name", ACCOUNT),
    "people.finish_sign_in": ("POST", "/sign-in", PUBLIC),
    "people.real_name": ("GET", "/real-name", ACCOUNT),
    "people.request_code": ("POST", "/sign-in/code", PUBLIC),
    "people.sign_in": ("GET", "/sign-in", PUBLIC),
    "portal.styleguide": ("GET", "/styleguide", PUBLIC),
    "people.choose_display": ("POST", "/display", PUBLIC),
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
    "channels.qr_png": ("GET", "/channels/<code>.png", PUBLIC),
    "channels.poster": ("GET", "/channels/poster", PUBLIC),
    "channels.qr_svg": ("GET", "/channels/<code>.svg", PUBLIC),
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
    "portal.ask_close_account": ("GET", "/me/close-account", ACCOUNT),
    "portal.close_account": ("POST", "/me/close-account", ACCOUNT),
    "portal.account_closed": ("GET", "/account-closed", PUBLIC),
    "portal.personal_data": ("GET", "/me/privacy/data", PERSON),
    "portal.download_data": ("POST", "/me/privacy/data.json", PERSON),
    "portal.privacy": ("GET", "/me/privacy", PUBLIC),
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
    "vendors.new_sandbox": ("GET", "/open/sandbox", PUBLIC),
    "vendors.make_sandbox": ("POST", "/open/sandbox", PUBLIC),
    "vendors.show_sandbox": ("GET", "/open/sandbox/<code>", PUBLIC),
    "vendors.self_check_back": ("GET", "/open/self-check/back", PUBLIC),
    "vendors.self_check_form": ("GET", "/open/self-check", PUBLIC),
    "vendors.receive_self_check": ("POST", "/open/self-check", PUBLIC),
    "vendors.self_check_result": ("GET", "/open/self-check/result", PUBLIC),
    "people.stay_signed_in": ("POST", "/session/extend", ACCOUNT),
    "people.session_state": ("GET", "/session", PUBLIC),
    "transmission.receive_event": ("POST", "/tax/v1/events", MACHINE),
    "transmission.ask_tax": ("GET", "/assessment/records/<serial>/ask-tax", PERSON),
    "transmission.send_ask_tax": ("POST", "/assessment/records/<serial>/ask-tax", PERSON),
    "transmission.transmit": ("POST", "/assessment/records/<serial>/transmit", PERSON),
    "verify.ask": ("GET", "/verify", PUBLIC),
    "verify.check": ("POST", "/verify", PUBLIC),
    "vendors.openapi_document": ("GET", "/open/launches/openapi.json", PUBLIC),
    "vendors.example": ("GET", "/open/examples/<name>", PUBLIC),
    "vendors.example_list": ("GET", "/open/examples", PUBLIC),
    "vendors.index": ("GET", "/open/", PUBLIC),
    "vendors.launches": ("GET", "/open/launches", PUBLIC),
}
"""Endpoint: method, address, who may."""

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
