"""核定 through the pages: the form, the figures, the records, 新增 and 撤销."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.walks import (
    assess,
)

TITLE = "灵活就业人员养老保险缴费核定"
YEAR_2026 = [f"2026-{month:02d}" for month in range(1, 13)]


def read_back(client: LintingClient, base: str, start: str = "01", end: str = "12") -> Page:
    """The fragment that is fetched while somebody types; months of the year the form offers."""
    year = client.page("/assessment/self/new").options("start")[0][:4]
    address = f"/assessment/self/read-back?start={year}-{start}&end={year}-{end}"
    return client.page(f"{address}&base={base}", htmx=True)


def test_choosing_oneself_leads_to_the_form_where_there_are_no_records(
    ma_lan: LintingClient,
) -> None:
    choose = ma_lan.page("/assessment")
    assert choose.title == TITLE
    assert choose.texts("label")[:2] == ["本人缴费核定", "代他人核定"]
    form = ma_lan.submit(choose, "提交")
    assert (form.path, form.title) == ("/assessment/self", TITLE)
    assert form.texts("label") == [
        "姓名",
        "身份证号码",
        "缴费开始年月",
        "缴费结束年月",
        "缴费基数",
        "按百分比拖动，60% 到 300%",
    ]
    assert (
        "缴费基数小于等于300视为社会平均工资的百分比，由系统自动算出工资的绝对值；"
        "大于300按工资收入的绝对值处理" in form.words
    )


def test_the_form_offers_the_free_months_and_chooses_the_whole_year(ma_lan: LintingClient) -> None:
    form = ma_lan.page("/assessment/self/new")
    assert form.options("start") == YEAR_2026
    assert (form.value("start"), form.value("end")) == ("2026-01", "2026-12")


FIGURES_2019 = [
    ("60", "3103.00 元", "¥620.60", "37236.00", "¥7447.20"),
    ("61", "3154.72 元", "¥630.94", "37856.64", "¥7571.28"),
    ("300", "15515.00 元", "¥3103.00", "186180.00", "¥37236.00"),
    ("301", "3103.00 元", "¥620.60", "37236.00", "¥7447.20"),
    ("300.01", "3103.00 元", "¥620.60", "37236.00", "¥7447.20"),
    ("20000", "15515.00 元", "¥3103.00", "186180.00", "¥37236.00"),
]
FIGURES_2026 = [
    ("60", "5023.00 元", "¥1004.60", "60276.00", "¥12055.20"),
    ("100", "8371.00 元", "¥1674.20", "100452.00", "¥20090.40"),
    ("6000", "6000.00 元", "¥1200.00", "72000.00", "¥14400.00"),
]


def expect_figures(client: LintingClient, figures: tuple[str, str, str, str, str]) -> None:
    """What is read back is what is stored and shown on the list and on the record's own page."""
    base, monthly, amount, period_base, total = figures
    back = read_back(client, base).facts()
    assert (back["月缴费基数"], back["每月缴费（20%）"]) == (monthly, amount)
    assert (back["月数"], back["缴费基数合计"]) == ("12 个月", f"{period_base} 元")
    assert back["缴费总额"] == total
    year = client.page("/assessment/self/new").options("start")[0][:4]
    serial = assess(client, f"{year}-01", f"{year}-12", base)
    listed = client.page("/assessment/self").facts()
    assert (listed["缴费基数"], listed["缴费总额"]) == (period_base, total)
    assert (listed["开始年月"], listed["结束年月"]) == (f"{year}-01", f"{year}-12")
    own = client.page(f"/assessment/records/{serial}").facts()
    assert (own["月缴费基数"], own["每月缴费"], own["缴费总额"]) == (monthly, amount, total)
    assert own["填写的缴费基数"] == base


@pytest.mark.today("2019-09-24")
@pytest.mark.parametrize("figures", FIGURES_2019, ids=lambda figures: figures[0])
def test_the_notices_figures_of_2019(
    ma_lan: LintingClient, figures: tuple[str, str, str, str, str]
) -> None:
    expect_figures(ma_lan, figures)


@pytest.mark.parametrize("figures", FIGURES_2026, ids=lambda figures: figures[0])
def test_the_figures_of_2026(
    ma_lan: LintingClient, figures: tuple[str, str, str, str, str]
) -> None:
    expect_figures(ma_lan, figures)


@pytest.mark.parametrize(
    ("typed", "entered_as", "means"),
    [
        ("６０", "60", "60%"),
        ("60%", "60%", "60%"),
        ("5,000", "5,000", "5000.00"),
        ("６０％", "60%", "60%"),
        (" 100 ", "100", "100%"),
        ("6000元", "6000元", "6000.00"),
        ("6\ufe0f0\u200b", "60", "60%"),
    ],
)
def test_a_base_is_understood_however_it_is_typed(
    ma_lan: LintingClient, app: Flask, typed: str, entered_as: str, means: str
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-01", typed)
    ((entered, monthly),) = rows(
        app, "SELECT entered, monthly_base FROM assessment WHERE serial = ?", serial
    )
    assert entered == entered_as
    expected = {"60%": 502300, "100%": 837100, "5000.00": 502300, "6000.00": 600000}
    assert monthly == expected[means]


def test_the_read_back_says_in_words_what_the_number_means(ma_lan: LintingClient) -> None:
    percent, wage = read_back(ma_lan, "60").words, read_back(ma_lan, "6000").words
    assert "60%" in percent
    assert "8371" in percent
    assert "6000" in wage
    assert percent != wage


def test_the_read_back_says_when_a_bound_applied(ma_lan: LintingClient) -> None:
    raised, cut = read_back(ma_lan, "300.01").words, read_back(ma_lan, "99999").words
    assert "下限" in raised
    assert "5023" in raised
    assert "上限" in cut
    assert "25113" in cut
    assert "下限" not in read_back(ma_lan, "6000").words


def test_the_read_back_of_a_wrong_base_is_its_sentence(ma_lan: LintingClient) -> None:
    page = read_back(ma_lan, "59.99")
    sentence = "缴费基数最低填 60（即 60%），请填 60 至 300，或大于 300 的月工资。"
    assert page.texts("p") == [sentence]


def test_the_read_back_before_anything_is_typed_says_what_it_will_do(
    ma_lan: LintingClient,
) -> None:
    assert "填好缴费基数" in read_back(ma_lan, "").words


def test_without_the_script_the_read_back_is_a_button_of_the_form(
    ma_lan: LintingClient, app: Flask
) -> None:
    before = stored(app)
    form = ma_lan.page("/assessment/self/new")
    page = ma_lan.submit(form, "先算一算", start="2026-01", end="2026-03", base="60")
    assert page.facts()["缴费总额"] == "¥3013.80"
    assert (page.value("start"), page.value("end"), page.value("base")) == (
        "2026-01",
        "2026-03",
        "60",
    )
    assert stored(app) == before


def test_the_address_of_the_read_back_opened_as_a_page_leads_to_the_form(
    ma_lan: LintingClient,
) -> None:
    assert ma_lan.page("/assessment/self/read-back?base=60").path == "/assessment/self/new"


def test_an_assessment_stores_what_it_was_reckoned_from(ma_lan: LintingClient, app: Flask) -> None:
    assess(ma_lan, "2026-01", "2026-12", "60")
    ((text,),) = rows(app, "SELECT parameters FROM assessment")
    used = json.loads(str(text))
    assert len(used) == 4
    assert all(row["source"] for row in used)
