"""What can be typed wrongly into 核定: each a sentence beside its field, nothing stored, nothing
typed lost."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import execute, stored
from tests.support.walks import WANG, arrive, assess, newcomer, register, sign_in


def expect_refused(client: LintingClient, app: Flask, field: str, says: str, **typed: str) -> None:
    """Posted as typed (months also by hand): 422, the sentence, everything kept, nothing stored."""
    whole = {"start": "2026-01", "end": "2026-12", "base": "60"} | typed
    form = client.page("/assessment/self/new")
    before = stored(app)
    page = client.submit(form, "核定", 422, by_hand=True, fill=whole)
    assert list(page.errors) == [field], page
    assert says in page.errors[field]
    assert says in page.alert
    assert page.value("base") == whole["base"].strip()
    for name in ("start", "end"):
        if whole[name] in SHOWABLE:
            assert page.value(name) == whole[name]
    assert stored(app) == before


SHOWABLE = frozenset(f"{year}-{month:02d}" for year in (2025, 2026, 2027) for month in range(1, 13))
"""Months that a select can show, if only to say that they cannot be assessed."""

BASES = [
    ("59.99", "缴费基数最低填 60"),
    ("60.001", "最多保留两位小数"),
    ("-60", "前面不要加正负号"),
    ("+60", "前面不要加正负号"),
    ("1e3", "要用数字填写"),
    ("NaN", "要用数字填写"),
    ("Infinity", "要用数字填写"),
    ("0x3c", "要用数字填写"),
    ("", "请输入缴费基数"),
    ("   ", "请输入缴费基数"),
    ("六十", "要用数字填写"),
    ("60 或 100", "要用数字填写"),
    ("5,00", "逗号或空格位置不对"),
    ("0", "缴费基数最低填 60"),
    ("301%", "百分比最高是 300%"),
    ("100元", "不能带“元”"),
    ("10000001", "月工资不能超过"),
    ("9" * 41, "要用数字填写"),
    ("9" * 3000, "要用数字填写"),
    ("<b>60</b>", "要用数字填写"),
    ("60' OR '1'='1", "要用数字填写"),
]


@pytest.mark.parametrize(("typed", "says"), BASES, ids=lambda text: text[:12])
def test_a_base_that_is_none_is_refused(
    ma_lan: LintingClient, app: Flask, typed: str, says: str
) -> None:
    expect_refused(ma_lan, app, "base", says, base=typed)


MONTHS = [
    pytest.param("2026-06", "2026-05", "end", "不能早于", id="start after end"),
    pytest.param("2026-11", "2027-02", "end", "一次只能核定同一年的月份", id="across two years"),
    pytest.param("2025-01", "2025-12", "start", "2025年度没有开放申报", id="a closed year"),
    pytest.param("2027-01", "2027-02", "start", "2027年度没有开放申报", id="the year to come"),
    pytest.param("", "2026-05", "start", "请选择缴费开始年月", id="no start"),
    pytest.param("2026-01", "", "end", "请选择缴费结束年月", id="no end"),
    pytest.param("2026-13", "2026-12", "start", "不是有效的年月", id="a 13th month"),
    pytest.param("2026-1", "2026-12", "start", "不是有效的年月", id="a month of one digit"),
    pytest.param("January", "2026-12", "start", "不是有效的年月", id="a word"),
    pytest.param("0000-00", "2026-12", "start", "不是有效的年月", id="month nought"),
]


@pytest.mark.parametrize(("start", "end", "field", "says"), MONTHS)
def test_months_that_cannot_be_assessed_are_refused(
    ma_lan: LintingClient, app: Flask, start: str, end: str, field: str, says: str
) -> None:
    expect_refused(ma_lan, app, field, says, start=start, end=end)


def test_months_before_the_work_start_are_refused(client: LintingClient, app: Flask) -> None:
    arrive(client, newcomer())
    register(client)
    execute(
        app, "UPDATE registration SET work_start = '2026-07-01' WHERE work_start >= '2026-01-01'"
    )
    expect_refused(client, app, "start", "参加工作时间是2026年7月", start="2026-06")


def test_months_after_the_retirement_boundary_are_refused(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, WANG.phone)
    expect_refused(client, app, "end", "2026年5月到达退休年龄", end="2026-06")


def test_months_wholly_after_retirement_are_refused(client: LintingClient, app: Flask) -> None:
    sign_in(client, WANG.phone)
    expect_refused(client, app, "start", "这些月份不能再核定", start="2026-06", end="2026-07")


def test_a_month_already_assessed_is_refused(ma_lan: LintingClient, app: Flask) -> None:
    assess(ma_lan, "2026-05", "2026-05")
    expect_refused(ma_lan, app, "start", "该月份已核定：2026年5月", start="2026-05")


def test_a_wrong_month_and_a_wrong_base_are_said_together(ma_lan: LintingClient) -> None:
    page = ma_lan.submit(
        ma_lan.page("/assessment/self/new"), "核定", 422, start="2026-06", end="2026-05", base="1"
    )
    assert set(page.errors) == {"end", "base"}
    assert [href for href in page.links().values() if href in ("#end", "#base")] == [
        "#end",
        "#base",
    ]


def test_fields_that_are_missing_altogether_are_asked_for(
    ma_lan: LintingClient, app: Flask
) -> None:
    token = ma_lan.page("/assessment/self/new").form("核定")[0].fields["csrf_token"]
    before = stored(app)
    answer = ma_lan.post("/assessment/self/new", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "请选择缴费开始年月" in answer.text
    assert "请输入缴费基数" in answer.text
    assert stored(app) == before


def test_assessing_by_hand_before_registration_is_refused(
    client: LintingClient, app: Flask
) -> None:
    arrive(client, newcomer())
    token = client.page("/assessment").form("提交")[0].fields["csrf_token"]
    before = stored(app)
    typed = {"csrf_token": token, "start": "2026-01", "end": "2026-12", "base": "60"}
    answer = client.post("/assessment/self/new", data=typed)
    assert answer.status_code == 422
    assert "您还没有参保登记" in answer.text
    assert stored(app) == before


def test_neither_oneself_nor_another_is_refused(ma_lan: LintingClient, app: Flask) -> None:
    before = stored(app)
    page = ma_lan.submit(ma_lan.page("/assessment"), "提交", 422, by_hand=True, who="nobody")
    assert "请选择本人缴费核定或代他人核定。" in page.alert
    assert stored(app) == before


@pytest.mark.parametrize("who", ["nobody", "x" * 300, "%00", "..", "self%20"])
def test_an_address_for_nobody_is_not_found(ma_lan: LintingClient, who: str) -> None:
    assert ma_lan.get(f"/assessment/{who}/new").status_code == 404


def test_a_nul_that_nobody_can_type_is_dropped(ma_lan: LintingClient) -> None:
    form = ma_lan.page("/assessment/self/new")
    assert ma_lan.submit(form, "核定", base="60\x00").path == "/assessment/self"
