"""我的, messages, 不是我办的, and the switch for proxy handling."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import rows, stored, tamper
from tests.support.walks import (
    MA_LAN,
    WANG,
    ZHANG,
    arrive,
    assess,
    newcomer,
    proxy_for,
    register,
    sign_in,
)


@pytest.fixture
def wang(client: LintingClient) -> LintingClient:
    """王建国, who is handled for."""
    sign_in(client, WANG.phone)
    return client


@pytest.fixture
def handled(wang: LintingClient, another: Callable[[], LintingClient]) -> str:
    """The serial of what 马兰 made in his name."""
    proxy = another()
    sign_in(proxy, MA_LAN.phone)
    return assess(proxy, "2026-01", "2026-03", "60", proxy_for(proxy, WANG).path.rpartition("/")[2])


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "首页"),
        ("/me", "我的"),
        ("/social-security", "社保专题"),
        ("/social-security/affairs", "社保办事"),
    ],
)
def test_the_way_in_is_open_to_everybody(client: LintingClient, path: str, title: str) -> None:
    assert client.page(path).title == title


def test_both_entries_lead_to_the_same_place_and_on_to_the_two_affairs(
    client: LintingClient,
) -> None:
    home, me = client.page("/"), client.page("/me")
    (from_home,) = [href for text, href in home.links().items() if text.startswith("社保专题")]
    assert from_home == "/social-security"
    assert "我的专属" in me.texts("h2")
    assert me.links()["社保"] == from_home
    topic = client.page(from_home)
    (affairs,) = [href for text, href in topic.links().items() if text.startswith("社保办事")]
    page = client.page(affairs)
    assert page.texts("h2") == ["灵活就业核定缴费"]
    assert (page.links()["登记"], page.links()["核定"]) == ("/registration", "/assessment")


def test_the_tabs_say_which_one_is_open(client: LintingClient) -> None:
    for path, name in (("/", "首页"), ("/me", "我的")):
        assert client.page(path).texts("a", aria_current="page") == [name]


def test_the_demo_data_is_told_of_as_done_by_the_system(wang: LintingClient) -> None:
    page = wang.page("/me/messages")
    assert page.texts("h2") == ["办理参保登记"]
    assert "系统" in page.words
    assert "不是我办的" not in page.buttons()


def test_without_messages_the_page_says_what_would_stand_here(
    client: LintingClient, app: Flask
) -> None:
    arrive(client, newcomer())
    assert client.page("/me/messages").texts("h2") == ["完成实名认证"]
    tamper(app, "UPDATE audit_event SET person_id = NULL")
    assert client.page("/me/messages").texts("h2") == ["还没有消息"]


def test_what_one_does_oneself_is_told_but_cannot_be_disputed(
    wang: LintingClient, app: Flask
) -> None:
    assess(wang, "2026-01", "2026-03")
    page = wang.page("/me/messages")
    assert page.texts("h2")[0].startswith("核定 2026年1月至3月，3013.80")
    assert page.texts("article")[0].count("本人") == 1
    assert "不是我办的" not in page.buttons()
    ((seq,),) = rows(app, "SELECT seq FROM audit_event WHERE action = 'assessment.assess'")
    token = wang.page("/assessment").form("提交")[0].fields["csrf_token"]
    answer = wang.post(f"/me/messages/{seq}/not-me", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "请马上退出登录，带身份证到社保服务大厅" in answer.text


def test_what_others_did_names_them_masked_and_leads_to_the_record(
    wang: LintingClient, handled: str
) -> None:
    page = wang.page("/me/messages")
    assert page.texts("h2")[:2] == [
        "核定 2026年1月至3月，3013.80 元",
        "凭姓名和身份证号进入代办",
    ]
    first = page.texts("article")[0]
    assert "马*" in first
    assert "199****0001" in first
    assert page.links()["查看记录"] == f"/assessment/records/{handled}"
    assert page.buttons().count("不是我办的") == 2


def test_not_my_doing_is_noted_once_and_the_button_goes(
    wang: LintingClient, handled: str, app: Flask
) -> None:
    page, twice = wang.page("/me/messages"), wang.page("/me/messages")
    after = wang.submit(page, "不是我办的")
    assert after.texts("h2")[0] == "您反映了一件不是本人办的事，经办机构会核实"
    assert after.words.count("您已反映“不是我办的”") == 1
    assert after.buttons().count("不是我办的") == 1
    wang.submit(twice, "不是我办的")
    query = "SELECT count(*) FROM audit_event WHERE action = 'person.disputed'"
    assert rows(app, query) == [(1,)]


def test_a_message_of_somebody_else_is_not_found(
    wang: LintingClient, handled: str, app: Flask, another: Callable[[], LintingClient]
) -> None:
    stranger = another()
    sign_in(stranger, ZHANG.phone)
    token = stranger.page("/assessment").form("提交")[0].fields["csrf_token"]
    before = stored(app)
    ((seq,),) = rows(app, "SELECT seq FROM audit_event WHERE action = 'assessment.assess'")
    theirs = stranger.post(f"/me/messages/{seq}/not-me", data={"csrf_token": token})
    unknown = stranger.post("/me/messages/999999/not-me", data={"csrf_token": token})
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.data == unknown.data
    assert stored(app) == before


def test_an_absurd_message_number_is_not_found(wang: LintingClient) -> None:
    token = wang.page("/assessment").form("提交")[0].fields["csrf_token"]
    answer = wang.post(f"/me/messages/{'9' * 30}/not-me", data={"csrf_token": token})
    assert answer.status_code == 404
    assert wang.get(f"/me/messages?before={'9' * 30}").status_code == 200


def test_older_messages_are_a_page_away(wang: LintingClient, app: Flask) -> None:
    for _ in range(11):
        wang.submit(wang.page("/me/proxy-handling"), "关闭他人代办")
        wang.submit(wang.page("/me/proxy-handling"), "打开他人代办")
    page = wang.page("/me/messages")
    assert len(page.texts("article")) == 20
    older = wang.page(page.links()["查看更早的消息"])
    assert older.texts("h2") == ["打开了他人代办", "关闭了他人代办", "办理参保登记"]


def test_proxy_handling_is_switched_off_and_on_and_said_on_my_page(wang: LintingClient) -> None:
    assert "已打开" in wang.page("/me").words
    page = wang.submit(wang.page("/me/proxy-handling"), "关闭他人代办")
    assert page.path == "/me/proxy-handling"
    assert "别人不能代您核定" in page.texts("h2")
    assert "已关闭" in wang.page("/me").words
    page = wang.submit(page, "打开他人代办")
    assert "别人可以代您核定" in page.texts("h2")
    told = wang.page("/me/messages").texts("h2")
    assert told[:2] == ["打开了他人代办", "关闭了他人代办"]


def test_a_change_of_registration_is_told_without_its_contents(wang: LintingClient) -> None:
    review = wang.submit(wang.page("/registration"), "提交", division="640205")
    wang.submit(review, "提交")
    assert wang.page("/me/messages").texts("h2")[0] == "变更参保登记：参保地区"


def test_a_newcomer_is_told_from_the_real_name_on(client: LintingClient) -> None:
    arrive(client, newcomer())
    register(client)
    assert client.page("/me/messages").texts("h2") == ["办理参保登记", "完成实名认证"]
