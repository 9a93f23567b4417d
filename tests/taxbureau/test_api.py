"""The machine API, answer by answer."""

import hashlib
import json
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from flexapp.taxbureau import schema
from flexapp.taxbureau.store import _HOLDING
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content, problem

PATH = f"/v1/assessments/{SERIAL}"
DIGEST = hashlib.sha256(
    json.dumps(CONTENT, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
).hexdigest()


def test_the_first_delivery_is_answered_201_with_a_receipt(bureau: Bureau) -> None:
    answer = bureau.put(CONTENT)
    assert answer.status_code == 201
    assert answer.get_json() == {
        "serial": SERIAL,
        "state": "received",
        "digest": DIGEST,
        "received_at": "2026-11-23T09:15:03.000+08:00",
        "receipt": "SW2026112300000001",
    }


def test_the_same_delivery_again_is_answered_200_with_the_same_receipt(bureau: Bureau) -> None:
    first, again = bureau.put(CONTENT), bureau.put(dict(reversed(CONTENT.items())))
    assert again.status_code == 200
    assert again.get_json() == first.get_json()
    assert bureau.events() == [(SERIAL, "received")]


def test_a_late_repeat_gets_the_same_receipt_after_the_record_was_paid(bureau: Bureau) -> None:
    first = bureau.put(CONTENT)
    assert bureau.press("pay").status_code == 303
    again = bureau.put(CONTENT)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert bureau.state() == "paid"


def test_other_content_under_a_known_serial_is_a_conflict_and_changes_nothing(
    bureau: Bureau,
) -> None:
    bureau.put(CONTENT)
    before = bureau.record()
    document = problem(bureau.put({**CONTENT, "total": "7447.21"}), 409)
    assert document["reason"] == "content_differs"
    assert bureau.record() == before
    assert bureau.events() == [(SERIAL, "received")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("serial", "流水号"),
        ("person_name", ""),
        ("person_name", " 马兰"),
        ("person_name", "马\n兰"),
        ("person_name", "马\ud800"),
        ("person_name", "马" * 101),
        ("id_number", "64010419850312002"),
        ("id_number", "64032419920229002x"),
        ("id_number", "６40104198503120021"),
        ("id_number", "640104198502300021"),
        ("division_code", "640199"),
        ("division_code", "110101"),
        ("unit_name", None),
        ("start_month", "2019-13"),
        ("start_month", "2019-1"),
        ("end_month", "2018-12"),
        ("end_month", "2020-12"),
        ("period_base", 37236.00),
        ("period_base", "37236"),
        ("period_base", "37236.01"),
        ("monthly_base", "-3103.00"),
        ("monthly_base", "0.00"),
        ("monthly_base", "NaN"),
        ("total", "7,447.20"),
        ("total", "37236.00"),
        ("kind", "other"),
        ("kind", ["flexible"]),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    bureau: Bureau, field: str, value: object
) -> None:
    answer = bureau.call("PUT", PATH, json.dumps({**CONTENT, field: value}).encode())
    document = problem(answer, 422)
    assert [error["field"] for error in document["errors"]] == [field]
    assert document["errors"][0]["detail"] in document["detail"]
    assert bureau.get(f"/v1/assessments/{SERIAL}").status_code == 404
    assert bureau.events() == []


@pytest.mark.parametrize("field", sorted(CONTENT))
def test_a_missing_field_is_named(bureau: Bureau, field: str) -> None:
    sent = {name: value for name, value in CONTENT.items() if name != field}
    answer = bureau.call("PUT", PATH, json.dumps(sent).encode())
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [field]


def test_every_wrong_field_is_named_at_once_and_an_unknown_one_too(bureau: Bureau) -> None:
    answer = bureau.put({**CONTENT, "kind": "x", "total": "x", "extra": "x"})
    named = {error["field"] for error in problem(answer, 422)["errors"]}
    assert named == {"kind", "total", "extra"}


def test_a_serial_that_is_not_the_one_of_the_address_is_refused(bureau: Bureau) -> None:
    answer = bureau.call("PUT", PATH, json.dumps(content(2)).encode())
    assert problem(answer, 422)["errors"][0]["field"] == "serial"
    assert bureau.events() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b'"text"', b"[" * 30000, b'{"serial":"1","serial":"2"}'],
)
def test_a_body_that_is_no_json_object_is_refused(bureau: Bureau, body: bytes) -> None:
    problem(bureau.call("PUT", PATH, body), 422)


def test_another_content_type_is_415(bureau: Bureau) -> None:
    answer = bureau.call("PUT", PATH, json.dumps(CONTENT).encode(), media="text/plain")
    assert problem(answer, 415)["reason"] == "unsupported_media_type"


def test_an_oversized_body_is_413(bureau: Bureau) -> None:
    problem(bureau.put({**CONTENT, "unit_name": "长" * 70_000}), 413)


@pytest.mark.parametrize("kind", ["flexible", "unit"])
def test_both_kinds_of_rate_are_received(bureau: Bureau, kind: str) -> None:
    assert bureau.put({**CONTENT, "kind": kind}).status_code == 201


def test_the_notices_case_of_61_percent_and_the_wage_of_6000_are_received(bureau: Bureau) -> None:
    at_61 = content(61, monthly_base="3154.72", period_base="37856.64", total="7571.28")
    assert bureau.put(at_61).status_code == 201
    wage = content(
        62,
        start_month="2026-01",
        end_month="2026-12",
        monthly_base="6000.00",
        period_base="72000.00",
        total="14400.00",
    )
    assert bureau.put(wage).status_code == 201


def test_the_record_says_its_state_digest_times_and_nothing_about_the_person(
    bureau: Bureau,
) -> None:
    bureau.put(CONTENT)
    assert bureau.record() == {
        "serial": SERIAL,
        "state": "received",
        "digest": DIGEST,
        "cursor": 1,
        "received_at": "2026-11-23T09:15:03.000+08:00",
        "changed_at": "2026-11-23T09:15:03.000+08:00",
        "receipt": "SW2026112300000001",
        "reason": None,
        "request": None,
    }
    assert bureau.press("revoke", reason="单位已代缴").status_code == 303
    record = bureau.record()
    assert (record["state"], record["reason"], record["cursor"]) == ("revoked", "单位已代缴", 2)
    assert str(record["changed_at"]) > str(record["received_at"])


def test_the_record_says_how_the_last_request_was_answered(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask("ask-1")
    asked = {"request_id": "ask-1", "answer": "pending", "reason": None}
    assert (bureau.record()["request"], bureau.record()["cursor"]) == (asked, 2)
    bureau.press("decline", reason="已在扣款")
    declined = {"request_id": "ask-1", "answer": "declined", "reason": "已在扣款"}
    assert (bureau.record()["request"], bureau.record()["cursor"]) == (declined, 3)
    bureau.ask("ask-2")
    bureau.press("agree")
    agreed = {"request_id": "ask-2", "answer": "agreed", "reason": None}
    assert (bureau.record()["request"], bureau.record()["cursor"]) == (agreed, 5)
    assert bureau.listed()["assessments"] == [bureau.record()]


def test_an_unknown_serial_is_404(bureau: Bureau) -> None:
    assert problem(bureau.get("/v1/assessments/6401"), 404)["reason"] == "unknown_serial"
    assert problem(bureau.ask(serial="6401"), 404)["reason"] == "unknown_serial"


def test_a_revocation_request_is_accepted_and_waits_for_the_clerk(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    answer = bureau.ask()
    assert answer.status_code == 202
    assert answer.get_json() == {
        "request_id": "ask-1",
        "serial": SERIAL,
        "requested_at": "2026-11-23T09:15:04.000+08:00",
        "answer": "pending",
        "answered_at": None,
        "state": "revoking",
    }
    assert bureau.state() == "revoking"
    assert bureau.events() == [(SERIAL, "received")]


def test_the_same_request_again_is_the_same_request(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    first, again = bureau.ask(), bureau.ask()
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    history = (
        bureau.page(f"/assessments/{SERIAL}").split('class="tax-history"')[1].split("</ol>")[0]
    )
    assert history.count("社保申请撤销") == 1


def test_a_repeated_request_does_not_reopen_what_was_declined(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask()
    assert bureau.press("decline", reason="已在扣款").status_code == 303
    again = bureau.ask()
    assert again.status_code == 202
    assert (again.get_json()["answer"], again.get_json()["state"]) == ("declined", "received")
    assert bureau.state() == "received"


def test_a_new_request_after_a_declined_one_is_a_new_question(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask("ask-1")
    bureau.press("decline", reason="已在扣款")
    assert bureau.ask("ask-2").get_json()["answer"] == "pending"
    assert bureau.press("agree").status_code == 303
    assert bureau.ask("ask-1").get_json()["answer"] == "declined"
    assert bureau.ask("ask-2").get_json()["answer"] == "agreed"


def test_a_request_id_with_other_content_is_a_conflict(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.put(content(2))
    bureau.ask()
    assert problem(bureau.ask(reason="别的原因"), 409)["reason"] == "request_differs"
    assert problem(bureau.ask(serial=content(2)["serial"]), 409)["reason"] == "request_differs"
    assert bureau.state(content(2)["serial"]) == "received"


def test_a_paid_assessment_cannot_be_asked_back(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.press("pay")
    assert problem(bureau.ask(), 409)["reason"] == "cannot_request"
    assert bureau.state() == "paid"


def test_a_request_that_crosses_an_unasked_revocation_is_already_agreed(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.press("revoke", reason="单位已代缴")
    answer = bureau.ask()
    assert answer.status_code == 202
    assert (answer.get_json()["answer"], answer.get_json()["state"]) == ("agreed", "revoked")
    assert bureau.events() == [(SERIAL, "received"), (SERIAL, "revoked")]
    assert bureau.record()["reason"] == "单位已代缴"


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({}, ["request_id", "reason"]),
        ({"request_id": "", "reason": "错了"}, ["request_id"]),
        ({"request_id": "a b", "reason": "错了"}, ["request_id"]),
        ({"request_id": 7, "reason": "错了"}, ["request_id"]),
        ({"request_id": "a", "reason": "  "}, ["reason"]),
        ({"request_id": "a", "reason": "错" * 201}, ["reason"]),
        ({"request_id": "a", "reason": "错了", "more": 1}, ["more"]),
    ],
)
def test_a_wrong_request_names_its_fields(
    bureau: Bureau, sent: dict[str, object], fields: list[str]
) -> None:
    bureau.put(CONTENT)
    answer = bureau.call("POST", f"{PATH}/revocation-requests", json.dumps(sent).encode())
    assert [error["field"] for error in problem(answer, 422)["errors"]] == fields
    assert bureau.state() == "received"


def test_the_feed_of_earlier_versions_is_gone(bureau: Bureau) -> None:
    problem(bureau.get("/v1/changes"), 404)


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "after=1.5",
        "after=９",
        "after=",
        "limit=0",
        "limit=501",
        "limit=",
        "limit=x",
        "after=" + "9" * 19,
    ],
)
def test_a_wrong_cursor_or_limit_is_refused(bureau: Bureau, query: str) -> None:
    name, _, value = query.partition("=")
    document = problem(bureau.get(f"/v1/assessments?{name}={quote(value)}"), 422)
    assert document["errors"][0]["field"] == name


def test_reconciliation_walks_every_record_once_in_the_order_of_what_happened(
    bureau: Bureau,
) -> None:
    for number in (5, 3, 1, 4, 2):
        bureau.put(content(number))
    bureau.press("pay", content(3)["serial"])
    walked: list[dict[str, object]] = []
    after: int | None = 0
    while after is not None:
        answer = bureau.listed(f"?after={after}&limit=2")
        walked += answer["assessments"]
        after = answer["next"]
    expected = [content(number)["serial"] for number in (5, 1, 4, 2, 3)]
    assert [each["serial"] for each in walked] == expected
    assert [each["cursor"] for each in walked] == [1, 3, 4, 5, 6]
    assert [each["state"] for each in walked] == ["received"] * 4 + ["paid"]
    assert walked[0] == bureau.record(expected[0])
    assert bureau.listed("?after=6") == {"assessments": [], "next": None}


def test_a_record_that_changes_while_the_pages_are_read_comes_again_at_the_end(
    bureau: Bureau,
) -> None:
    for number in (1, 2, 3):
        bureau.put(content(number))
    first = bureau.listed("?limit=2")
    assert ([each["cursor"] for each in first["assessments"]], first["next"]) == ([1, 2], 2)
    bureau.ask(serial=content(1)["serial"])
    rest = bureau.listed("?after=2&limit=2")
    assert [(each["cursor"], each["serial"]) for each in rest["assessments"]] == [
        (3, content(3)["serial"]),
        (4, content(1)["serial"]),
    ]
    assert rest["assessments"][1]["state"] == "revoking"
    assert rest["next"] == 4
    assert bureau.listed("?after=4&limit=2")["next"] is None


def test_a_repeated_message_moves_no_cursor(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask()
    before = bureau.record()
    assert bureau.put(CONTENT).status_code == 200
    assert bureau.ask().status_code == 202
    assert bureau.record() == before


def test_a_page_of_the_listing_is_found_by_an_index(bureau: Bureau, database: Path) -> None:
    with closing(schema.connect(database)) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {_HOLDING} WHERE a.cursor > 5 ORDER BY a.cursor LIMIT 9"
        ).fetchall()
    steps = [str(row["detail"]) for row in plan]
    assert steps[0] == "SEARCH a USING INDEX assessments_by_cursor (cursor>?)"
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step]
