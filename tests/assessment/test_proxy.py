"""代他人核定: each protection that the design puts around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, stored
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    Resident,
    arrive,
    assess,
    identity,
    newcomer,
    proxy_for,
    revoke,
    serials,
    sign_in,
    state,
    transmit,
)

NO_MATCH = "没有找到可以代办的人。请核对姓名和身份证号；对方须已登记参保，且没有关闭他人代办。"


@pytest.fixture
def proxy(client: LintingClient) -> LintingClient:
    """马兰, who handles for others."""
    sign_in(client, MA_LAN.phone)
    return client


def case_of(client: LintingClient, who: Resident) -> str:
    """The last part of the address that a proxy handles a person at."""
    return proxy_for(client, who).path.rpartition("/")[2]


def test_a_registered_person_can_be_handled_for(proxy: LintingClient, app: Flask) -> None:
    page = proxy_for(proxy, DING)
    assert page.title == "灵活就业人员养老保险缴费核定"
    assert page.texts("output") == ["丁**", "640324********002X"]
    who = page.path.rpartition("/")[2]
    serial = assess(proxy, "2026-01", "2026-12", "60", who)
    listed = proxy.page(f"/assessment/{who}")
    assert serials(listed) == [serial]
    assert "马*" in listed.facts()["办理人"]
    found = rows(app, "SELECT by_proxy, person_id, made_by FROM assessment")
    person = rows(app, "SELECT person_id FROM registration WHERE division = '640324'")[0][0]
    assert found == [(1, person, 1)]


def test_neither_name_nor_number_is_in_the_address_or_whole_on_a_page(
    proxy: LintingClient,
) -> None:
    page = proxy_for(proxy, DING)
    assert DING.identity not in page.path
    assert DING.identity not in page.html
    assert DING.name not in page.html


MISMATCHES = [
    pytest.param(Resident("丁海雁", DING.identity, ""), id="a wrong name"),
    pytest.param(Resident("李四", identity("64050219700101001"), ""), id="an unknown number"),
    pytest.param(YANG, id="somebody not registered"),
    pytest.param(Resident(DING.name, WANG.identity, ""), id="another person's number"),
]


@pytest.mark.parametrize("who", MISMATCHES)
def test_every_mismatch_is_refused_with_one_and_the_same_page(
    proxy: LintingClient, who: Resident, app: Flask
) -> None:
    before = stored(app)
    page = proxy_for(proxy, who, 422)
    assert page.alert == NO_MATCH
    assert page.errors == {}
    assert (page.value("name"), page.value("identity")) == (who.name, who.identity)
    assert stored(app) == before


def test_who_has_switched_it_off_is_refused_with_the_same_sentence(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    other = another()
    sign_in(other, WANG.phone)
    other.submit(other.page("/me/proxy-handling"), "关闭他人代办")
    assert proxy_for(proxy, WANG, 422).alert == NO_MATCH


def test_five_people_a_day_found_or_not(proxy: LintingClient) -> None:
    proxy_for(proxy, DING)
    for number in range(4):
        stranger = Resident("李四", identity(f"640502197001{number + 10}001"), "")
        assert proxy_for(proxy, stranger, 422).alert == NO_MATCH
    proxy_for(proxy, DING)  # the same person again does not count
    page = proxy_for(proxy, WANG, 422)
    assert "每天最多代 5 人办理" in page.alert


def test_oneself_is_not_another(proxy: LintingClient) -> None:
    page = proxy_for(proxy, MA_LAN, 422)
    assert page.errors == {"identity": "这是您本人，请选“本人缴费核定”。"}


def test_a_case_belongs_to_the_account_that_opened_it(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    who = case_of(proxy, DING)
    other = another()
    sign_in(other, WANG.phone)
    for tail in ("", "/new", "/read-back"):
        theirs = other.get(f"/assessment/{who}{tail}", headers={"HX-Request": "true"})
        unknown = other.get(f"/assessment/unknown{tail}", headers={"HX-Request": "true"})
        assert theirs.status_code == 404
        assert theirs.data == unknown.data


def test_a_case_is_over_after_twelve_hours(proxy: LintingClient, clock: Clock) -> None:
    who = case_of(proxy, DING)
    clock.advance(hours=13)
    sign_in(proxy, MA_LAN.phone)
    ended = proxy.page(f"/assessment/{who}")
    assert "这次代办已经结束，请重新填写对方的姓名和身份证号。" in ended.alert
    # Naming the person anew opens it again.
    assert case_of(proxy, DING) == who


def test_the_proxy_sees_which_months_are_taken_but_no_amount_and_no_button(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    other = another()
    sign_in(other, WANG.phone)
    serial = assess(other, "2026-01", "2026-02", "100")
    page = proxy_for(proxy, WANG)
    assert "这些月份已由本人或他人核定：2026年1月、2026年2月。" in page.words
    assert serial not in page.html
    assert "¥" not in page.html
    assert not page.buttons()
    who = page.path.rpartition("/")[2]
    assert proxy.page(f"/assessment/{who}/new").options("start") == [
        "2026-03",
        "2026-04",
        "2026-05",
    ]
    assert proxy.get(f"/assessment/records/{serial}").status_code == 404


def test_a_conflict_does_not_lead_a_proxy_to_a_record_of_others(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    other = another()
    sign_in(other, WANG.phone)
    serial = assess(other, "2026-01", "2026-02")
    form = proxy.page(f"/assessment/{case_of(proxy, WANG)}/new")
    page = proxy.submit(form, "核定", 422, by_hand=True, start="2026-01", end="2026-03", base="60")
    assert "该月份已核定" in page.errors["start"]
    assert serial not in page.html


def test_the_proxy_revokes_what_they_made_and_the_person_sees_it_all(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    who = case_of(proxy, WANG)
    serial = assess(proxy, "2026-01", "2026-03", "60", who)
    person = another()
    sign_in(person, WANG.phone)
    assert serials(person.page("/assessment/self")) == [serial]
    assert revoke(proxy, serial).path == f"/assessment/{who}"
    assert state(person, serial) == "已撤销"
    told = person.page("/me/messages").texts("h2")
    assert told[0] == "撤销 2026年1月至3月 的核定"
    assert told[1].startswith("核定 2026年1月至3月，3013.80")


def test_the_person_may_revoke_what_a_proxy_made(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    serial = assess(proxy, "2026-01", "2026-03", "60", case_of(proxy, WANG))
    person = another()
    sign_in(person, WANG.phone)
    revoke(person, serial)
    assert state(proxy, serial) == "已撤销"


def test_after_the_switch_is_off_a_proxy_moves_nothing_any_more(
    proxy: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    serial = assess(proxy, "2026-01", "2026-03", "60", who := case_of(proxy, WANG))
    record = proxy.page(f"/assessment/{who}")
    dialog = proxy.page(f"/assessment/records/{serial}/revoke")
    form = proxy.page(f"/assessment/{who}/new")
    person = another()
    sign_in(person, WANG.phone)
    person.submit(person.page("/me/proxy-handling"), "关闭他人代办")
    before = stored(app)
    says = "对方已关闭他人代办，您不能再代为办理；请由本人办理。"
    assert says in proxy.submit(record, "传输", 422).alert
    assert says in proxy.submit(dialog, "确认", 422).alert
    assert "这次代办已经结束" in proxy.submit(form, "核定", 422, base="60").alert
    assert says in proxy.page(f"/assessment/records/{serial}/revoke").words
    own = proxy.page(f"/assessment/records/{serial}")
    assert not {"传输", "撤销"} & set(own.buttons())
    assert says in own.words
    assert stored(app) == before


def test_the_proxy_transmits_and_the_person_is_told_by_whom(
    proxy: LintingClient, another: Callable[[], LintingClient]
) -> None:
    serial = assess(proxy, "2026-01", "2026-03", "60", case_of(proxy, WANG))
    transmit(proxy, serial)
    person = another()
    sign_in(person, WANG.phone)
    page = person.page("/me/messages")
    assert page.texts("h2")[0] == "把 2026年1月至3月 的核定传输给税务"
    first = page.texts("article")[0]
    assert "马*" in first
    assert "199****0001" in first
    assert "马兰" not in page.html


BAD_NUMBERS = [
    pytest.param("640104198503120022", "校验位不对", id="wrong check digit"),
    pytest.param("64010419850312002", "现在是 17 位", id="17 digits"),
    pytest.param(identity("64010419850230002"), "出生日期不存在", id="30 February"),
    pytest.param("", "请输入身份证号", id="nothing"),
]


@pytest.mark.parametrize(("typed", "says"), BAD_NUMBERS)
def test_a_wrong_id_number_is_refused_beside_its_field(
    proxy: LintingClient, app: Flask, typed: str, says: str
) -> None:
    before = stored(app)
    page = proxy_for(proxy, Resident("丁海燕", typed, ""), 422)
    assert says in page.errors["identity"]
    assert page.value("name") == "丁海燕"
    (chosen,) = [
        radio.get("value")
        for radio in page.all("input", type="radio")
        if radio.get("checked") is not None
    ]
    assert chosen == "other"
    assert stored(app) == before


def test_15_digits_of_another_are_shown_as_18_to_be_confirmed(proxy: LintingClient) -> None:
    whole = identity("64050219800102001")
    typed = Resident("李明", f"{whole[:6]}{whole[8:17]}", "")
    page = proxy_for(proxy, typed, 422)
    assert f"换算成 18 位是 {whole}" in page.errors["identity"]
    assert (page.value("name"), page.value("identity")) == ("李明", whole)
    assert "没有找到可以代办的人" in proxy.submit(page, "提交", 422).alert


@pytest.mark.parametrize(
    "typed",
    [
        "６４０３２４１９９２０２２９００２Ｘ",
        "64032419920229002x",
        "身份证号64032419920229002Х。",
        "640324-19920229-002×",
    ],
)
def test_a_number_is_understood_however_it_is_typed(proxy: LintingClient, typed: str) -> None:
    assert proxy_for(proxy, Resident(" 丁海燕 ", typed, "")).texts("output")[0] == "丁**"


def test_an_account_without_registration_may_handle_for_others(client: LintingClient) -> None:
    arrive(client, newcomer())
    assert proxy_for(client, DING).texts("output")[0] == "丁**"
