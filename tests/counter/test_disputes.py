"""不是我办的 at the counters: on the desk with age and count, and settled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flexapp.assessment import repository
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.database import execute, rows, stored
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    assess,
    clerk,
    proxy_for,
    sign_in,
    state,
    transmit,
    work,
)

Desk = Callable[[str], LintingClient]
SAID = "本人到窗口说明，对方是其女儿"


@pytest.fixture
def wang(client: LintingClient) -> LintingClient:
    """王建国 of 大武口区, who is handled for."""
    sign_in(client, WANG.phone)
    return client


@pytest.fixture
def proxy(another: Callable[[], LintingClient]) -> LintingClient:
    """马兰, who handles for him."""
    found = another()
    sign_in(found, MA_LAN.phone)
    return found


@pytest.fixture
def serial(wang: LintingClient, proxy: LintingClient) -> str:
    """What she made in his name."""
    return assess(proxy, "2026-01", "2026-03", "60", proxy_for(proxy, WANG).path.rpartition("/")[2])


def dispute(client: LintingClient, serial: str) -> None:
    client.submit(client.page(f"/assessment/records/{serial}"), "不是我办的")


def settle(
    desk: LintingClient, choice: str, found: str = SAID, status: int = 200, number: int = 1
) -> Page:
    page = desk.page(f"/counter/disputes/{number}")
    return desk.submit(page, "确认", status, choice=choice, found=found)


def offered(desk: LintingClient, number: int = 1) -> set[str]:
    """What the officer can choose from."""
    form, _ = desk.page(f"/counter/disputes/{number}").form("确认")
    return {value for value in form.offered["choice"] if value}


def case(app: Flask) -> tuple[object, ...]:
    ((*found,),) = rows(app, "SELECT state, settled_at IS NOT NULL FROM dispute")
    return tuple(found)


def test_the_desk_says_how_many_wait_and_how_long(
    wang: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    desks = [at_the_desk(who) for who in ("jb01", "dt01", "sj01")]
    for desk in desks:
        assert "1 件" not in desk.page("/counter").words
    dispute(wang, serial)
    for desk in desks:
        assert "1 件，今天反映" in desk.page("/counter").words
    execute(app, "UPDATE dispute SET opened_at = '2026-11-21 02:00:00'")
    assert "1 件，已等 3 天" in at_the_desk("jb02").page("/counter").words
    assert "不是本人办的" not in at_the_desk("xz01").page("/counter").words


def test_the_list_is_oldest_first_and_pages_on(
    wang: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    dispute(wang, serial)
    execute(app, "UPDATE dispute SET about_seq = 1000")
    columns = (
        "person_id, about_action, by_proxy, opened_label, under_way, state, settled_label,"
        " opened_at"
    )
    for number in range(2, 43):
        execute(
            app,
            f"INSERT INTO dispute (about_seq, {columns}) SELECT ?, {columns} FROM dispute"
            " WHERE id = 1",
            1000 + number,
        )
    desk = at_the_desk("jb01")
    page, seen = desk.page("/counter/disputes"), list[int]()
    while True:
        links = [a.get("href", "") for article in page.all("article") for a in article.iter("a")]
        seen += [int(href.rpartition("/")[2]) for href in links]
        if "查看后面的" not in page.links():
            break
        page = desk.page(page.links()["查看后面的"])
    assert seen == list(range(1, 43))


def test_confirmed_lets_it_go_on_and_tells_both(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    dispute(wang, serial)
    page = settle(at_the_desk("jb01"), "confirm")
    assert page.path == "/counter/disputes/1"
    assert case(app) == ("confirmed", 1)
    assert SAID in page.words
    work(app)
    assert state(wang, serial) == "已传输"
    told = wang.page("/me/messages")
    assert "您反映的 2026年1月至3月 的核定有结果了：核实无误，可以继续办理" in told.texts("h2")
    assert f"经办机构的答复：{SAID}" in told.words
    assert "不是我办的" not in wang.page(f"/assessment/records/{serial}").buttons()
    hers = proxy.page("/me/messages")
    assert hers.texts("h2")[0] == "您代办的 2026年1月至3月 的核定有结果了：核实无误，可以继续办理"
    assert SAID not in hers.words


def test_revoked_frees_the_months_in_the_same_moment(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    dispute(wang, serial)
    settle(at_the_desk("dt01"), "revoke")
    assert case(app) == ("revoked", 1)
    assert state(wang, serial) == "已撤销"
    assert rows(app, "SELECT count(*) FROM assessed_month") == [(0,)]
    work(app)
    assert rows(app, "SELECT status FROM outbox_message") == [("dropped",)]
    query = "SELECT action FROM audit_event WHERE action IN ('assessment.revoke','dispute.settled')"
    assert rows(app, query + " ORDER BY seq") == [("assessment.revoke",), ("dispute.settled",)]


def test_closing_proxy_handling_ends_it_and_revokes_what_was_made(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    dispute(wang, serial)
    settle(at_the_desk("jb01"), "close_proxy")
    assert case(app) == ("proxy_closed", 1)
    assert state(wang, serial) == "已撤销"
    assert "已关闭" in wang.page("/me").words
    assert "没有找到可以代办的人" in proxy_for(proxy, WANG, 422).words


def test_what_is_transmitted_is_asked_back_first_and_the_case_stays_open(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    assert "已交给税务" in desk.page("/counter/disputes").words
    page = settle(desk, "revoke")
    assert "已经向税务申请撤销" in page.words
    assert case(app) == ("asked", 0)
    assert "等税务答复" in page.words
    assert "确认" not in page.buttons()
    assert "已向税务申请撤销，等税务答复" in wang.page("/me/messages").words
    assert "说错了，是我同意办的" not in wang.page("/me/messages").buttons()
    assert "说错了，是我同意办的" not in wang.page(f"/assessment/records/{serial}").buttons()
    assert "经办机构已向税务申请撤销" in proxy.page("/me/messages").texts("h2")[0]
    work(app)
    clerk(desk, serial, "同意撤销")
    work(app)
    assert "税务已撤销，请结案" in desk.page("/counter/disputes").words
    assert offered(desk) == {"revoke", "close_proxy"}
    assert "选“撤销”或“关闭代办”就办完" in desk.page("/counter/disputes/1").words
    settle(desk, "revoke")
    assert case(app) == ("revoked", 1)
    assert state(wang, serial) == "已撤销"


def test_what_the_tax_bureau_declines_is_decided_anew(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    settle(desk, "close_proxy")
    assert "已关闭" in wang.page("/me").words
    work(app)
    clerk(desk, serial, "不同意撤销", "已经扣款")
    work(app)
    assert "税务不同意撤销" in desk.page("/counter/disputes/1").words
    assert "税务不同意撤销，请结案" in desk.page("/counter/disputes").words
    assert offered(desk) == {"revoke", "confirm", "close_proxy", "elsewhere"}
    assert case(app) == ("asked", 0)
    settle(desk, "elsewhere")
    assert case(app) == ("elsewhere", 1)
    assert state(wang, serial) == "已传输"


def test_once_the_tax_bureau_has_answered_the_person_is_told_so_and_may_take_it_back(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    settle(desk, "revoke")
    assert "已向税务申请撤销，等税务答复" in wang.page(f"/assessment/records/{serial}").words
    work(app)
    clerk(desk, serial, "不同意撤销", "已经扣款")
    work(app)
    for page in (wang.page("/me/messages"), wang.page(f"/assessment/records/{serial}")):
        assert "等税务答复" not in page.words
        assert "说错了，是我同意办的" in page.buttons()
    assert "已向税务申请撤销，税务没有同意" in wang.page("/me/messages").words
    wang.submit(wang.page("/me/messages"), "说错了，是我同意办的")
    assert case(app) == ("withdrawn", 1)
    assert rows(app, "SELECT found IS NOT NULL, disputed_at FROM dispute, assessment") == [
        (1, None)
    ]


def test_once_the_tax_bureau_has_revoked_the_person_is_told_what_is_left_to_do(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    settle(desk, "revoke")
    work(app)
    clerk(desk, serial, "同意撤销")
    work(app)
    page = wang.page("/me/messages")
    assert "等税务答复" not in page.words
    assert "税务已撤销，在记录里按“撤销”就办完" in page.words
    assert "说错了，是我同意办的" not in page.buttons()


def test_paid_months_are_not_revoked_and_the_way_is_named(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    clerk(wang, serial, "标记已缴费")
    work(app)
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    assert offered(desk) == {"confirm", "close_proxy", "elsewhere"}
    assert "退费由税务部门办理" in desk.page("/counter/disputes/1").words
    settle(desk, "elsewhere", "已带本人到税务窗口申请退费")
    assert case(app) == ("elsewhere", 1)
    assert state(wang, serial) == "已缴费"
    assert "已带本人到税务窗口申请退费" in wang.page("/me/messages").words


@pytest.mark.parametrize(
    ("choice", "found", "sentence"),
    [
        ("", SAID, "请选择核实的结果"),
        ("confirm", "", "请写明核实的情况"),
        ("confirm", "好", "请写明核实的情况"),
    ],
)
def test_without_a_result_and_words_nothing_is_settled(
    wang: LintingClient,
    serial: str,
    at_the_desk: Desk,
    app: Flask,
    choice: str,
    found: str,
    sentence: str,
) -> None:
    dispute(wang, serial)
    page = settle(at_the_desk("jb01"), choice, found, 422)
    assert sentence in page.words
    assert case(app) == ("open", 0)


def test_whose_own_doing_is_disputed_does_not_settle_it(
    wang: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=WANG.identity)
    made = desk.submit(
        desk.page(f"{person.path}/assess"), "核定", start="2026-01", end="2026-02", base="60"
    )
    assert made.path == person.path
    wang.submit(wang.page("/me/messages"), "不是我办的")
    page = desk.page("/counter/disputes/1")
    assert "反映的这件事是您经手的" in page.words
    assert "确认" not in page.buttons()
    token = desk.page("/counter").form("退出登录")[0].fields["csrf_token"]
    data = {"csrf_token": token, "choice": "confirm", "found": SAID}
    answer = desk.post("/counter/disputes/1", data=data)
    assert answer.status_code == 422
    assert case(app) == ("open", 0)
    assert settle(at_the_desk("jb01"), "confirm").path == "/counter/disputes/1"


def test_a_hall_sees_only_people_of_its_divisions(
    wang: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    dispute(wang, serial)
    execute(app, "UPDATE registration SET division = '640502' WHERE superseded_at IS NULL")
    hall = at_the_desk("dt01")
    assert "没有等核实的" in hall.page("/counter/disputes").words
    before = stored(app)
    known, unknown = hall.get("/counter/disputes/1"), hall.get("/counter/disputes/77")
    assert known.status_code == unknown.status_code == 404
    assert stored(app) == before
    assert offered(at_the_desk("jb01")) == {"revoke", "confirm", "close_proxy"}


def test_at_a_hall_somebody_without_a_phone_disputes_and_it_is_held_back(
    proxy: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    execute(app, "UPDATE registration SET division = '640104' WHERE superseded_at IS NULL")
    serial = assess(proxy, "2026-01", "2026-02", "60", proxy_for(proxy, DING).path.split("/")[2])
    transmit(proxy, serial)
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=DING.identity)
    record = desk.page(f"{person.path}/records/{serial}")
    page = desk.submit(record, "本人反映不是本人办的")
    assert page.path == "/counter/disputes/1"
    assert "大厅经办员" in page.words
    work(app)
    assert rows(app, "SELECT state FROM assessment") == [("queued",)]
    again = desk.page(f"{person.path}/records/{serial}")
    assert "核实前不会传输" in again.words
    assert again.links()["核实和结案"] == "/counter/disputes/1"
    assert "本人反映不是本人办的" not in again.buttons()


def test_at_a_hall_also_what_was_done_with_ones_own_account_is_disputed(
    wang: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    serial = assess(wang, "2026-01", "2026-02")
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=WANG.identity)
    desk.submit(desk.page(f"{person.path}/records/{serial}"), "本人反映不是本人办的")
    assert offered(desk) == {"revoke", "confirm"}
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action LIKE 'proxy.%'") == [(0,)]
    page = wang.page("/me/messages")
    assert "说错了，是我同意办的" in page.buttons()


def test_settling_twice_changes_nothing_more(
    wang: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    dispute(wang, serial)
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    page = second.page("/counter/disputes/1")
    settle(first, "confirm")
    before = stored(app)
    late = second.submit(page, "确认", 422, choice="revoke", found=SAID)
    assert "已经核实完" in late.words
    assert stored(app) == before


def test_the_words_of_a_case_are_stored_encrypted_and_in_no_event(
    wang: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    dispute(wang, serial)
    settle(at_the_desk("jb01"), "confirm")
    assert SAID not in str(rows(app, "SELECT found FROM dispute"))
    assert SAID not in str(rows(app, "SELECT data FROM audit_event"))


def test_what_turned_out_not_to_have_arrived_is_not_called_with_the_tax_bureau(
    wang: LintingClient, proxy: LintingClient, serial: str, at_the_desk: Desk, app: Flask
) -> None:
    transmit(proxy, serial)
    execute(app, "UPDATE assessment SET claimed = true")
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    assert "已交给税务" in desk.page("/counter/disputes").words
    execute(app, "UPDATE assessment SET claimed = false")
    assert "已交给税务" not in desk.page("/counter/disputes").words
    assert "结案以前不会传输" in desk.page("/counter/disputes/1").words
    assert "核实前不会传输" in wang.page("/me/messages").words


def test_where_nobody_handled_for_them_closing_proxy_handling_is_not_named(
    wang: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    serial = assess(wang, "2026-01", "2026-02")
    transmit(wang, serial)
    work(app)
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=WANG.identity)
    desk.submit(desk.page(f"{person.path}/records/{serial}"), "本人反映不是本人办的")
    settle(desk, "revoke")
    work(app)
    clerk(desk, serial, "同意撤销")
    work(app)
    page = desk.page("/counter/disputes/1")
    assert "税务已经撤销：选“撤销”就办完" in page.words
    assert "关闭代办" not in page.words


def test_settling_and_revoking_at_once_do_not_wait_for_each_other_for_ever(
    wang: LintingClient,
    serial: str,
    at_the_desk: Desk,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispute(wang, serial)
    desk = at_the_desk("jb01")
    settling = desk.page("/counter/disputes/1")
    revoking = wang.submit(wang.page(f"/assessment/records/{serial}"), "撤销")
    set_state = repository.set_state

    def slowly(*about: Any, **values: Any) -> object:
        moved = set_state(*about, **values)
        time.sleep(0.5)
        return moved

    monkeypatch.setattr(repository, "set_state", slowly)

    def act(number: int) -> None:
        time.sleep(0.2 * number)
        if number == 0:
            statuses.append(wang.repeat(revoking, "确认").status_code)
        else:
            answer = desk.repeat(settling, "确认", choice="revoke", found=SAID)
            statuses.append(answer.status_code)

    statuses: list[int] = []
    at_once(2, act)
    assert sorted(statuses) == [303, 422]
    assert case(app) == ("revoked", 1)
