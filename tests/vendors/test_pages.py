"""The vendors' pages: what they say is what the code does, and all of them can be reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flexapp.channels import keys, launch
from flexapp.channels.launch_errors import LAUNCH_ERRORS
from flexapp.channels.launch_views import MAX_BODY, MEDIA_TYPE
from flexapp.people import auth
from flexapp.signing import LEEWAY, MAX_LIFE
from flexapp.vendors import pages
from flexapp.web import openapi
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.vendor import Vendor
from tests.support.walks import MA_LAN

PRODUCTION = {"FLEXAPP_PUBLIC_URL": "https://ybj.example"}


@pytest.fixture
def document() -> dict[str, Any]:
    """The document as a machine reads it."""
    found: dict[str, Any] = json.loads(pages.DOCUMENT.read_text(encoding="utf-8"))
    return found


def call(document: dict[str, Any]) -> dict[str, Any]:
    """The one call of the document."""
    found: dict[str, Any] = document["paths"]["/open/v1/launches"]["post"]
    return found


def test_every_reason_is_in_the_documents_error_table_and_no_other(
    document: dict[str, Any],
) -> None:
    told = {each["reason"]: each["status"] for each in document["x-errors"]}
    assert told == {reason: status for reason, (status, _) in LAUNCH_ERRORS.items()}
    assert len(document["x-errors"]) == len(told)


def test_every_reason_stands_with_the_status_it_is_answered_with(document: dict[str, Any]) -> None:
    for reason, (status, _) in LAUNCH_ERRORS.items():
        named = call(document)["responses"][str(status)]["$ref"].rsplit("/", 1)[1]
        assert f"`{reason}`" in document["components"]["responses"][named]["description"]


def test_the_documents_limits_are_those_of_the_code(document: dict[str, Any]) -> None:
    claims = document["components"]["schemas"]["LaunchClaims"]
    body = call(document)["requestBody"]["content"][MEDIA_TYPE]["schema"]
    assert body["maxLength"] == MAX_BODY
    assert claims["properties"]["aud"]["const"] == launch.AUDIENCE
    assert set(claims["properties"]["target"]["enum"]) == launch.TARGETS
    assert claims["properties"]["target"]["default"] == launch.DEFAULT_TARGET
    assert claims["properties"]["name"]["maxLength"] == launch.MAX_CLAIM
    about = json.dumps(document, ensure_ascii=False)
    assert f"最多比 `iat` 晚 {MAX_LIFE.seconds} 秒" in about
    assert f"双方时钟最多差 {LEEWAY.seconds} 秒" in about
    assert f"过了 {launch.LIFE.seconds} 秒" in about
    hours = (auth.LONGEST.total_seconds() / 3600, auth.IDLE.total_seconds() / 3600)
    assert hours == (12, 2)
    assert "会话最长 12 小时，2 小时不动会结束" in about
    assert keys.MAX_VALID == 2
    assert "最多两个公钥同时有效" in about


def test_exactly_the_claims_that_the_document_requires_are_needed(
    client: LintingClient, document: dict[str, Any]
) -> None:
    vendor = Vendor(client.application).register()
    claims = document["components"]["schemas"]["LaunchClaims"]
    said = vendor.claims(MA_LAN)
    assert set(claims["required"]) == set(said)
    assert set(claims["properties"]) == {*said, "target"}
    for name in claims["required"]:
        assert vendor.post(vendor.signed(MA_LAN, **{name: None})).status_code >= 400
    assert vendor.post(vendor.signed(MA_LAN, unheard_of="x")).status_code == 201


def test_an_answer_has_exactly_the_documents_fields(
    client: LintingClient, document: dict[str, Any]
) -> None:
    schemas = document["components"]["schemas"]
    vendor = Vendor(client.application).register()
    answer = vendor.post(vendor.signed(MA_LAN)).get_json()
    assert set(answer) == set(schemas["Link"]["required"]) == set(schemas["Link"]["properties"])
    refused = vendor.post(vendor.signed(MA_LAN, name="马1", phone="1")).get_json(force=True)
    assert set(refused) == set(schemas["Problem"]["properties"])
    assert {fault["field"] for fault in refused["errors"]} == {"name", "phone"}
    for fault in refused["errors"]:
        assert set(fault) == set(schemas["ClaimFault"]["properties"])


def test_the_reference_shows_every_field_and_every_error(client: LintingClient) -> None:
    page = client.page("/open/launches")
    document = json.loads(pages.DOCUMENT.read_text(encoding="utf-8"))
    assert page.title == document["info"]["title"]
    codes = set(page.texts("code"))
    assert document["components"]["schemas"]
    for name, schema in document["components"]["schemas"].items():
        assert name in page.texts("h2")
        assert set(schema["properties"]) <= codes
    for reason, (_, sentence) in LAUNCH_ERRORS.items():
        assert reason in codes
        assert sentence in page.words
    assert "请求内容：LaunchClaims" in page.words


def test_a_reason_that_the_document_does_not_know_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(LAUNCH_ERRORS, "unheard_of", (400, ""))
    with pytest.raises(ValueError, match="launch_errors"):
        pages.launch_reference.__wrapped__()


def test_machines_get_the_document_itself(client: LintingClient) -> None:
    answer = client.get("/open/launches/openapi.json")
    assert answer.content_type == "application/json"
    assert answer.text == pages.DOCUMENT.read_text(encoding="utf-8")
    assert openapi.read(pages.DOCUMENT).groups[0].operations[0].body == "LaunchClaims"


def test_the_first_page_leads_everywhere_also_when_typed_without_the_slash(
    client: LintingClient,
) -> None:
    page = client.page("/open")
    assert (page.title, page.path) == ("App 接入", "/open/")
    for path in page.links().values():
        if path.startswith("/open/") and not path.endswith(".pyz"):
            client.page(path)
    assert client.get("/open/check_launch.pyz").status_code == 200
    assert {
        "/open/check_launch.pyz",
        "/open/launches",
        "/open/examples",
        "/open/sandbox",
        "/open/self-check",
    } <= set(page.links().values())
    assert "/open/tax" not in page.links().values()
    assert 'role="img" aria-labelledby="sequence-title sequence-text"' in page.html


def test_no_page_for_residents_leads_there_or_loads_its_scripts(client: LintingClient) -> None:
    for path in ("/", "/social-security", "/social-security/affairs", "/me", "/channels"):
        page = client.page(path)
        assert not [link for link in page.links().values() if link.startswith("/open")]
        assert len(page.all("script")) == 1
    assert len(client.page("/open/sandbox").all("script")) == 2


def test_the_examples_are_the_files_with_this_sites_address_filled_in(
    client: LintingClient, make_app: MakeApp
) -> None:
    elsewhere = make_app(**PRODUCTION).test_client()
    names = {file.name for file in pages.EXAMPLES.iterdir()}
    assert {example.name for example in pages.examples("")} == names
    for name in names:
        text = Path(pages.EXAMPLES / name).read_text(encoding="utf-8")
        assert text.count(pages.PLACEHOLDER) == 1
        answer = elsewhere.get(f"/open/examples/{name}")
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.text == text.replace(pages.PLACEHOLDER, "https://ybj.example")
        shown = "".join(client.page("/open/examples").by_id("main").itertext())
        public = client.application.config["SETTINGS"].public_url
        assert text.replace(pages.PLACEHOLDER, public).strip() in shown
    assert client.get("/open/examples/../launch.py").status_code == 404
    assert client.get("/open/examples/pyproject.toml").status_code == 404
