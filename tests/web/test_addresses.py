"""Addresses as people type, copy and reopen them: with a slash, a dot, in capitals, of a form."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from flexapp.web.access import Access, access_of
from tests.support.client import HTMX, LintingClient
from tests.support.html import Page
from tests.support.walks import MA_LAN, sign_in


def pages(app: Flask) -> list[Rule]:
    """Every address without a variable part that is opened by GET, but the root."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule != "/"
    ]
    assert len(rules) > 50
    return rules


def forms(app: Flask) -> list[Rule]:
    """Every address that takes POST and nothing else, filled in."""
    read = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule not in read]
    assert len(rules) > 20
    return rules


MACHINES = {"/csp-reports", "/healthz", "/metrics", "/open/launches/openapi.json"}
MACHINES |= {"/open/tax/keys", "/open/tax/openapi.json", "/open/v1/launches", "/readyz"}
MACHINES |= {"/tax/v1/events"}


def test_every_page_is_found_with_a_slash_behind_it_and_without(
    app: Flask, client: LintingClient
) -> None:
    for rule in pages(app):
        if rule.rule in MACHINES:
            continue
        bare = rule.rule.rstrip("/")
        other = bare if rule.rule.endswith("/") else f"{bare}/"
        answer = client.get(f"{other}?a=1&b=%E4%B8%80")
        assert answer.status_code == 308, other
        assert answer.headers["Location"].endswith(f"{rule.rule}?a=1&b=%E4%B8%80"), other


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/me//", "/me"),
        ("/Me", "/me"),
        ("/REGISTRATION", "/registration"),
        ("/Registration/", "/registration"),
        ("/verify。", "/verify"),
        ("/verify，", "/verify"),
        ("/channels）", "/channels"),
        ("/guide/steps.", "/guide/steps"),
        ("/guide/steps%20", "/guide/steps"),
        ("/Counter/Sign-In", "/counter/sign-in"),
        ("/assessment/self/", "/assessment/self"),
        ("/assessment/self/new/", "/assessment/self/new"),
        ("/assessment/records/64010420261124000001/", "/assessment/records/64010420261124000001"),
        ("/c/bank-of-china/", "/c/bank-of-china"),
        ("/Open", "/open/"),
    ],
)
def test_an_address_that_is_nearly_right_leads_to_the_page_that_was_meant(
    client: LintingClient, typed: str, meant: str
) -> None:
    answer = client.get(typed)
    assert (answer.status_code, answer.headers["Location"]) == (308, meant)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("typed", ["/me//messages", "//me", "/social-security//affairs/"])
def test_doubled_slashes_lead_to_the_page_too(client: LintingClient, typed: str) -> None:
    answer = client.get(typed)
    seen = 0
    while answer.status_code == 308:
        seen += 1
        assert seen < 4
        answer = client.get(answer.headers["Location"].removeprefix("http://localhost"))
    assert seen > 0
    assert answer.status_code in (200, 303)


@pytest.mark.parametrize(
    "typed",
    [
        "/no-such-page/",
        "/NO-SUCH-PAGE",
        "/。",
        "/assessment/SELF/New",  # a part of it may be a name, where case tells
        "//evil.example/",
        "/%2F%2Fevil.example/",
        "/\\evil.example/",
    ],
)
def test_what_is_the_address_of_nothing_stays_one(client: LintingClient, typed: str) -> None:
    answer = client.get(typed, follow_redirects=True)
    if answer.request.path == "/":  # nothing is left of it
        assert answer.status_code == 200
    else:
        assert (answer.status_code, Page(answer).title) == (404, "没有这个页面")
    assert "evil.example" not in answer.headers.get("Location", "")


def test_a_form_sent_to_a_wrong_address_is_not_led_anywhere(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    token = client.page("/assessment").form("提交")[0].fields["csrf_token"]
    answer = client.post("/assessment/", data={"csrf_token": token, "who": "self"})
    assert (answer.status_code, Page(answer).title) == (404, "没有这个页面")


@pytest.mark.parametrize(
    ("opened", "leads_to"),
    [
        ("/sign-in/code", "/sign-in"),
        ("/sign-in/code?x=1", "/sign-in"),
        ("/sign-out", "/"),
        ("/display", "/"),
        ("/draft/clear", "/"),
        ("/registration/hand-over", "/registration"),
        ("/assessment/self/hand-over", "/assessment/self"),
        (
            "/assessment/records/64010420261124000001/transmit",
            "/assessment/records/64010420261124000001",
        ),
        ("/me/messages/3/not-me", "/me/messages"),
        ("/me/hand-over/3/give-up", "/me/hand-over"),
        ("/me/privacy/data.json", "/me/privacy/data"),
        ("/practice/leave", "/practice"),
        ("/counter/sign-out", "/counter"),
        ("/counter/ratings.csv", "/counter/ratings"),
        ("/counter/dashboard.xlsx", "/counter/dashboard"),
        ("/counter/audit/person", "/counter/audit"),
        ("/counter/years/2026/open", "/counter/years"),
        ("/counter/parameters/3/confirm", "/counter/parameters/3"),
        ("/counter/announcements/3/take-down", "/counter/announcements"),
        ("/counter/transmission/resume", "/counter/transmission"),
    ],
)
def test_the_address_of_a_form_that_is_opened_leads_to_its_page(
    client: LintingClient, opened: str, leads_to: str
) -> None:
    """A reloaded answer, a restored tab, an address typed from a screenshot."""
    answer = client.get(opened)
    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)
    assert client.get(opened, headers=HTMX).headers["HX-Redirect"] == leads_to


def test_every_address_of_a_form_leads_to_a_page_that_can_be_opened(
    app: Flask, client: LintingClient
) -> None:
    for rule in forms(app):
        if rule.rule in MACHINES or access_of(app, rule.endpoint) is Access.MACHINE:
            continue
        path = app.url_map.bind("").build(rule.endpoint, dict.fromkeys(rule.arguments, 3))
        answer = client.get(path)
        assert answer.status_code in (302, 303), path
        assert client.get(answer.headers["Location"]).status_code in (200, 303, 404, 422), path


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/open/v1/launches", "POST"),
        ("GET", "/tax/v1/events", "POST"),
        ("PUT", "/tax/v1/events", "POST"),
        ("GET", "/csp-reports", "POST"),
        ("POST", "/healthz", "GET"),
        ("DELETE", "/readyz", "GET"),
        ("POST", "/open/tax/openapi.json", "GET"),
        ("POST", "/open/tax/keys", "GET"),
    ],
)
def test_a_system_that_uses_a_wrong_method_is_told_which_is_right(
    client: LintingClient, method: str, path: str, allowed: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert allowed in answer.headers["Allow"].replace(",", " ").split()
    assert answer.json is not None
    assert answer.json["reason"] == "http_405"
    assert f"这个地址不接受 {method}，只接受 " in answer.json["detail"]
    assert allowed in answer.json["detail"]


@pytest.mark.parametrize("path", ["/open/v1/launch", "/tax/v1/", "/open/v1/launches/", "/tax"])
def test_a_system_at_a_wrong_address_is_told_so_and_not_sent_to_a_home_page(
    client: LintingClient, path: str
) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json is not None
    assert answer.json["detail"] == "没有这个接口地址。"
