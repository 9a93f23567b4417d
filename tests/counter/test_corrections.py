"""Names and phone numbers corrected at a hall; a new person shown whole before being stored."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from flexapp.people.external_services import GatewayDown, HttpRegistry
from flexapp.rules.identity import IdentityNumber
from flexapp.services import services_of
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows, stored
from tests.support.html import Page
from tests.support.statements import statements
from tests.support.walks import (
    MA_LAN,
    Resident,
    arrive,
    assess,
    newcomer,
    proxy_for,
    real_name,
    register,
    sign_in,
    transmit,
    work,
)

Desk = Callable[[str], LintingClient]
LI_MING = newcomer(7)


class Registry:
    """A population registry that knows one name, or is not there."""

    def __init__(self, name: str = "", *, down: bool = False) -> None:
        self.name, self.down = name, down
        self.asked: list[tuple[str, str]] = []

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        self.asked.append((name, phone))
        if self.down:
            raise GatewayDown("away")
        return name == self.name


@pytest.fixture
def li(client: LintingClient) -> LintingClient:
    """李明, signed up and registered in 兴庆区."""
    arrive(client, LI_MING)
    register(client, "640104")
    return client


def person_at(desk: LintingClient, who: Resident = LI_MING) -> Page:
    return desk.submit(desk.page("/counter/people"), "查找", identity=who.identity)


def review(desk: LintingClient, path: str, name: str, status: int = 200, **more: str) -> Page:
    """Fill in 更正姓名."""
    page = desk.page(f"{path}/name")
    typed = {"name": name, "document": "identity_card", "document_end": LI_MING.identity[-4:]}
    return desk.submit(page, "下一步", status, fill=typed | more)


def correct(desk: LintingClient, name: str, who: Resident = LI_MING) -> Page:
    """Correct a name to the end."""
    return desk.submit(review(desk, person_at(desk, who).path, name), "确认更正")


def change_phone(desk: LintingClient, phone: str, who: Resident = LI_MING) -> Page:
    page = desk.page(f"{person_at(desk, who).path}/phone")
    return desk.submit(desk.submit(page, "下一步", phone=phone), "确认更换")


def test_a_name_is_shown_old_and_new_and_counts_at_once_where_nothing_was_assessed(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    page = review(desk, person_at(desk).path, "李铭")
    assert ("李明" in page.words, "李铭" in page.words) == (True, True)
    assert "确认后马上用新姓名" in page.words
    before = rows(app, "SELECT count(*) FROM name_correction")
    assert before == [(0,)]
    desk.submit(page, "确认更正")
    assert rows(app, "SELECT state FROM name_correction") == [("done",)]
    assert li.page("/me/messages").texts("h2")[0] == "凭证件更正了您的姓名"
    assert "李铭" not in str(rows(app, "SELECT name FROM person"))
    assert "李铭" not in str(rows(app, "SELECT data, actor_label FROM audit_event"))


def test_what_was_not_looked_at_is_not_stored(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    page = review(desk, person_at(desk).path, "李铭")
    again = desk.submit(page, "确认更正", fill={"name": "李鸣"})
    assert "李鸣" in again.words
    assert rows(app, "SELECT count(*) FROM name_correction") == [(0,)]


def test_where_something_was_assessed_an_officer_confirms_it_first(
    li: LintingClient, at_the_desk: Desk, another: Callable[[], LintingClient], app: Flask
) -> None:
    serial = assess(li, "2026-01", "2026-02")
    transmit(li, serial)
    work(app)
    desk, officer = at_the_desk("dt01"), at_the_desk("jb01")
    page = review(desk, person_at(desk).path, "李铭")
    assert "要由经办机构管理员复核" in page.words
    assert "已经传给税务的 1 笔，税务那边还是原来的姓名" in page.words
    desk.submit(page, "确认更正")
    assert li.page("/me/messages").texts("h2")[0].startswith("凭证件提交了您的姓名更正")
    assert "姓名更正在等经办机构复核" in desk.page(f"{person_at(desk).path}/name").words
    assert "1 件，今天提交" in officer.page("/counter").words
    assert "李铭" not in officer.page("/counter/corrections").words
    found = officer.page("/counter/corrections/1")
    assert ("李明" in found.words, "李铭" in found.words) == (True, True)
    sent = rows(app, "SELECT content, digest FROM outbox_message")
    officer.submit(found, "确认更正")
    assert rows(app, "SELECT state FROM name_correction") == [("done",)]
    assert rows(app, "SELECT content, digest FROM outbox_message") == sent
    proxy = another()
    sign_in(proxy, MA_LAN.phone)
    renamed = Resident("李铭", LI_MING.identity, "")
    assert "没有找到可以代办的人" in proxy_for(proxy, LI_MING, 422).words
    assert proxy_for(proxy, renamed).title.startswith("灵活就业人员养老保险缴费核定")


def test_a_name_given_back_stays_as_it_was_and_the_person_reads_why(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    assess(li, "2026-01", "2026-02")
    correct(at_the_desk("dt01"), "李铭")
    officer = at_the_desk("jb01")
    page = officer.page("/counter/corrections/1")
    assert "请写明退回的原因" in officer.submit(page, "退回", 422, reason="").words
    officer.submit(page, "退回", reason="证件照片和系统不符")
    told = li.page("/me/messages")
    assert told.texts("h2")[0] == "经办机构没有通过您的姓名更正"
    assert "证件照片和系统不符" in told.words
    late = officer.submit(page, "确认更正", 422)
    assert "已经处理过" in late.words
    assert rows(app, "SELECT state FROM name_correction") == [("declined",)]


def test_messages_of_names_given_back_are_answered_by_one_statement(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    assess(li, "2026-01", "2026-02")
    desk, officer = at_the_desk("dt01"), at_the_desk("jb01")
    for number in (1, 2):
        correct(desk, "李铭")
        page = officer.page(f"/counter/corrections/{number}")
        officer.submit(page, "退回", reason=f"证件照片不清楚，第{number}次")
    with statements(app) as noted:
        words = li.page("/me/messages").words
    assert "第1次" in words
    assert "第2次" in words
    assert len([each for each in noted if "FROM name_correction" in each]) == 1


def test_only_one_name_waits_for_a_person(li: LintingClient, at_the_desk: Desk, app: Flask) -> None:
    assess(li, "2026-01", "2026-02")
    desk = at_the_desk("dt01")
    correct(desk, "李铭")
    page = review(desk, person_at(desk).path, "李鸣", 422)
    assert "已有一项姓名更正在等" in page.words
    assert rows(app, "SELECT count(*) FROM name_correction") == [(1,)]


@pytest.mark.parametrize(
    ("name", "document", "end", "sentence"),
    [
        ("", "identity_card", LI_MING.identity[-4:], "请输入姓名"),
        ("李明", "identity_card", LI_MING.identity[-4:], "和现在登记的一样"),
        ("李铭1", "identity_card", LI_MING.identity[-4:], "姓名只能用汉字"),
        ("李铭", "identity_card", "0011", "和系统里的身份证号对不上"),
        ("李铭", "", "0011", "请选择看过的证件"),
        ("李铭", "identity_card", "11", "最后 4 位"),
        ("李铭", "identity_card", "００一1", "最后 4 位"),
    ],
)
def test_a_name_without_what_it_needs_is_refused(
    li: LintingClient,
    at_the_desk: Desk,
    app: Flask,
    name: str,
    document: str,
    end: str,
    sentence: str,
) -> None:
    desk = at_the_desk("dt01")
    path = person_at(desk).path
    before = stored(app)
    page = review(desk, path, name, 422, document=document, document_end=end)
    assert sentence in page.alert
    assert stored(app) == before


def test_the_population_registry_is_asked_about_the_new_name(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    path = person_at(desk).path
    services_of(app).population = registry = Registry("李铭")
    assert "人口信息核验没有通过" in review(desk, path, "李鸣", 422).alert
    assert registry.asked == [("李鸣", LI_MING.phone)]
    services_of(app).population = Registry(down=True)
    assert "现在连不上核验系统，什么也没有改" in review(desk, path, "李铭", 422).alert
    services_of(app).population = registry
    desk.submit(review(desk, path, "李铭"), "确认更正")
    assert rows(app, "SELECT state FROM name_correction") == [("done",)]


def test_of_somebody_without_a_phone_the_registry_is_asked_without_one() -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return httpx.Response(200, json={"match": True})

    registry = HttpRegistry("https://registry.example", None, httpx.MockTransport(answer))
    assert registry.confirms("李铭", IdentityNumber(LI_MING.identity), "")
    assert b"phone" not in asked[0]


def test_a_sheet_of_before_is_still_verified(li: LintingClient, at_the_desk: Desk) -> None:
    serial = assess(li, "2026-01", "2026-02")
    sheet = li.page(f"/assessment/records/{serial}/receipt")
    code = next(word for word in sheet.words.split() if word.count("-") == 3 and len(word) == 19)
    correct(at_the_desk("dt01"), "欧阳明明")
    officer = at_the_desk("jb01")
    officer.submit(officer.page("/counter/corrections/1"), "确认更正")
    found = li.submit(li.page("/verify"), "验证", serial=serial, check=code)
    assert "李*" in found.words
    assert "欧" in li.page(f"/assessment/records/{serial}/receipt").words


def test_a_phone_number_is_shown_whole_and_then_signs_in_after_name_and_number(
    li: LintingClient, at_the_desk: Desk, another: Callable[[], LintingClient], clock: Clock
) -> None:
    desk = at_the_desk("dt01")
    page = desk.page(f"{person_at(desk).path}/phone")
    looked = desk.submit(page, "下一步", phone="139 0000 0042")
    assert "139 0000 0042" in looked.words
    assert li.page("/me/messages").path == "/me/messages"
    desk.submit(looked, "确认更换")
    assert li.page("/me/messages").path == "/sign-in"
    new, old = another(), another()
    sign_in(new, "13900000042")
    assert new.page("/me/messages").path == "/real-name"
    real_name(new, LI_MING)
    told = new.page("/me/messages").texts("h2")
    assert (
        f"把您的登录手机号由 {LI_MING.phone[:3]}****{LI_MING.phone[-4:]} 改为 139****0042" in told
    )
    clock.advance(minutes=2)
    sign_in(old, LI_MING.phone)
    assert "没有通过核验" in real_name(old, LI_MING, 422).words


def test_whoever_gets_a_mistyped_number_gets_nothing_of_the_person(
    li: LintingClient, at_the_desk: Desk, another: Callable[[], LintingClient]
) -> None:
    change_phone(at_the_desk("dt01"), "13900000042")
    stranger = another()
    sign_in(stranger, "13900000042")
    for path in ("/me/messages", "/assessment", "/registration", "/me/privacy/data"):
        assert stranger.page(path).path == "/real-name"
    assert LI_MING.name not in stranger.page("/me").words


def test_who_has_signed_in_with_the_new_number_and_could_not_confirm_is_helped(
    li: LintingClient,
    at_the_desk: Desk,
    another: Callable[[], LintingClient],
    app: Flask,
    clock: Clock,
) -> None:
    new = another()
    sign_in(new, "13900000042")
    assert "社保服务大厅更换" in real_name(new, LI_MING, 422).words
    change_phone(at_the_desk("dt01"), "13900000042")
    assert new.page("/me/messages").path == "/sign-in"
    assert rows(app, "SELECT count(*) FROM account WHERE closed_at IS NOT NULL") == [(1,)]
    clock.advance(minutes=2)
    fresh = another()
    sign_in(fresh, "13900000042")
    real_name(fresh, LI_MING)
    assert "完成实名认证" in fresh.page("/me/messages").words


def test_a_closed_account_that_got_a_person_all_the_same_is_open_again_with_a_new_number(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    execute(
        app, "UPDATE account SET closed_at = created_at WHERE id = (SELECT max(id) FROM account)"
    )
    change_phone(at_the_desk("dt01"), "13900000042")
    assert rows(app, "SELECT count(*) FROM account WHERE closed_at IS NOT NULL") == [(0,)]


def test_a_number_of_another_person_is_refused_and_says_what_to_do(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    page = desk.page(f"{person_at(desk).path}/phone")
    before = stored(app)
    refused = desk.submit(page, "下一步", 422, phone=MA_LAN.phone)
    assert "现在是另一位参保人的账号" in refused.alert
    assert "和现在的一样" in desk.submit(page, "下一步", 422, phone=LI_MING.phone).alert
    assert "手机号" in desk.submit(page, "下一步", 422, phone="12345").alert
    assert stored(app) == before


def test_somebody_without_an_account_needs_no_change(at_the_desk: Desk) -> None:
    desk = at_the_desk("dt01")
    page = desk.submit(desk.page("/counter/people"), "查找", identity=LI_MING.identity)
    made = desk.submit(
        desk.submit(page, "新建", name="李明", identity=LI_MING.identity), "确认新建"
    )
    phone = desk.page(f"{made.path}/phone")
    assert "还没有手机账号" in phone.words
    assert phone.buttons().count("下一步") == 0


def test_somebody_new_is_shown_whole_once_before_being_stored(
    at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("xz01")
    page = desk.submit(desk.page("/counter/people"), "查找", identity=LI_MING.identity)
    ((persons,),) = rows(app, "SELECT count(*) FROM person")
    looked = desk.submit(page, "新建", name="李明", identity=LI_MING.identity)
    assert ("李明" in looked.words, LI_MING.identity in looked.words) == (True, True)
    assert rows(app, "SELECT count(*) FROM person") == [(persons,)]
    again = desk.submit(looked, "确认新建", fill={"name": "李铭"})
    assert "李铭" in again.words
    assert rows(app, "SELECT count(*) FROM person") == [(persons,)]
    made = desk.submit(again, "确认新建")
    assert LI_MING.identity not in made.words
    assert rows(app, "SELECT count(*) FROM person") == [(int(str(persons)) + 1,)]


def test_a_township_and_another_hall_correct_nothing_and_it_is_noted(
    li: LintingClient, at_the_desk: Desk, app: Flask
) -> None:
    desk = at_the_desk("xz01")
    path = person_at(desk).path
    assert "更正姓名" not in desk.page(path).links()
    for what in ("name", "phone"):
        assert "乡镇民生服务中心不能办理" in desk.get(f"{path}/{what}").text
    token = desk.page("/counter").form("退出登录")[0].fields["csrf_token"]
    assert desk.post(f"{path}/name", data={"csrf_token": token}).status_code == 422
    noted = rows(app, "SELECT count(*) FROM audit_event WHERE action = 'counter.refused'")
    assert noted == [(1,)]


def test_the_names_are_in_what_a_person_takes_with_them(
    li: LintingClient, at_the_desk: Desk
) -> None:
    correct(at_the_desk("dt01"), "李铭")
    page = li.page("/me/privacy/data")
    assert any(text.startswith("姓名更正") for text in page.texts("h2"))
    assert "居民身份证，尾号" in page.words
