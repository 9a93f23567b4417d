"""What is answered and told, held against the protocol document itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content

DOCUMENT = Path(__file__).parents[2] / "flexapp" / "transmission" / "tax-v1.openapi.json"
SCHEMAS = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "null": type(None),
}
LOOKED_AT = {"$ref", "additionalProperties", "anyOf", "const", "enum", "items", "maxItems"}
LOOKED_AT |= {
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
}
FOR_PEOPLE = {"default", "description", "examples", "format"}


def wrong(found: Any, schema: dict[str, Any], place: str = "") -> list[str]:
    """Everything in which `found` is not as the document says, members it does not name too."""
    assert set(schema) <= LOOKED_AT | FOR_PEOPLE, (
        f"{place}: the document says more than is looked at"
    )
    if "$ref" in schema:
        return wrong(found, SCHEMAS[schema["$ref"].rpartition("/")[2]], place)
    if "anyOf" in schema:
        every = [wrong(found, each, place) for each in schema["anyOf"]]
        return [] if [] in every else every[0]
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind: type = type(found)
    if kind not in [TYPES[each] for each in allowed]:
        return [f"{place} is no {schema['type']}"]
    bad = [
        "enum" in schema and found not in schema["enum"],
        "const" in schema and found != schema["const"],
        "pattern" in schema and not re.search(schema["pattern"], found),
        "minimum" in schema and found < schema["minimum"],
        "maximum" in schema and found > schema["maximum"],
        "minLength" in schema and len(found) < schema["minLength"],
        "maxLength" in schema and len(found) > schema["maxLength"],
        "maxItems" in schema and len(found) > schema["maxItems"],
    ]
    faults = [f"{place} is {found!r}"] if any(bad) else []
    if kind is dict:
        named = schema.get("properties", {})
        faults += [f"{place} lacks {name}" for name in schema["required"] if name not in found]
        faults += [f"{place} has {name} as well" for name in found if name not in named]
        for name in set(found) & set(named):
            faults += wrong(found[name], named[name], f"{place}/{name}")
    if kind is list:
        for each in found:
            faults += wrong(each, schema["items"], f"{place}[]")
    return faults


def test_every_answer_and_event_is_as_the_document_says(bureau: Bureau) -> None:
    receipt = bureau.put(CONTENT).get_json()
    assert wrong(CONTENT, SCHEMAS["Assessment"]) == []
    assert wrong(receipt, SCHEMAS["Receipt"]) == []
    holdings = [bureau.record()]
    answers = [bureau.ask().get_json()]
    holdings.append(bureau.record())
    bureau.press("decline", reason="已在扣款")
    holdings.append(bureau.record())
    answers += [bureau.ask().get_json(), bureau.ask("ask-2").get_json()]
    bureau.press("agree")
    bureau.put(content(2))
    bureau.press("pay", content(2)["serial"])
    answers.append(bureau.ask("ask-2").get_json())
    assert [each["answer"] for each in answers] == ["pending", "declined", "pending", "agreed"]
    for holding in holdings:
        assert wrong(holding, SCHEMAS["Holding"]) == []
    for answer in answers:
        assert wrong(answer, SCHEMAS["RevocationAnswer"]) == []
    assert wrong(bureau.listed(), SCHEMAS["Listing"]) == []
    assert wrong(bureau.listed("?limit=1"), SCHEMAS["Listing"]) == []
    told = {event for _, event in bureau.events()}
    assert told == set(SCHEMAS["Event"]["properties"]["event"]["enum"])
    assert {event["event"] for event in bureau.product.heard} == told
    for event in bureau.product.heard:
        assert wrong(event, SCHEMAS["Event"]) == []


def test_every_refusal_is_as_the_document_says(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    path = f"/v1/assessments/{SERIAL}"
    refusals = [
        bureau.send("GET", path, b"", None),
        bureau.get("/v1/assessments/unknown"),
        bureau.get("/v1/assessments?limit=0"),
        bureau.put({**CONTENT, "total": "1.00"}),
        bureau.put({**CONTENT, "kind": "x", "extra": "x"}),
        bureau.call("PUT", path, b"x" * 70_000),
        bureau.call("PUT", path, b"{}", media="text/plain"),
    ]
    assert [each.status_code for each in refusals] == [401, 404, 422, 409, 422, 413, 415]
    for refusal in refusals:
        assert wrong(refusal.get_json(), SCHEMAS["Problem"]) == []


def test_the_check_itself_finds_what_is_wrong(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    good = bureau.record()
    for name, value in (("cursor", True), ("cursor", 0), ("state", "new"), ("digest", "x")):
        assert wrong({**good, name: value}, SCHEMAS["Holding"]) != []
    assert wrong({**good, "more": 1}, SCHEMAS["Holding"]) == [" has more as well"]
    del good["request"]
    assert wrong(good, SCHEMAS["Holding"]) == [" lacks request"]


def test_what_the_product_told_is_given_back_as_it_came(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask()
    bureau.put(content(2))
    kept = bureau.get(f"/v1/assessments/{SERIAL}/messages").get_json()
    assert wrong(kept, SCHEMAS["KeptMessages"]) == []
    assert [each["kind"] for each in kept["messages"]] == ["submit", "ask"]
    assert json.loads(kept["messages"][0]["body"]) == CONTENT
    newest = bureau.get("/v1/signatures?limit=2").get_json()
    assert wrong(newest, SCHEMAS["KeptSignatures"]) == []
    assert newest["signatures"][1] in [each["signature"] for each in kept["messages"]]
    assert bureau.get("/v1/assessments/unknown/messages").status_code == 404
    assert bureau.get("/v1/signatures?limit=0").status_code == 422
