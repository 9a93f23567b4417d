"""Requests that no page of ours makes, and pages sent a second time after an edit."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import insert

from flexapp.db.session import db
from flexapp.people.models import Person
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.walks import (
    MA_LAN,
    YANG,
    identity,
    request_code,
    serials,
    sign_in,
)


def test_a_page_kept_by_the_browser_edited_and_sent_again_is_not_taken_for_the_first_time(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    kept = client.page("/assessment/self/new")
    client.submit(kept, "核定", start="2026-01", end="2026-01", base="60")
    again = client.submit(kept, "核定", start="2026-02", end="2026-02", base="60")
    assert len(serials(again)) == 2


@pytest.mark.parametrize(
    "crafted", ["/assessment/a%0d%0aSet-Cookie:x=1", "/assessment/a%3Fb%23c", "/assessment/%00"]
)
def test_signing_in_behind_a_crafted_link_is_no_fault(client: LintingClient, crafted: str) -> None:
    client.get(crafted)
    page, code = request_code(client, MA_LAN.phone)
    form, _ = page.form("登录")
    answer = client.post("/sign-in", data={**form.fields, "code": code})
    assert answer.status_code == 303
    assert answer.headers["Location"].lower() in (crafted.lower(), "/")


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "."])
@pytest.mark.parametrize("path", ["/", "/no-such-page", "/tax-bureau/"])
def test_whoever_names_a_host_that_can_be_none_is_told_so_in_a_sentence(
    client: LintingClient, host: str, path: str
) -> None:
    answer = client.get(path, environ_overrides={"HTTP_HOST": host})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "提交的内容不完整" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_file_in_place_of_a_field_counts_as_nothing_typed(client: LintingClient) -> None:
    form, _ = client.page("/sign-in").form("登录")
    fields = {**form.fields, "phone": (io.BytesIO(b"x"), "phone.txt")}
    answer = client.post("/sign-in/code", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "请输入 11 位手机号码。" in Page(answer).words


@pytest.mark.parametrize("typed", ["1-800-FLOWERS", "19900FLOWER", "13800000001 ext 5", "1380000"])
def test_only_digits_make_a_phone_number(client: LintingClient, app: Flask, typed: str) -> None:
    client.submit(client.page("/sign-in"), "获取验证码", 422, phone=typed)
    assert rows(app, "SELECT count(*) FROM sms_code") == [(0,)]


def test_a_refused_real_name_check_of_somebody_verified_stores_nobody(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, YANG.phone)
    form, _ = client.page("/me").form("退出登录")
    before = stored(app)["person"]
    answer = client.post(
        "/real-name",
        data={
            "csrf_token": form.fields["csrf_token"],
            "name": "李四",
            "identity": identity("64050219700101001"),
        },
    )
    assert answer.status_code == 422
    assert stored(app)["person"] == before


def test_to_htmx_a_fault_is_a_sentence_and_the_form_stays(
    client: LintingClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, MA_LAN.phone)
    form, _ = client.page("/assessment/self/new").form("核定")

    def stumble(**_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("flexapp.assessment.creation.assess", stumble)
    client.faults_expected = True
    answer = client.post("/assessment/self/new", data=form.fields, headers={"HX-Request": "true"})
    assert answer.status_code == 500
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "刚才的操作没有完成" in answer.text
    assert "secret" not in answer.text


def test_whoever_comes_second_is_told_to_look_first(
    client: LintingClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, MA_LAN.phone)
    form, _ = client.page("/assessment/self/new").form("核定")
    before = stored(app)

    def collide(**_: object) -> None:
        db.session.execute(insert(Person), [{"id": 1, "identity_index": "x"}])

    monkeypatch.setattr("flexapp.assessment.creation.assess", collide)
    page = Page(client.post("/assessment/self/new", data=form.fields))
    assert (page.status, page.title) == (409, "刚有别的操作")
    assert "请先看一看现在的记录" in page.words
    assert stored(app) == before


@pytest.mark.parametrize(
    "address",
    [
        "\u200b" * 6,
        "\u202e\u202e\u202e\u202e",
        "\x01\x02\x03\x04",
        "\ufffe\uffff" * 3,
        "640100",
        "aaaa bbbb",
    ],
)
def test_an_address_nobody_could_find_is_refused(client: LintingClient, address: str) -> None:
    sign_in(client, YANG.phone)
    page = client.submit(
        client.page("/registration"),
        "提交",
        422,
        division="640104",
        ethnic_group="01",
        address=address,
    )
    assert "请输入通讯地址" in page.errors["address"]


def test_nobody_under_sixteen_is_registered(client: LintingClient, app: Flask) -> None:
    sign_in(client, "13800000077")
    page = client.page("/real-name")
    client.submit(page, "确认", name="李小明", identity=identity("64050220101125001"))
    page = client.submit(
        client.page("/registration"),
        "提交",
        422,
        division="640104",
        ethnic_group="01",
        address="兴庆区解放街1号",
    )
    assert "未满 16 周岁" in page.alert


def test_an_unknown_wish_for_proxy_handling_changes_nothing(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    form, _ = client.page("/me/proxy-handling").form("关闭他人代办")
    before = stored(app)["person"]
    for fields in ({"allowed": "maybe"}, {"_resume": "1", "allowed": "no"}):
        client.post("/me/proxy-handling", data={**form.fields, **fields})
        assert stored(app)["person"] == before


def test_what_no_page_may_hold_does_not_come_back_with_a_stale_form(client: LintingClient) -> None:
    sign_in(client, YANG.phone)
    typed = {"address": "兴庆区\x17\ufffe解放街1号", "x\x01": "a\tb\r\nc"}
    page = Page(client.post("/registration", data=typed))
    assert page.status == 400
    (form,) = (form for form in page.forms() if "address" in form.fields)
    assert form.fields["address"] == "兴庆区解放街1号"
    assert form.fields["x"].split() == ["a", "b", "c"]


@pytest.mark.parametrize("part", ["%00", "%17", "%0A", "%C2%93", "%EF%BF%BE"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_no_page_may_hold_is_that_of_nothing(
    client: LintingClient, part: str, method: str
) -> None:
    answer = client.open(f"/assessment/records/{part}/transmit", method=method)
    assert (answer.status_code, Page(answer).title) == (404, "没有这个页面")


def test_a_key_of_control_characters_comes_back_without_them(client: LintingClient) -> None:
    page = client.submit(client.page("/open/sandbox"), "登记公钥", 422, key="x\x01\x7fy")
    assert page.value("key").strip() == "xy"
