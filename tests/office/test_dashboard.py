"""运行情况: the figures are what was really done, and the files say the same as the page."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import parse_qsl

import openpyxl
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.rules.statistics import (
    Count,
    Measure,
    tally,
)
from tests.support import postgresql
from tests.support.client import LintingClient
from tests.support.database import plan, rows, tamper
from tests.support.html import Page, words
from tests.support.tax import event, tell
from tests.support.walks import (
    ADDRESS,
    MA_LAN,
    WANG,
    YANG,
    assess,
    revoke,
    sign_in,
    transmit,
    work,
)

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/dashboard"


def table(page: Page, title: str) -> dict[str, list[str]]:
    """The rows of the table behind a heading, by their names."""
    for section in page.all("section"):
        if words(next(section.iter("h2"))) == title:
            lines = [[words(cell) for cell in line] for line in section.iter("tr")]
            return {line[0]: line[1:] for line in lines[1:]}
    raise AssertionError(title)


def numbers(cells: list[str]) -> list[int]:
    """登记, 变更登记, 核定, 传输, 缴费 of a row."""
    return [int(cells[place]) for place in (0, 1, 2, 4, 5)]


def take(officer: LintingClient, ending: str, **asked: str) -> TestResponse:
    """The file behind a button of the page, with other fields where they are given."""
    form = officer.page(PAGE).form("CSV 文件")[0]
    return officer.post(f"{PAGE}{ending}", data=form.fields | asked)


@pytest.fixture
def busy(app: Flask, client: LintingClient, another: Callable[[], LintingClient]) -> None:
    """A day's work: one registers, two assess, one transmits and pays, one revokes."""
    sign_in(client, YANG.phone)
    form = client.page("/registration")
    client.submit(form, "提交", division="640104", ethnic_group="03", address=ADDRESS)
    own = another()
    sign_in(own, MA_LAN.phone)
    paid = assess(own, "2026-01", "2026-01")
    transmit(own, paid)
    work(app)
    revoke(own, assess(own, "2026-02", "2026-02"))
    assess(own, "2026-03", "2026-03")
    other = another()
    sign_in(other, WANG.phone)
    assess(other, "2026-01", "2026-01")
    tell(client, event(paid, "paid"))


def test_with_nothing_done_it_says_so(at_the_desk: AtTheDesk) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    assert page.title == "运行情况"
    assert [page.value(name) for name in ("first", "last")] == ["2026-10-26", "2026-11-24"]
    before = officer.page(f"{PAGE}?first=2026-10-01&last=2026-10-31&area=&channel=")
    assert "这段时间没有办理的业务。" in before.words


def test_the_figures_are_what_was_done(at_the_desk: AtTheDesk, busy: None) -> None:
    page = at_the_desk("jb01").page(PAGE)
    facts = page.facts()
    # The demo's four who were insured before came in with the system.
    assert [facts[name] for name in ("登记", "变更登记", "核定", "传输", "缴费")] == [
        "5",
        "0",
        "4",
        "1",
        "1",
    ]
    # 4 × 1004.60; one payment could be one person's, so its amount is not told.
    assert (facts["核定金额"], facts["缴费金额"]) == ("¥4018.40", "少于3笔")
    assert numbers(table(page, "每天")["2026-11-24"]) == [5, 0, 4, 1, 1]
    assert numbers(table(page, "各渠道")["手机浏览器"]) == [1, 0, 4, 1, 1]
    assert numbers(table(page, "各地区")["兴庆区"]) == [2, 0, 3, 1, 1]
    assert numbers(table(page, "各地区")["大武口区"]) == [1, 0, 1, 0, 0]


def test_each_way_of_cutting_gives_the_same_sums(at_the_desk: AtTheDesk, busy: None) -> None:
    page = at_the_desk("jb01").page(PAGE)
    sums = [
        [sum(column) for column in zip(*map(numbers, table(page, title).values()), strict=True)]
        for title in ("每天", "各渠道", "各地区")
    ]
    assert sums == [[5, 0, 4, 1, 1]] * 3


def test_every_day_channel_and_area_is_listed_even_with_nothing(at_the_desk: AtTheDesk) -> None:
    page = at_the_desk("sj01").page(PAGE)
    assert len(table(page, "每天")) == 30
    assert len(table(page, "各地区")) == 23
    assert {"我的宁夏", "手机浏览器", "乡镇民生服务中心", "社保服务大厅"} <= set(
        table(page, "各渠道")
    )


def test_an_area_or_a_channel_is_looked_at_by_itself(at_the_desk: AtTheDesk, busy: None) -> None:
    officer = at_the_desk("jb01")
    form = officer.page(PAGE).form("查看")[0].fields
    assert form["area"] == ""
    of_wang = officer.page(f"{PAGE}?first=2026-11-24&last=2026-11-24&area=640202&channel=")
    assert numbers(table(of_wang, "每天")["2026-11-24"]) == [1, 0, 1, 0, 0]
    assert list(table(of_wang, "各地区")) == ["大武口区"]
    of_halls = officer.page(f"{PAGE}?first=2026-11-24&last=2026-11-24&area=&channel=hall")
    assert numbers(table(of_halls, "每天")["2026-11-24"]) == [0, 0, 0, 0, 0]


def test_the_day_is_that_of_beijing(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    assess(client, "2026-01", "2026-01")
    assess(client, "2026-02", "2026-02")
    # 23:59 and 00:01 in Beijing are on the same day in UTC.
    for serial_end, moment in (("000001", "15:59:00"), ("000002", "16:01:00")):
        tamper(
            app,
            f"UPDATE audit_event SET at = '2026-11-20 {moment}.000000'"
            f" WHERE action = 'assessment.assess' AND subject LIKE '%{serial_end}'",
        )
    days = table(at_the_desk("jb01").page(PAGE), "每天")
    assert {name: numbers(cells)[2] for name, cells in days.items() if numbers(cells)[2]} == {
        "2026-11-20": 1,
        "2026-11-21": 1,
    }


def test_what_a_counter_did_is_the_counters(at_the_desk: AtTheDesk) -> None:
    hall = at_the_desk("dt01")
    found = hall.submit(hall.page("/counter/people"), "查找", identity=MA_LAN.identity)
    form = hall.page(f"{found.path}/assess")
    hall.submit(form, "核定", start="2026-01", end="2026-01", base="60")
    page = at_the_desk("jb01").page(PAGE)
    assert numbers(table(page, "各渠道")["社保服务大厅"]) == [0, 0, 1, 0, 0]


def test_the_backlog_is_what_waits_now(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    transmit(client, assess(client, "2026-01", "2026-01"))
    facts = at_the_desk("jb01").page(PAGE).facts()
    assert [facts[name] for name in ("等待发送", "正在发送", "搁置")] == ["1", "0", "0"]
    assert facts["等得最久的"] != "没有"
    work(app)
    assert at_the_desk("sj01").page(PAGE).facts()["等待发送"] == "0"


def test_a_chart_says_in_words_what_it_shows(at_the_desk: AtTheDesk, busy: None) -> None:
    page = at_the_desk("jb01").page(PAGE)
    said = [each.get("aria-label") for each in page.root.iter() if each.get("role") == "img"]
    assert "每天核定：共 4，最多的一天 2026-11-24，4" in said
    assert "各地区核定：兴庆区 3，大武口区 1" in said
    assert len(said) == 12


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=&last=2026-11-24", "请填开始日期"),
        ("first=2026-11-24&last=x", "请填结束日期"),
        ("first=2026-11-24&last=2026-11-23", "不早于开始日期"),
        ("first=2026-01-01&last=2026-11-24", "一次最多看 92 天"),
        ("first=2026-11-24&last=2026-11-24&area=640100", "请选择列出的地区"),
        ("first=2026-11-24&last=2026-11-24&channel=x", "请选择列出的渠道"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx"])
def test_what_cannot_be_asked_is_said(
    at_the_desk: AtTheDesk, query: str, sentence: str, ending: str
) -> None:
    officer = at_the_desk("jb01")
    if ending:
        data = dict(parse_qsl(query, keep_blank_values=True))
        page = Page(take(officer, ending, **data))
    else:
        page = Page(officer.get(f"{PAGE}?{query}"))
    assert page.status == 422
    assert sentence in page.alert


AMOUNT = "核定金额（元，少于3笔的不列）"


def as_filed(cells: list[str]) -> list[float | None]:
    """The cells of the page as numbers; None where an amount is not told."""
    return [None if cell == "少于3笔" else float(cell.removeprefix("¥")) for cell in cells]


def test_the_csv_says_what_the_page_says_in_numbers(at_the_desk: AtTheDesk, busy: None) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    answer = take(officer, ".csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "dashboard-2026-10-26-2026-11-24.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.count(b"\n") == answer.data.count(b"\r\n")
    assert "¥" not in answer.text
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert lines[0][:6] == ["分组", "名称", "登记", "变更登记", "核定", AMOUNT]
    for title in ("每天", "各渠道", "各地区"):
        told = {
            line[1]: [float(cell) if cell else None for cell in line[2:]]
            for line in lines[1:]
            if line[0] == title and line[1] != "合计"
        }
        assert told == {name: as_filed(cells) for name, cells in table(page, title).items()}
    (amount,) = [line[5] for line in lines if line[1] == "大武口区"]
    assert amount == ""  # one case: an amount that would be one person's


def test_the_days_of_the_files_are_added_up(at_the_desk: AtTheDesk, busy: None) -> None:
    officer = at_the_desk("jb01")
    lines = list(csv.reader(io.StringIO(take(officer, ".csv").data.decode("utf-8-sig"))))
    assert [line for line in lines if line[1] == "合计"] == [
        ["每天", "合计", "5", "0", "4", "4018.40", "1", "1", ""]
    ]
    book = openpyxl.load_workbook(io.BytesIO(take(officer, ".xlsx").data))
    days = list(book["每天"].iter_rows(values_only=True))
    assert days[-1] == ("合计", 5, 0, 4, 4018.4, 1, 1, None)
    assert days[-2][0] == datetime(2026, 11, 24)  # a day, not a text
    assert len(days) == 1 + 30 + 1


def test_the_workbook_says_what_the_page_says(at_the_desk: AtTheDesk, busy: None) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    book = openpyxl.load_workbook(io.BytesIO(take(officer, ".xlsx").data))
    assert book.sheetnames == ["每天", "各渠道", "各地区", "说明"]
    for title in ("各渠道", "各地区"):
        header, *lines = book[title].iter_rows(values_only=True)
        assert header[4] == AMOUNT
        assert {line[0]: list(line[1:]) for line in lines} == {
            name: as_filed(cells) for name, cells in table(page, title).items()
        }
    (amount,) = [line[4] for line in book["各地区"] if line[0].value == "兴庆区"]
    assert (amount.value, amount.number_format, amount.data_type) == (3013.8, "#,##0.00", "n")
    notes = [str(line[0].value) for line in book["说明"]]
    assert notes[0] == "2026-10-26 至 2026-11-24"
    assert "后来撤销的也算" in notes[2]
    raw = zipfile.ZipFile(io.BytesIO(take(officer, ".xlsx").data))
    names = raw.namelist()
    assert "xl/worksheets/sheet1.xml" in names
    for name in names:
        assert b"<f>" not in raw.read(name)


def test_nothing_of_any_person_is_in_the_files(
    at_the_desk: AtTheDesk, busy: None, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    csv_bytes = take(officer, ".csv").data
    book = zipfile.ZipFile(io.BytesIO(take(officer, ".xlsx").data))
    everything = csv_bytes + b"".join(book.read(name) for name in book.namelist())
    serials = [str(row[0]) for row in rows(app, "SELECT serial FROM assessment")]
    personal = [*serials, ADDRESS]
    for resident in FICTIONAL_RESIDENTS.values():
        personal += [resident.name, resident.identity, resident.phone or "-" * 11]
    for text in personal:
        assert text.encode() not in everything, text


def test_whoever_takes_the_figures_away_is_on_record(at_the_desk: AtTheDesk, app: Flask) -> None:
    take(at_the_desk("sj01"), ".csv", first="2026-11-01", area="640104")
    ((label, data),) = rows(
        app, "SELECT actor_label, data FROM audit_event WHERE action = 'dashboard.exported'"
    )
    assert "sj01" in str(label)
    assert json.loads(str(data)) == {
        "form": "csv",
        "first": "2026-11-01",
        "last": "2026-11-24",
        "area": "640104",
        "channel": "",
    }


def test_counting_goes_by_the_index(app: Flask) -> None:
    on_postgresql = postgresql.is_running()
    day = "date(e.at + interval '8 hours')" if on_postgresql else "date(e.at, '+8 hours')"
    said = plan(
        app,
        "SELECT count(*) FROM audit_event e JOIN assessment a"
        " ON a.serial = e.subject WHERE e.action = 'assessment.pay'"
        f" AND e.at >= '2026-11-01' AND e.at < '2026-12-01' GROUP BY {day}",
    )
    assert "ix_audit_event_action" in said
    if not on_postgresql:
        assert "(action=? AND at>? AND at<?)" in said
    assert "Seq Scan" not in said
    assert "SCAN" not in said


def test_an_amount_is_told_from_three_cases_on() -> None:
    day = date(2026, 11, 24)
    for number, told in ((0, 0), (1, None), (2, None), (3, 300), (4, 400)):
        counts = [Count(day, "phone", "640104", number, number * 100)]
        (found,) = tally({Measure.PAID: counts}, lambda _: "", [""]).values()
        assert found.amount(Measure.PAID) == told
