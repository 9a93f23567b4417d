"""What browsers report of the security policy, and that nothing of it tells of a person."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flexapp.rules.limits import REPORTS
from flexapp.web import assets, csp_report_views
from flexapp.web.logs import FIELDS
from tests.conftest import MakeApp
from tests.support.client import HTMX, LintingClient
from tests.support.walks import MA_LAN
from tests.web.test_settings import PRODUCTION

TOKEN = "only-for-the-tests-of-the-metrics"
OLD, NEW = "application/csp-report", "application/reports+json"
SERIAL = "64010420261124000001"


def old(**said: object) -> str:
    """As `report-uri` has it."""
    report = {
        "document-uri": f"https://site.example/assessment/records/{SERIAL}?name={MA_LAN.name}",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://ads.example/x.js?who=" + MA_LAN.identity,
        "disposition": "enforce",
        "script-sample": f"var phone = {MA_LAN.phone}",
    }
    return json.dumps({"csp-report": report | {k.replace("_", "-"): v for k, v in said.items()}})


def new(*bodies: Mapping[str, object]) -> str:
    """As the Reporting API has it."""
    return json.dumps([{"type": "csp-violation", "age": 1, "body": body} for body in bodies])


def post(client: FlaskClient, body: str | bytes, media_type: str = OLD) -> TestResponse:
    """A browser reports."""
    return client.post("/csp-reports", data=body, content_type=media_type)


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    """What was logged of reports, field by field."""
    return [
        getattr(record, FIELDS)
        for record in caplog.records
        if record.name == csp_report_views.__name__
    ]


def test_a_report_becomes_a_line_without_anything_of_the_person_on_the_page(
    client: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = post(client, old())
    assert (answer.status_code, answer.data) == (204, b"")
    assert told(caplog) == [
        {
            "directive": "script-src-elem",
            "disposition": "enforce",
            "endpoint": "assessment.detail",
            "blocked": "ads.example",
        }
    ]
    for private in (SERIAL, MA_LAN.name, MA_LAN.identity, MA_LAN.phone):
        assert private not in caplog.text


def test_the_reports_of_new_browsers_come_several_in_one(
    client: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = [
        {
            "documentURL": "https://site.example/",
            "effectiveDirective": "require-trusted-types-for",
            "disposition": "report",
            "blockedURL": "trusted-types-sink",
        },
        {"effectiveDirective": "img-src", "blockedURL": "data"},
    ]
    with caplog.at_level(logging.WARNING):
        assert post(client, new(*bodies), NEW).status_code == 204
    first, second = told(caplog)
    assert first == {
        "directive": "require-trusted-types-for",
        "disposition": "report",
        "endpoint": "portal.home",
        "blocked": "trusted-types-sink",
    }
    assert (second["directive"], second["endpoint"], second["blocked"]) == (
        "img-src",
        "none",
        "data",
    )


@pytest.mark.parametrize(
    "said",
    [
        {"effective_directive": "made\nup", "blocked_uri": "http://a b/", "document_uri": "//["},
        {"effective_directive": 7, "blocked_uri": None, "document_uri": ["/"]},
        {"effective_directive": "x" * 5000, "blocked_uri": "y" * 5000},
    ],
)
def test_what_is_made_up_becomes_no_label_and_no_line_of_its_own(
    client: LintingClient, caplog: pytest.LogCaptureFixture, said: dict[str, object]
) -> None:
    with caplog.at_level(logging.WARNING):
        assert post(client, old(**said)).status_code == 204
    (line,) = told(caplog)
    assert (line["directive"], line["blocked"]) == ("other", "other")
    assert len(caplog.text) < 500


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("", OLD),
        ("{", OLD),
        ("[]", OLD),
        ("{}", NEW),
        ("[1, {}, null]", NEW),
        (b"\xff\xfe", NEW),
        ("[" * 15_000, NEW),
        ('{"csp-report": 3}', OLD),
    ],
)
def test_what_is_no_report_is_passed_over(
    client: LintingClient, caplog: pytest.LogCaptureFixture, body: str | bytes, media_type: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert post(client, body, media_type).status_code == 204
    assert told(caplog) == []


def test_of_a_long_list_only_the_beginning_is_read(
    client: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        post(client, new(*({"effectiveDirective": "img-src"} for _ in range(100))), NEW)
    assert len(told(caplog)) == 10


def test_anything_else_and_anything_big_is_refused(client: LintingClient) -> None:
    assert post(client, old(), "application/json").status_code == 415
    assert post(client, "x" * (csp_report_views.MAX_BODY + 1)).status_code == 413


def test_another_site_cannot_have_its_visitors_report_here(client: LintingClient) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    answer = client.post("/csp-reports", data=old(), content_type=OLD, headers=headers)
    assert answer.status_code == 403


def test_reports_from_one_address_are_limited(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = app.view_functions["web.receive_csp_report"]
    assert vars(view)["limited"] == REPORTS
    monkeypatch.setattr("flexapp.web.rate_limit.retry_after", lambda *_: REPORTS.within)
    assert post(client, old()).status_code == 429


def test_reports_are_counted_by_directive(make_app: MakeApp) -> None:
    client = make_app(FLEXAPP_METRICS_TOKEN=TOKEN).test_client()
    post(client, old(effective_directive="frame-src"))
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    line = 'flexapp_csp_reports_total{directive="frame-src",disposition="enforce"} 1.0'
    assert line in figures


@pytest.mark.parametrize("by_tls", [False, True])
def test_a_page_says_where_to_report_and_a_fragment_stays_small(
    make_app: MakeApp, by_tls: bool
) -> None:
    url = PRODUCTION["FLEXAPP_PUBLIC_URL"] if by_tls else "http://127.0.0.1:8000"
    client = make_app(FLEXAPP_PUBLIC_URL=url).test_client()
    page, fragment = client.get("/"), client.get("/", headers=HTMX)
    policy = page.headers["Content-Security-Policy"]
    tried = page.headers["Content-Security-Policy-Report-Only"]
    assert tried.startswith("require-trusted-types-for 'script'; trusted-types default;")
    # Without TLS new browsers would take the second and report nothing.
    where = "; report-uri /csp-reports" + "; report-to csp" * by_tls
    assert policy.endswith(f"frame-ancestors 'none'{where}")
    assert tried.endswith(where)
    assert page.headers.get("Reporting-Endpoints") == ('csp="/csp-reports"' if by_tls else None)
    assert fragment.headers["Content-Security-Policy"] in policy
    assert "Reporting-Endpoints" not in fragment.headers
    assert "Content-Security-Policy-Report-Only" not in fragment.headers


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/open/launches/openapi.json", "/nowhere", "asset"]
)
def test_where_the_service_is_reached_by_tls_every_answer_says_to_stay_with_it(
    make_app: MakeApp, path: str
) -> None:
    plain = make_app()
    secure = make_app(FLEXAPP_PUBLIC_URL=PRODUCTION["FLEXAPP_PUBLIC_URL"])
    if path == "asset":
        path = "/static/" + assets.BUILD.of(plain).names["app.js"]
    answer = secure.test_client().get(path)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in plain.test_client().get(path).headers
