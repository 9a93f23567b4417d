"""个人信息: what is stored is said, no table is left out, and a person can take it along."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Table, event

from flexapp.assessment.queries import CASE_LIFE as PROXY_CASE
from flexapp.channels.launch import KEPT as LAUNCH_KEPT
from flexapp.counter.cases import CASE_LIFE as COUNTER_CASE
from flexapp.db.session import db
from flexapp.encryption import EncryptedText
from flexapp.people.auth import LONGEST
from flexapp.people.drafts import LIFE as DRAFT
from flexapp.portal.data_export import FOR_OTHERS
from flexapp.portal.service import NOT_MESSAGES, SENTENCES
from flexapp.rules.personal_information import ABOUT_NOBODY, HOLDINGS, expiries
from flexapp.staff.event_sentences import SENTENCES as ALL_ACTIONS
from flexapp.web.origin_check import CHANNEL
from tests.support.client import LintingClient
from tests.support.database import execute, rows, stored
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    assess,
    proxy_for,
    register,
    serials,
    sign_in,
    transmit,
)

DATA = "/me/privacy/data"
PEOPLES = frozenset({"person_id", "account_id", "phone_index"})
"""Names of columns that say whom a row is about, also where no foreign key does."""

Downloaded = dict[str, list[dict[str, str]]]


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    sign_in(client, MA_LAN.phone)
    return client


def download(client: LintingClient) -> Downloaded:
    """Press 下载我的信息 and read the file."""
    answer = client.repeat(client.page(DATA), "下载我的信息")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="my-information-2026-11-24.json"')
    assert answer.headers["Cache-Control"] == "no-store"
    found: Downloaded = json.loads(answer.text)
    return found


def holds_somebody(table: Table) -> bool:
    """Whether a table shows by its columns that it is about people."""
    return any(
        isinstance(column.type, EncryptedText)
        or column.name in PEOPLES
        or any(key.column.table.name in ("person", "account") for key in column.foreign_keys)
        for column in table.columns
    )


def test_every_table_is_in_the_register_or_named_as_holding_nothing_about_people(
    app: Flask,
) -> None:
    held = [table for holding in HOLDINGS for table in holding.tables]
    assert len(held) == len(set(held))
    assert set(held) & set(ABOUT_NOBODY) == set()
    assert set(held) | set(ABOUT_NOBODY) == set(db.metadata.tables)


def test_a_table_with_peoples_columns_cannot_be_called_one_about_nobody(app: Flask) -> None:
    about = {name for name, table in db.metadata.tables.items() if holds_somebody(table)}
    assert len(about) > 12
    assert about & set(ABOUT_NOBODY) == set()


def test_every_holding_says_all_that_a_person_has_to_be_told() -> None:
    for holding in HOLDINGS:
        assert all((holding.what, holding.why, holding.ground, holding.kept, holding.seen_by))
        assert bool(holding.section) != bool(holding.left_out), holding.name


def test_what_is_removed_has_a_column_that_says_when(app: Flask) -> None:
    for holding in HOLDINGS:
        for expiry in holding.expiries:
            assert expiry.table in holding.tables
            assert expiry.column in db.metadata.tables[expiry.table].columns


def test_nothing_is_removed_while_it_is_still_needed() -> None:
    kept = {expiry.table: expiry.kept for expiry in expiries()}
    assert kept["draft"] == DRAFT
    assert kept["launch"] == LAUNCH_KEPT
    assert kept["sign_in"] > max(LONGEST, timedelta(days=183))
    assert kept["sms_code"] > timedelta(days=1)
    assert kept["proxy_case"] > PROXY_CASE
    assert kept["counter_case"] > COUNTER_CASE
    assert kept["once_key"] > LONGEST
    # Their column is the end itself.
    assert kept["hand_over"] == kept["try_count"] == timedelta(0)


def test_the_page_says_it_to_everybody_even_before_signing_in(client: LintingClient) -> None:
    me = client.page("/me")
    (link,) = [href for text, href in me.links().items() if text.startswith("个人信息")]
    page = client.page(link)
    assert (page.path, page.title) == ("/me/privacy", "个人信息")
    for holding in HOLDINGS:
        for text in (holding.name, holding.what, holding.why, holding.ground, holding.kept):
            assert text in page.words
        assert holding.seen_by in page.words
    assert not any(text.startswith("注销账号") for text in page.links())


def test_who_is_signed_in_finds_the_ways_on(ma_lan: LintingClient) -> None:
    links = {text[:4]: href for text, href in ma_lan.page("/me/privacy").links().items()}
    assert links["查看我的"] == DATA
    assert links["注销账号"] == "/me/close-account"


def test_the_file_holds_every_section_of_the_register(ma_lan: LintingClient) -> None:
    found = download(ma_lan)
    sections = {holding.section for holding in HOLDINGS if holding.section}
    assert set(found) - {"说明", "生成时间"} == sections | {FOR_OTHERS}


def test_the_file_holds_what_the_person_did_and_what_was_done_to_them(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, YANG.phone)
    register(client, "640502", "沙坡头区第一个地址一号")
    page = client.page("/registration")
    review = client.submit(page, "提交", address="沙坡头区第二个地址二号")
    client.submit(review, "提交")
    serial = assess(client, "2026-01", "2026-03")
    transmit(client, serial)
    found = download(client)
    (identity,) = found["身份"]
    assert (identity["姓名"], identity["身份证号"]) == (YANG.name, YANG.identity)
    assert identity["他人代办"] == "已打开"
    assert found["账号"][0]["手机号"] == YANG.phone
    now, before = found["参保登记"]
    assert (now["通讯地址"], now["到什么时候为止"]) == ("沙坡头区第二个地址二号", "现在有效")
    assert before["通讯地址"] == "沙坡头区第一个地址一号"
    assert before["到什么时候为止"] != "现在有效"
    (record,) = found["缴费核定"]
    assert (record["核定流水号"], record["状态"]) == (serial, "传输中")
    assert any("传输给税务（本人）" in text for text in record.values())
    done = [event["办了什么"] for event in found["办理记录"]]
    assert done[0] == "下载了本人的信息"
    assert {"办理参保登记", "手机号登录"} <= set(done)
    assert found["登录"][0]["渠道"] == "手机浏览器"


def test_what_is_half_filled_and_what_was_rated_is_in_it(ma_lan: LintingClient) -> None:
    record = ma_lan.page(f"/assessment/records/{assess(ma_lan, '2026-01', '2026-01')}")
    rate = ma_lan.page(record.links()["评价"])
    ma_lan.submit(rate, "提交评价", level="4", sentence="一次就办好了")
    ma_lan.submit(ma_lan.page("/assessment/self/new"), "核定", 422, base="59")
    found = download(ma_lan)
    (said,) = found["评价"]
    assert (said["满意程度"], said["您写的话"]) == ("满意", "一次就办好了")
    (draft,) = found["没填完的内容"]
    assert (draft["表格"], draft["缴费基数"]) == ("缴费核定", "59")
    ma_lan.submit(ma_lan.page("/registration"), "到窗口继续办理", address="没交的新地址五号")
    (case,) = download(ma_lan)["办理码"]
    assert case["通讯地址"] == "没交的新地址五号"
    assert case["参保地区"] == "兴庆区"


def test_nobody_elses_data_is_in_it(ma_lan: LintingClient, app: Flask) -> None:
    case = proxy_for(ma_lan, DING).path.rpartition("/")[2]
    serial = assess(ma_lan, "2026-01", "2026-02", who=case)
    text = json.dumps(download(ma_lan), ensure_ascii=False)
    assert serial in text
    assert json.loads(text)["缴费核定"] == []
    for secret in (DING.name, DING.identity, DING.identity[:6] + "********"):
        assert secret not in text


def test_who_handled_for_a_person_is_told_masked(
    ma_lan: LintingClient, another: Callable[[], LintingClient]
) -> None:
    assess(ma_lan, "2026-01", "2026-02", who=proxy_for(ma_lan, WANG).path.rpartition("/")[2])
    wang = another()
    sign_in(wang, WANG.phone)
    found = download(wang)
    assert found["缴费核定"][0]["谁办的"].startswith("马*")
    text = json.dumps(found, ensure_ascii=False)
    assert MA_LAN.phone not in text
    assert MA_LAN.name not in text


def test_the_page_says_the_same_with_masked_numbers_and_leaves_no_trace(
    ma_lan: LintingClient, app: Flask
) -> None:
    before = stored(app)
    page = ma_lan.page(DATA)
    assert stored(app) == before
    assert page.title == "我的信息"
    headings = [text.partition("（")[0] for text in page.texts("h2")[1:]]
    assert headings == [name for name in download(ma_lan) if name not in ("说明", "生成时间")]
    assert "640104********0021" in page.words
    for secret in (MA_LAN.identity, MA_LAN.phone, MA_LAN.name):
        assert secret not in page.response.text


def test_taking_the_file_is_recorded_and_told(ma_lan: LintingClient, app: Flask) -> None:
    download(ma_lan)
    (event,) = rows(
        app, "SELECT actor_label, data FROM audit_event WHERE action = 'account.exported'"
    )
    assert event == ("马*（199****0001）", "{}")
    assert ma_lan.page("/me/messages").texts("h2")[0] == "下载了本人的信息"


def test_in_a_webview_the_page_is_the_way(ma_lan: LintingClient, app: Flask) -> None:
    assert "下载我的信息" in ma_lan.page(DATA).buttons()
    # As if the app had begun the session.
    execute(app, "UPDATE sign_in SET channel = 'boc'")
    with ma_lan.session_transaction() as cookie:
        cookie[CHANNEL] = "boc"
    page = ma_lan.page(DATA)
    assert "下载我的信息" not in page.buttons()
    assert "可以截图" in page.words
    assert "身份证号" in page.words


def test_a_page_that_lists_everything_asks_the_database_no_more_for_more(
    ma_lan: LintingClient, app: Flask
) -> None:
    def asked() -> int:
        number = 0

        def count(*_: object) -> None:
            nonlocal number
            number += 1

        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", count)
            ma_lan.page(DATA)
            event.remove(db.engine, "before_cursor_execute", count)
        return number

    ma_lan.page(DATA)  # reads the reference data, which the process keeps
    few = asked()
    for month in ("01", "02", "03"):
        assess(ma_lan, f"2026-{month}", f"2026-{month}")
    assert len(serials(ma_lan.page("/assessment/self"))) == 3
    assert asked() == few


def test_every_action_that_can_be_about_a_person_has_words_for_them() -> None:
    """What only the staff do to figures, channels and each other is about nobody."""
    about_nobody = (
        "announcement.",
        "audit.end_accepted",
        "audit.vouched",
        "batch.",
        "channel.",
        "dashboard.",
        "data_keys.",
        "declaration_year.",
        "demo.",
        "pilot.",
        "publication.",
        "rating.",
        "rows.changed",
        "staff.",
        "transmission.paused",
        "transmission.resumed",
        "unit.",
        "counter.finding_limited",
    )
    told = set(SENTENCES) | set(NOT_MESSAGES)
    assert set(SENTENCES) & set(NOT_MESSAGES) == set()
    assert {each for each in ALL_ACTIONS if not each.startswith(about_nobody)} == told


def test_with_a_number_only_one_is_asked_for_the_real_name_first(client: LintingClient) -> None:
    sign_in(client, "13800000177")
    page: Page = client.page("/me/privacy")
    assert any(text.startswith("去实名认证") for text in page.links())
    assert client.page(DATA).path == "/real-name"
