"""Faults on request: each does what its card says, to as many messages, and then stops."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from joserfc.errors import InvalidKeyIdError

from flexapp.taxbureau.faults import Faults, Kind, Scope
from flexapp.taxbureau.store import Store
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, Clock, content, open_bureau, problem
from tests.taxbureau.test_process import running


@pytest.fixture
def switch(bureau: Bureau, database: Path) -> Faults:
    """The switches, as another process has them: through the database."""
    return Faults(Store(database, Clock()))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, without waiting them."""
    waited: list[float] = []
    monkeypatch.setattr("flexapp.taxbureau.faults.time.sleep", waited.append)
    return waited


def test_nothing_is_on_at_the_start(bureau: Bureau, switch: Faults) -> None:
    assert switch.active() == ()
    assert "故障演示已打开" not in bureau.page("/")
    assert bureau.put(CONTENT).status_code == 201


def test_a_slow_bureau_waits_and_then_takes_it(
    bureau: Bureau, switch: Faults, waits: list[float]
) -> None:
    switch.switch_on(Kind.SLOW, seconds=7, remaining=1)
    assert bureau.put(CONTENT).status_code == 201
    assert bureau.put(content(2)).status_code == 201
    assert waits == [7]


def test_a_500_takes_nothing_and_ends_after_so_many(bureau: Bureau, switch: Faults) -> None:
    switch.switch_on(Kind.ERROR, remaining=2)
    problem(bureau.put(CONTENT), 500)
    problem(bureau.put(CONTENT), 500)
    assert bureau.events() == []
    assert bureau.put(CONTENT).status_code == 201
    assert switch.active() == ()


@pytest.mark.parametrize(("kind", "waited"), [(Kind.DROP, 0), (Kind.HANG, 30)])
def test_what_is_cut_off_was_taken_all_the_same(
    bureau: Bureau, switch: Faults, waits: list[float], kind: Kind, waited: float
) -> None:
    switch.switch_on(kind, seconds=waited, remaining=1)
    with pytest.raises(ConnectionResetError):
        bureau.put(CONTENT)
    assert waits == [waited]
    assert bureau.events() == [(SERIAL, "received")]
    assert bureau.put(CONTENT).status_code == 200


def test_a_revocation_request_that_is_cut_off_was_noted(bureau: Bureau, switch: Faults) -> None:
    bureau.put(CONTENT)
    switch.switch_on(Kind.DROP, remaining=1)
    with pytest.raises(ConnectionResetError):
        bureau.ask()
    assert bureau.state() == "revoking"


def test_questions_are_struck_only_where_everything_is(bureau: Bureau, switch: Faults) -> None:
    bureau.put(CONTENT)
    switch.switch_on(Kind.ERROR)
    assert bureau.get(f"/v1/assessments/{SERIAL}").status_code == 200
    assert bureau.get("/v1/assessments").status_code == 200
    switch.switch_on(Kind.ERROR, scope=Scope.ALL)
    for path in (f"/v1/assessments/{SERIAL}", "/v1/assessments"):
        problem(bureau.get(path), 500)
    switch.switch_off(Kind.ERROR)
    assert bureau.get("/v1/assessments").status_code == 200


def test_a_stranger_uses_up_no_fault(bureau: Bureau, switch: Faults) -> None:
    switch.switch_on(Kind.ERROR, remaining=1)
    path = f"/v1/assessments/{SERIAL}"
    assert bureau.client.put(path, json=CONTENT).status_code == 401
    problem(bureau.put(CONTENT), 500)


def test_a_share_strikes_about_that_many(bureau: Bureau, switch: Faults) -> None:
    switch.switch_on(Kind.ERROR, percent=30)
    struck = sum(bureau.put(CONTENT).status_code == 500 for _ in range(400))
    # Six standard deviations to either side: wrong once in hundreds of millions of runs.
    assert 65 <= struck <= 175


def test_events_come_twice_and_mixed_up_and_still_all_of_them(
    bureau: Bureau, switch: Faults
) -> None:
    expected = []
    for number in range(1, 25):
        serial = content(number)["serial"]
        bureau.put(content(number))
        bureau.press("pay", serial)
        expected += [(serial, "received"), (serial, "paid")]
    switch.switch_on(Kind.GARBLE)
    # Each counts once, however often it was told.
    assert bureau.tell() == len(expected)
    heard = bureau.events()
    assert sorted(heard) == sorted(expected * 2)
    assert heard != sorted(heard)
    # Not only between records: of one of them too, the later event comes before the earlier one.
    firsts = {each: heard.index(each) for each in expected}
    assert any(firsts[serial, "paid"] < firsts[serial, "received"] for serial, _ in expected)
    assert len({each["event_id"] for each in bureau.product.heard}) == len(expected)
    assert bureau.tell() == 0


def test_only_as_many_events_are_garbled_as_were_asked_for(bureau: Bureau, switch: Faults) -> None:
    for number in range(1, 9):
        bureau.put(content(number))
        bureau.press("pay", content(number)["serial"])
    switch.switch_on(Kind.GARBLE, remaining=1)
    heard = bureau.events()
    assert len(heard) == 17
    assert switch.active() == ()
    doubled = next(each for each in heard if heard.count(each) == 2)
    for serial in {serial for serial, _ in heard} - {doubled[0]}:
        told = [event for other, event in heard if other == serial]
        assert told == ["received", "paid"]


def test_a_share_of_garbled_events_leaves_the_rest_in_order(bureau: Bureau, switch: Faults) -> None:
    for number in range(1, 41):
        bureau.put(content(number))
        bureau.press("pay", content(number)["serial"])
    switch.switch_on(Kind.GARBLE, percent=30)
    heard = bureau.events()
    doubled = {each for each in heard if heard.count(each) == 2}
    assert len(heard) == 80 + len(doubled)
    # Six standard deviations to either side.
    assert 1 <= len(doubled) <= 48
    for serial in {serial for serial, _ in heard}:
        if not {(serial, "received"), (serial, "paid")} & doubled:
            assert heard.index((serial, "received")) < heard.index((serial, "paid"))


def test_wrongly_signed_answers_are_about_what_was_taken_all_the_same(
    bureau: Bureau, switch: Faults
) -> None:
    switch.switch_on(Kind.SIGN, remaining=1)
    path, body = f"/v1/assessments/{SERIAL}", json.dumps(CONTENT).encode()
    claims = bureau.claims("PUT", path, body)
    answer = bureau.send("PUT", path, body, bureau.sign(claims))
    assert answer.status_code == 201
    with pytest.raises(InvalidKeyIdError):
        bureau.check(answer, claims["jti"])
    assert switch.active() == ()
    assert bureau.put(CONTENT).status_code == 200


def test_questions_are_answered_with_the_wrong_signature_only_where_everything_is(
    bureau: Bureau, switch: Faults
) -> None:
    bureau.put(CONTENT)
    switch.switch_on(Kind.SIGN)
    assert bureau.get("/v1/assessments").status_code == 200
    switch.switch_on(Kind.SIGN, scope=Scope.ALL)
    claims = bureau.claims("GET", "/v1/assessments")
    answer = bureau.send("GET", "/v1/assessments", b"", bureau.sign(claims))
    with pytest.raises(InvalidKeyIdError):
        bureau.check(answer, claims["jti"])


def test_wrongly_signed_events_are_not_believed_and_come_again(
    bureau: Bureau, switch: Faults
) -> None:
    bureau.put(CONTENT)
    switch.switch_on(Kind.SIGN, remaining=1)
    assert bureau.tell() == 0
    assert (bureau.product.unbelieved, bureau.product.heard) == (1, [])
    assert switch.active() == ()
    assert "尚未告知社保 1 条" in bureau.page("/")
    bureau.clock.go_on(1)
    assert bureau.events() == [(SERIAL, "received")]


@pytest.mark.parametrize(
    "wrong",
    [{"percent": 0}, {"percent": 101}, {"seconds": -1}, {"seconds": 121}, {"remaining": 0}],
)
def test_switching_on_something_out_of_bounds_is_a_mistake(
    switch: Faults, wrong: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="is"):
        switch.switch_on(Kind.SLOW, **wrong)  # type: ignore[arg-type]


# The page.


def post(bureau: Bureau, path: str, **fields: str) -> tuple[int, str]:
    """Press a button of the page; the status and the page one lands on."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', bureau.page("/faults"))
    assert found
    answer = bureau.client.post(path, data={**fields, "csrf_token": found[1]})
    landed = bureau.client.get("/faults") if answer.status_code == 303 else answer
    return answer.status_code, landed.get_data(as_text=True)


def test_a_clerk_switches_a_fault_on_and_off_and_every_page_says_so(
    bureau: Bureau, switch: Faults
) -> None:
    assert 'href="/faults"' in bureau.page("/")
    status, page = post(
        bureau, "/faults/hang", unit="percent", amount="30", seconds="20", scope="all"
    )
    assert status == 303
    assert "已打开：没有回音" in page
    (on,) = switch.active()
    assert (on.kind, on.seconds, on.remaining, on.percent, on.scope) == (
        Kind.HANG,
        20,
        None,
        30,
        Scope.ALL,
    )
    assert "故障演示已打开：没有回音（所有请求的 30%，直到关闭，20 秒）" in bureau.page("/")
    assert post(bureau, "/faults/hang/off")[0] == 303
    assert switch.active() == ()


def test_all_faults_go_off_together(bureau: Bureau, switch: Faults) -> None:
    for kind in Kind:
        fields = {"unit": "messages", "amount": "3", "seconds": "1"}
        assert post(bureau, f"/faults/{kind.value}", **fields)[0] == 303
    assert [fault.kind for fault in switch.active()] == list(Kind)
    assert post(bureau, "/faults/off")[0] == 303
    assert switch.active() == ()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("amount", "", "请填 1 至 100 的整数"),
        ("amount", "101", "请填 1 至 100 的整数"),
        ("amount", "<b>", "请填 1 至 100 的整数"),
        ("seconds", "121", "请填 1 至 120 的整数"),
        ("seconds", "1.5", "请填 1 至 120 的整数"),
    ],
)
def test_a_wrong_number_is_said_beside_its_field_and_kept(
    bureau: Bureau, switch: Faults, field: str, typed: str, sentence: str
) -> None:
    fields = {"unit": "percent", "amount": "5", "seconds": "5"} | {field: typed}
    status, page = post(bureau, "/faults/slow", **fields)
    assert status == 422
    assert sentence in page
    assert f'value="{typed.replace("<b>", "&lt;b&gt;")}"' in page
    assert switch.active() == ()


def test_a_page_that_is_too_old_changes_nothing(bureau: Bureau, switch: Faults) -> None:
    answer = bureau.client.post("/faults/error", data={"amount": "1", "csrf_token": "old"})
    assert answer.status_code == 400
    assert "页面打开太久了" in answer.get_data(as_text=True)
    assert switch.active() == ()


def test_without_clerk_pages_a_row_in_the_database_still_works(database: Path) -> None:
    bureau = open_bureau(database, demo=False)
    assert bureau.client.get("/faults").status_code == 404
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO faults (kind, remaining) VALUES ('error', 1)")
        connection.commit()
    problem(bureau.put(CONTENT), 500)
    assert bureau.put(CONTENT).status_code == 201


def test_a_real_connection_is_cut_before_the_answer_is_whole(
    database: Path, tmp_path: Path
) -> None:
    path, body = f"/v1/assessments/{SERIAL}", json.dumps(CONTENT).encode()
    with running(database, tmp_path) as caller:
        switch = Faults(Store(database, Clock()))
        switch.switch_on(Kind.DROP, remaining=1)
        with pytest.raises(httpx.RemoteProtocolError):
            caller.call("PUT", path, body)
        assert caller.call("GET", path).status_code == 200
        switch.switch_on(Kind.HANG, seconds=2, remaining=1)
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            caller.call("PUT", path, body, timeout=0.5)
        assert time.monotonic() - began < 2
        assert caller.call("PUT", path, body).status_code == 200


def test_control_characters_do_not_come_back_with_a_refused_fault(bureau: Bureau) -> None:
    status, page = post(bureau, "/faults/slow", unit="percent", amount="5", seconds="\x7f\x80x")
    assert status == 422
    assert 'value="x"' in page
