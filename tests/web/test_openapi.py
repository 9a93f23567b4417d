"""An interface's document as a page: what it says is shown, and what is shown can be reached."""

from __future__ import annotations

import json

from flask import Flask

from flexapp.transmission.open_views import DOCUMENT, reference
from flexapp.web import openapi
from tests.support.client import LintingClient


def test_code_in_a_line_is_told_apart() -> None:
    assert openapi.spans("头 `kid` 必须有") == (
        openapi.Span("头 ", False),
        openapi.Span("kid", True),
        openapi.Span(" 必须有", False),
    )


def test_a_description_becomes_headings_lists_and_paragraphs() -> None:
    found = list(openapi.blocks("## 签名\n说明。\n\n- 一\n- 二"))
    assert [(block.kind, len(block.lines)) for block in found] == [("h", 1), ("p", 1), ("ul", 2)]


def test_the_page_shows_every_call_every_answer_and_every_field(client: LintingClient) -> None:
    page = client.page("/open/tax")
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert page.title == document["info"]["title"]
    for path, item in document["paths"].items():
        assert path in page.words
        for method, operation in item.items():
            if method != "parameters":
                assert operation["summary"] in page.texts("h2")
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert name in page.texts("h2")
            assert set(schema["properties"]) <= set(page.texts("code"))


def test_machines_get_the_document_itself_and_the_keys_without_their_private_part(
    client: LintingClient, app: Flask
) -> None:
    document = client.get("/open/tax/openapi.json")
    assert document.content_type == "application/json"
    assert document.get_json()["openapi"] == "3.1.0"
    assert document.text == DOCUMENT.read_text(encoding="utf-8")
    keys = client.get("/open/tax/keys").get_json()["keys"]
    assert [key["kid"] for key in keys] == ["flexapp-demo"]
    assert all("d" not in key for key in keys)


def test_every_schema_that_is_named_is_there() -> None:
    names = {schema.name for schema in reference().schemas}
    assert reference().groups
    for group in reference().groups:
        assert group.operations
        for operation in group.operations:
            assert not operation.body or operation.body in names
            assert {answer.schema for answer in operation.answers if answer.schema} <= names
