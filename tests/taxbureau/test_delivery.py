"""Telling the product: in order, until it has noted it, and never lost whatever goes wrong."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from flexapp.taxbureau import deliver_events, schema
from flexapp.taxbureau.outbox import LEASE
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content, open_bureau
from tests.taxbureau.product import OTHER_KEY, Behaviour, Product

DETAIL = f"/assessments/{SERIAL}"
Break = Callable[[Product], Behaviour]


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer", request=request)


def refusing_to_connect(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens", request=request)


def reset(_: httpx.Request) -> httpx.Response:
    raise ConnectionResetError


def bare(status: int) -> Behaviour:
    """An answer that anybody on the way could have written."""

    def behave(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"event_id": json.loads(request.content)["event_id"]})

    return behave


def altered(product: Product) -> Behaviour:
    def behave(request: httpx.Request) -> httpx.Response:
        answer = product.signed(request, 200, {"outcome": "applied"})
        return httpx.Response(200, content=answer.content + b" ", headers=answer.headers)

    return behave


def by_another_key(product: Product) -> Behaviour:
    return Product(product.clock, OTHER_KEY).answering(200)


RETRIED: dict[str, Break] = {
    "a timeout": lambda _: silent,
    "no connection": lambda _: refusing_to_connect,
    "a reset": lambda _: reset,
    "401": lambda _: bare(401),
    "401 that is signed": lambda product: product.answering(401),
    "500": lambda _: bare(500),
    "500 that is signed": lambda product: product.answering(500),
    "503 that is signed": lambda product: product.answering(503),
    "404 that is signed": lambda product: product.answering(404),
    "a redirect": lambda _: bare(302),
    "an unsigned 200": lambda _: bare(200),
    "an unsigned 409": lambda _: bare(409),
    "an unsigned 422": lambda _: bare(422),
    "an altered body": altered,
    "another status than was signed": lambda product: product.answering(200, status=202),
    "the answer to another request": lambda product: product.answering(200, irt="a" * 22),
    "an answer of somebody else": lambda product: product.answering(200, iss="nx-tax-bureau"),
    "an answer to somebody else": lambda product: product.answering(200, aud="somebody"),
    "an answer that has expired": lambda product: product.answering(200, iat=0, exp=60),
    "an unknown key": by_another_key,
}


def test_every_event_is_told_as_the_protocol_says(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.put(content(2))
    bureau.ask()
    bureau.press("decline", reason="已在扣款")
    bureau.ask("ask-2")
    bureau.press("agree")
    bureau.press("revoke", content(2)["serial"], reason="重复申报")
    while bureau.tell():
        pass
    # `Product.handle` checks each signature.
    assert bureau.product.unbelieved == 0
    assert [
        (e["cursor"], e["serial"], e["event"], e["reason"], e["request_id"])
        for e in sorted(bureau.product.heard, key=lambda each: int(each["cursor"]))
    ] == [
        (1, SERIAL, "received", None, None),
        (2, content(2)["serial"], "received", None, None),
        (4, SERIAL, "revocation_declined", "已在扣款", "ask-1"),
        (6, SERIAL, "revoked", None, "ask-2"),
        (7, content(2)["serial"], "revoked", "重复申报", None),
    ]
    ids = {each["event_id"] for each in bureau.product.heard}
    assert len(ids) == 5
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in ids)
    assert bureau.product.heard[0] == {
        "event_id": bureau.product.heard[0]["event_id"],
        "cursor": 1,
        "serial": SERIAL,
        "event": "received",
        "at": "2026-11-23T09:15:03.000+08:00",
        "reason": None,
        "request_id": None,
    }


def test_the_cursor_of_the_last_event_is_the_cursor_of_the_record(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask()
    bureau.press("decline", reason="已在扣款")
    bureau.press("pay")
    bureau.events()
    assert bureau.product.heard[-1]["cursor"] == bureau.record()["cursor"] == 4


def test_a_round_tells_each_event_once_and_the_next_one_has_nothing_left(bureau: Bureau) -> None:
    for number in (1, 2, 3):
        bureau.put(content(number))
    assert bureau.tell(limit=2) == 2
    assert bureau.tell() == 1
    assert bureau.tell() == 0
    assert len(bureau.product.calls) == 3


def test_an_event_waits_for_the_earlier_one_of_its_serial_and_for_no_other(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.press("pay")
    bureau.put(content(2))
    bureau.product.then(silent)
    assert bureau.tell() == 1
    assert [each["serial"] for each in bureau.product.heard] == [content(2)["serial"]]
    bureau.clock.go_on(1)
    assert bureau.tell() == 2
    assert bureau.events()[1:] == [(SERIAL, "received"), (SERIAL, "paid")]


@pytest.mark.parametrize("why", RETRIED)
def test_what_is_not_surely_noted_is_told_again_under_the_same_event_id(
    bureau: Bureau, why: str
) -> None:
    bureau.put(CONTENT)
    bureau.product.then(RETRIED[why](bureau.product))
    assert bureau.tell() == 0
    assert "尚未告知社保 1 条" in bureau.page("/")
    assert "已试 1 次" in bureau.page(DETAIL)
    bureau.clock.go_on(1)
    assert bureau.tell() == 1
    assert bureau.product.calls[0] == bureau.product.calls[1]
    assert "尚未告知" not in bureau.page("/")


def test_the_waits_double_up_to_a_minute_with_half_of_each_left_to_chance(
    bureau: Bureau, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[tuple[float, float]] = []

    def most(least: float, greatest: float) -> float:
        bounds.append((least, greatest))
        return greatest

    monkeypatch.setattr("flexapp.taxbureau.outbox.random.uniform", most)
    bureau.put(CONTENT)
    waits: list[int] = []
    for _ in range(9):
        bureau.product.then(silent)
        assert bureau.tell() == 0
        waited = 0
        while len(bureau.product.calls) == len(waits) + 1:
            waited += 1
            bureau.clock.go_on(1)
            bureau.product.then(silent)
            bureau.tell()
        waits.append(waited)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert set(bounds) == {(0.5, 1)}


@pytest.mark.parametrize("status", [409, 413, 422])
def test_what_the_product_does_not_accept_is_parked_and_shown_and_holds_nothing_back(
    bureau: Bureau, status: int
) -> None:
    bureau.put(CONTENT)
    bureau.product.then(bureau.product.answering(status))
    assert bureau.tell() == 0
    bureau.clock.go_on(1000)
    assert bureau.tell() == 0
    assert len(bureau.product.calls) == 1
    listing, detail = bureau.page("/"), bureau.page(DETAIL)
    assert "有 1 条社保没有接受，不再告知" in listing
    assert f'<a href="{DETAIL}">{SERIAL}</a>' in listing
    assert "尚未告知" not in listing
    assert "有 1 条社保没有接受，不再告知" in detail
    assert f"社保没有接受，不再告知。社保答复 {status}：内容有误，没有保存。" in detail
    bureau.press("pay")
    assert bureau.events() == [(SERIAL, "paid")]


def test_the_signed_answer_is_kept_with_what_it_answers(bureau: Bureau, database: Path) -> None:
    bureau.put(CONTENT)
    answers: list[httpx.Response] = []
    requests: list[httpx.Request] = []

    def behave(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answers.append(bureau.product.signed(request, 200, {"outcome": "applied"}))
        return answers[0]

    bureau.product.then(behave)
    assert bureau.tell() == 1
    connection = schema.connect(database)
    kept = connection.execute("SELECT signed, answer, answer_body FROM deliveries").fetchone()
    connection.close()
    assert tuple(kept) == (
        requests[0].headers["Message-Signature"],
        answers[0].headers["Message-Signature"],
        answers[0].content,
    )


def test_eight_threads_that_tell_at_once_lose_nothing_and_keep_the_order(bureau: Bureau) -> None:
    each = 10
    for number in range(1, each + 1):
        serial = content(number)["serial"]
        bureau.put(content(number))
        bureau.ask(f"ask-{number}", serial=serial)
        bureau.press("decline", serial, reason="已在扣款")
        bureau.press("pay", serial)
    gate = threading.Barrier(8)

    def work(teller: Bureau) -> int:
        gate.wait()
        noted = 0
        for _ in range(60):
            noted += teller.tell(limit=5)
        return noted

    with ThreadPoolExecutor(8) as pool:
        noted = list(pool.map(work, [bureau.fresh() for _ in range(8)]))
    assert sum(noted) == 3 * each
    heard = bureau.events()
    assert len(heard) == 3 * each
    for number in range(1, each + 1):
        told = [event for serial, event in heard if serial == content(number)["serial"]]
        assert told == ["received", "revocation_declined", "paid"]


def test_what_a_dead_process_had_in_hand_is_told_when_its_lease_is_over(bureau: Bureau) -> None:
    bureau.put(CONTENT)

    def dying(_: httpx.Request) -> httpx.Response:
        raise SystemExit

    bureau.product.then(dying)
    with pytest.raises(SystemExit):
        bureau.tell()
    bureau.clock.go_on(LEASE - 1)
    assert bureau.tell() == 0
    bureau.clock.go_on(1)
    assert bureau.tell() == 1


def test_an_event_in_hand_is_not_offered_by_another_and_no_transaction_is_open(
    bureau: Bureau, database: Path
) -> None:
    bureau.put(CONTENT)
    inner: list[object] = []

    def behave(request: httpx.Request) -> httpx.Response:
        inner.append(bureau.fresh().tell())
        other = schema.connect(database)
        # Fails at once where anything is open for writing.
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
        return bureau.product.signed(request, 200, {"outcome": "applied"})

    bureau.product.then(behave)
    assert bureau.tell() == 1
    assert inner == [0]
    assert len(bureau.product.calls) == 1


def test_a_late_failure_does_not_undo_what_another_has_told(bureau: Bureau) -> None:
    bureau.put(CONTENT)

    def slow(request: httpx.Request) -> httpx.Response:
        bureau.clock.go_on(LEASE)
        assert bureau.fresh().tell() == 1
        raise httpx.ReadTimeout("too late", request=request)

    bureau.product.then(slow)
    assert bureau.tell() == 0
    bureau.clock.go_on(1000)
    assert bureau.tell() == 0
    assert len(bureau.product.heard) == 1
    assert "已告知社保（09:15:33），社保已照办" in bureau.page(DETAIL)


def test_a_late_refusal_does_not_park_what_another_has_told(bureau: Bureau) -> None:
    bureau.put(CONTENT)

    def slow(request: httpx.Request) -> httpx.Response:
        bureau.clock.go_on(LEASE)
        assert bureau.fresh().tell() == 1
        return bureau.product.answering(422)(request)

    bureau.product.then(slow)
    assert bureau.tell() == 0
    assert "没有接受" not in bureau.page(DETAIL)


def test_a_restart_goes_on_telling(bureau: Bureau, database: Path) -> None:
    bureau.put(CONTENT)
    bureau.product.then(silent)
    assert bureau.tell() == 0
    again = open_bureau(database, bureau.clock, bureau.product)
    bureau.clock.go_on(1)
    assert again.events() == [(SERIAL, "received")]


def test_events_go_below_the_base_url_and_follow_no_redirect(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "http://elsewhere.test/"})

    transport = httpx.MockTransport(handle)
    with httpx.Client(transport=transport, base_url="http://product.test/below") as client:
        assert deliver_events(bureau.app, client) == 0
    assert asked == ["http://product.test/below/tax/v1/events"]


def test_what_is_due_is_found_by_an_index(bureau: Bureau, database: Path) -> None:
    query = bureau.app.extensions["taxbureau_delivery"]._outbox._due(False)
    with closing(schema.connect(database)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", (0, 1)).fetchall()
    asked = [str(row["detail"]) for row in plan]
    assert "SEARCH d USING INDEX deliveries_due (due<?)" in asked
    assert not [step for step in asked if step.startswith("SCAN") or "TEMP B-TREE" in step]
