"""What clerks do for the people in front of them: found, registered, assessed, bounded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from flexapp.counter import cases
from flexapp.counter.cases import covers
from flexapp.rules.limits import PEOPLE_FOUND
from flexapp.rules.roles import Role
from flexapp.staff.service import Clerk
from flexapp.web.forms import MARK
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import raw_bytes, rows
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    Resident,
    assess,
    clerk,
    identity,
    newcomer,
    proxy_for,
    sign_in,
    state,
    work,
)

AtTheDesk = Callable[[str], LintingClient]
Another = Callable[[], LintingClient]
ADDRESS = "石嘴山市大武口区朝阳街道一号院"


def serve(desk: LintingClient, who: Resident) -> Page:
    """Enter the ID number of somebody we know; their page."""
    page = desk.submit(desk.page("/counter/people"), "查找", identity=who.identity)
    assert page.title == "居民信息"
    return page


def at(page: Page, path: str) -> str:
    """An address under the person's page."""
    return page.path + path


def events(app: Flask, action: str) -> list[tuple[object, ...]]:
    query = (
        "SELECT person_id, subject, actor_kind, actor_label, channel, data"
        " FROM audit_event WHERE action = ? ORDER BY seq"
    )
    return rows(app, query, action)


def assess_for(desk: LintingClient, person: Page, start: str, end: str, base: str = "60") -> str:
    """核定 at the counter; the serial."""
    form = desk.page(at(person, "/assess"))
    done = desk.submit(form, "核定", start=start, end=end, base=base)
    found = re.search(r"核定流水号 (\d{20})", done.words)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("user_name", ["xz01", "dt01"])
def test_a_clerk_finds_a_person_by_number_and_the_person_is_told(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient, user_name: str
) -> None:
    desk = at_the_desk(user_name)
    page = serve(desk, MA_LAN)
    assert "马*" in page.words
    assert "马兰" not in page.words
    assert MA_LAN.identity not in page.words
    assert "银川市兴庆区演示路1号" in page.words
    assert MA_LAN.identity not in page.path
    ((_, _, kind, label, channel, _),) = events(app, "counter.opened")
    assert kind == "staff"
    assert channel == {"xz01": "township", "dt01": "hall"}[user_name]
    sign_in(client, MA_LAN.phone)
    told = client.page("/me/messages").texts("article")[0]
    assert "打开了您的参保信息" in told
    assert str(label) in told
    assert "不是我办的" in told


def test_numbers_of_15_digits_and_residence_permits_are_read_too(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("xz01")
    page = desk.page("/counter/people")
    for number in ("64010419850312001", "83000019850312001"):
        answer = desk.submit(page, "查找", identity=identity(number))
        assert "还没有这个身份证号的人" in answer.words
    whole = identity("64010419850312001")
    asked = desk.submit(page, "查找", 422, identity="640104-850312-001")
    assert f"换算成 18 位是 {whole}" in asked.errors["identity"]
    assert asked.value("identity") == whole
    assert "还没有这个身份证号的人" in desk.submit(asked, "查找").words
    for wrong in ("", "马兰", "640104198503120022"):
        assert desk.submit(page, "查找", 422, identity=wrong).errors["identity"]


def test_nobody_is_found_by_name(at_the_desk: AtTheDesk) -> None:
    form, _ = at_the_desk("dt01").page("/counter/people").form("查找")
    own = {name for name in form.fields if not name.startswith(MARK)}
    assert own == {"csrf_token", "typist", "identity"}


def test_a_case_is_its_clerks_own_and_ends_after_an_hour(
    at_the_desk: AtTheDesk, clock: Clock
) -> None:
    desk = at_the_desk("dt01")
    path = serve(desk, MA_LAN).path
    assert at_the_desk("xz01").page(path, 404)
    for _ in range(3):
        clock.advance(minutes=19)
        desk.page(path)
    clock.advance(minutes=4)
    ended = desk.page(path)
    assert "请重新输入" in ended.alert
    assert ended.title == "居民业务"


def test_a_township_creates_and_registers_somebody_new(at_the_desk: AtTheDesk, app: Flask) -> None:
    desk, new = at_the_desk("xz01"), newcomer()
    page = desk.submit(desk.page("/counter/people"), "查找", identity=new.identity)
    assert desk.submit(page, "新建", 422).errors["name"]
    person = desk.submit(desk.submit(page, "新建", name=new.name), "确认新建")
    assert "还没有参保登记" in person.words
    form = desk.page(at(person, "/registration"))
    done = desk.submit(form, "提交", division="640202", ethnic_group="01", address=ADDRESS)
    assert done.path == person.path
    assert "大武口区灵活就业人员虚拟单位" in done.words
    ((_, _, kind, label, channel, _),) = events(app, "registration.made")[-1:]
    assert (kind, label, channel) == ("staff", "乡镇经办员 马**（xz01）", "township")
    for text in (new.name, new.identity, ADDRESS):
        assert text.encode() not in raw_bytes(app)


def test_who_is_known_under_another_name_is_not_created_again(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk, new = at_the_desk("xz01"), newcomer()
    page = desk.submit(desk.page("/counter/people"), "查找", identity=new.identity)
    answer = desk.submit(page, "新建", 422, name="张三", identity=MA_LAN.identity)
    assert "与填写的不一致" in answer.errors["name"]
    assert events(app, "counter.person_added") == []


def test_a_change_shows_old_and_new_before_it_takes_effect(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk = at_the_desk("xz01")
    person = serve(desk, MA_LAN)
    form = desk.page(at(person, "/registration"))
    assert form.value("address") == "银川市兴庆区演示路1号"
    review = desk.submit(form, "提交", division="640202", address=ADDRESS)
    assert "请核对要变更的内容" in review.words
    assert events(app, "registration.changed") == []
    back = desk.submit(review, "返回修改")
    assert back.value("address") == ADDRESS
    done = desk.submit(review, "提交")
    assert ADDRESS in done.words
    ((_, _, kind, _, channel, _),) = events(app, "registration.changed")
    assert (kind, channel) == ("staff", "township")


def test_the_form_offers_the_counters_own_divisions_and_the_service_takes_no_other(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk = at_the_desk("xz01")
    form = desk.page(at(serve(desk, YANG), "/registration"))
    offered = form.form("提交")[0].offered["division"]
    assert set(offered) == {"", "640202", "640104"}
    answer = desk.submit(
        form, "提交", 422, by_hand=True, division="640502", ethnic_group="01", address=ADDRESS
    )
    assert "本窗口只能登记到" in answer.errors["division"]
    ((person, subject, _, _, _, data),) = events(app, "counter.refused")
    assert person is not None
    assert subject == "registration"
    assert data == '{"code":"other_division","what":"register"}'
    assert events(app, "registration.changed") == []


def test_who_is_registered_elsewhere_is_shown_by_place_only_and_can_be_moved_here(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    person = serve(desk, DING)
    assert "在同心县参保，不归本窗口" in person.words
    assert "演示路5号" not in person.words
    assert "请到同心县" in desk.page(at(person, "/assess"), 422).words
    form = desk.page(at(person, "/registration"))
    assert form.value("address") == ""
    review = desk.submit(form, "提交", division="640202", ethnic_group="01", address=ADDRESS)
    assert "同心县" in review.words
    assert "演示路5号" not in review.words
    moved = desk.submit(review, "提交")
    assert "大武口区灵活就业人员虚拟单位" in moved.words
    assert "2016年1月" in moved.words
    assert assess_for(desk, moved, "2026-01", "2026-03").startswith("640202")


def test_acting_for_somebody_registered_elsewhere_is_refused_and_noted(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    here, elsewhere = serve(desk, WANG), serve(desk, DING)
    form, _ = desk.page(at(here, "/assess")).form("核定")
    answer = desk.post(at(elsewhere, "/assess"), data=form.fields | {"base": "60"})
    assert answer.status_code == 422
    assert "参保地区是同心县，本窗口不能办理缴费核定" in answer.text
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]
    assert [data for *_, data in events(app, "counter.refused")] == [
        '{"code":"other_division","what":"assess"}'
    ]


def test_a_hall_assesses_and_transmits_and_everybody_sees_who_did(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    desk = at_the_desk("dt01")
    serial = assess_for(desk, serve(desk, MA_LAN), "2026-01", "2026-12")
    person = serve(desk, MA_LAN)
    assert "大厅经办员 李**（dt01）" in person.words
    assert "12055.20" in person.words
    assert rows(app, "SELECT made_by, made_by_staff IS NOT NULL, channel FROM assessment") == [
        (None, 1, "hall")
    ]
    desk.submit(desk.page(at(person, f"/records/{serial}")), "传输")
    work(app)
    assert desk.page(at(person, f"/records/{serial}")).texts("span", class_="tag") == ["已传输"]
    sign_in(client, MA_LAN.phone)
    assert state(client, serial) == "已传输"
    record = client.page(f"/assessment/records/{serial}")
    assert "大厅经办员 李**（dt01）" in record.words
    told = client.page("/me/messages").texts("article")
    assert "核定 2026年1月至12月，12055.20 元" in told[3]
    assert "不是我办的" in told[3]


def test_a_resident_disputes_what_a_clerk_did(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    desk = at_the_desk("dt01")
    assess_for(desk, serve(desk, MA_LAN), "2026-01", "2026-01")
    sign_in(client, MA_LAN.phone)
    page = client.submit(client.page("/me/messages"), "不是我办的")
    assert "您反映了一件不是本人办的事" in page.words
    assert len(events(app, "person.disputed")) == 1


def test_a_hall_moves_what_was_made_on_the_phone_and_the_other_way_round(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    on_phone = assess(client, "2026-01", "2026-02")
    desk = at_the_desk("dt01")
    person = serve(desk, MA_LAN)
    dialog = desk.submit(desk.page(at(person, f"/records/{on_phone}")), "撤销")
    assert "确定撤销这笔核定吗" in dialog.words
    assert desk.submit(dialog, "确认").path == person.path
    assert state(client, on_phone) == "已撤销"
    at_hall = assess_for(desk, person, "2026-03", "2026-04")
    dialog = client.submit(client.page(f"/assessment/records/{at_hall}"), "撤销")
    client.submit(dialog, "确认")
    assert state(client, at_hall) == "已撤销"


def test_a_hall_asks_the_tax_bureau_to_revoke_and_revokes(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    desk = at_the_desk("dt01")
    person = serve(desk, MA_LAN)
    serial = assess_for(desk, person, "2026-01", "2026-02")
    record = at(person, f"/records/{serial}")
    desk.submit(desk.page(record), "传输")
    work(app)
    ask = desk.submit(desk.page(record), "申请税务撤销")
    assert desk.submit(ask, "确认", 422, reason="").errors["reason"]
    desk.submit(ask, "确认", reason="基数填错了")
    work(app)
    clerk(client, serial, "同意撤销")
    work(app)
    assert desk.page(record).texts("span", class_="tag") == ["税务已撤销"]
    desk.submit(desk.submit(desk.page(record), "撤销"), "确认")
    assert desk.page(record).texts("span", class_="tag") == ["已撤销"]
    assert "重新核定" in desk.page(record).links()


@pytest.mark.parametrize(
    ("path", "what", "sentence"),
    [
        ("/assess", "assess", "乡镇民生服务中心不能办理缴费核定"),
        ("/records/{}/transmit", "transmit", "乡镇民生服务中心不能办理传输"),
        ("/records/{}/revoke", "revoke", "乡镇民生服务中心不能办理撤销"),
        ("/records/{}/ask-tax", "revoke", "乡镇民生服务中心不能办理撤销"),
    ],
)
def test_what_a_township_posts_by_hand_is_refused_and_noted(
    at_the_desk: AtTheDesk,
    app: Flask,
    client: LintingClient,
    path: str,
    what: str,
    sentence: str,
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    desk = at_the_desk("xz01")
    person = serve(desk, MA_LAN)
    assert "乡镇民生服务中心不能办理缴费核定" in person.words
    assert serial not in person.words
    token = desk.page("/counter").form("退出登录")[0].fields["csrf_token"]
    fields = {"csrf_token": token, "start": "2026-03", "end": "2026-03", "base": "60"}
    answer = desk.post(at(person, path.format(serial)), data=fields | {"reason": "填错了"})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "请到手机或社保服务大厅办理" in answer.text
    assert state(client, serial) == "已核定"
    assert rows(app, "SELECT count(*) FROM assessment") == [(1,)]
    ((_, _, _, label, channel, data),) = events(app, "counter.refused")
    assert (label, channel) == ("乡镇经办员 马**（xz01）", "township")
    assert data == f'{{"code":"channel_cannot","what":"{what}"}}'


def test_a_township_sees_months_and_no_amounts(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    desk = at_the_desk("xz01")
    person = serve(desk, MA_LAN)
    assert person.texts("i")[:3] == ["已核定", "已核定", "可核定"]
    assert "2009.20" not in person.words
    refused = desk.page(at(person, f"/records/{serial}"), 422)
    assert "不能办理缴费核定" in refused.words


def test_a_serial_of_somebody_else_is_answered_like_an_unknown_one(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    desk = at_the_desk("dt01")
    person = serve(desk, WANG)
    for number in (serial, "64010420261124999999"):
        assert desk.page(at(person, f"/records/{number}"), 404)


def test_a_proxy_sees_that_a_clerk_took_months_and_nothing_more(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    desk = at_the_desk("dt01")
    serial = assess_for(desk, serve(desk, WANG), "2026-01", "2026-02")
    sign_in(client, MA_LAN.phone)
    page = proxy_for(client, WANG)
    assert "2026年1月、2026年2月" in page.words
    assert serial not in page.words
    assert client.page(f"/assessment/records/{serial}", 404)


def test_the_number_is_read_back_while_it_is_typed(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("dt01")
    person = serve(desk, MA_LAN)
    query = "?start=2026-01&end=2026-12&base=60"
    shown = desk.page(at(person, "/read-back" + query), htmx=True)
    assert "12055.20" in shown.words
    assert desk.page(at(person, "/read-back" + query)).path == at(person, "/assess")
    form = desk.page(at(person, "/assess"))
    wrong = desk.submit(form, "核定", 422, start="2026-01", end="2026-02", base="59.99")
    assert wrong.errors["base"]


def test_a_clerk_of_a_city_works_for_its_districts() -> None:
    city = Clerk(9, "dt09", "陈明", Role.HALL, ("640100",))
    assert covers(city, "640104")
    assert covers(city, "640100")
    assert not covers(city, "640202")
    assert not covers(city, "110101")


def test_a_clerk_looks_up_no_more_people_than_anybody_serves(
    at_the_desk: AtTheDesk, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PEOPLE_FOUND", replace(PEOPLE_FOUND, most=3))
    desk = at_the_desk("dt01")
    for _ in range(3):
        serve(desk, MA_LAN)
    form = desk.page("/counter/people")
    for _ in range(2):
        refused = desk.submit(form, "查找", 422, identity=MA_LAN.identity)
        assert "请 60 分钟后再查" in refused.alert
    ((label,),) = rows(
        app, "SELECT actor_label FROM audit_event WHERE action = 'counter.finding_limited'"
    )
    assert "dt01" in str(label)
    serve(at_the_desk("xz01"), MA_LAN)
    clock.advance(minutes=61)
    serve(at_the_desk("dt01"), MA_LAN)


def test_storing_somebody_new_counts_as_one_of_the_people_looked_up(
    at_the_desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PEOPLE_FOUND", replace(PEOPLE_FOUND, most=2))
    desk = at_the_desk("dt01")
    for who in (newcomer(1), newcomer(2)):
        named = desk.submit(desk.page("/counter/people"), "查找", identity=who.identity)
        whole = desk.submit(named, "新建", name=who.name)
        assert desk.submit(whole, "确认新建").path.startswith("/counter/people/")
    third = desk.page("/counter/people")
    assert "再查" in desk.submit(third, "查找", 422, identity=newcomer(3).identity).alert


def test_a_change_made_at_a_counter_is_not_undone_by_what_was_half_typed_on_the_phone(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    for form in ("/registration", "/assessment/self/new"):
        fields = client.page(form).form("到窗口继续办理")[0].fields
        typed = fields | {"address": "兴庆区旧址一号院", "base": "77", "_draft": "1"}
        assert client.post(form, data=typed).status_code == 204
    desk = at_the_desk("dt01")
    person = serve(desk, MA_LAN)
    review = desk.submit(desk.page(at(person, "/registration")), "提交", address=ADDRESS)
    desk.submit(review, "提交")
    page = client.page("/registration")
    assert page.value("address") == ADDRESS
    assert "接着您" not in page.words
    assert rows(app, "SELECT form FROM draft") == [("/assessment/self/new",)]
