"""评价 at the agency: what it counts, what it hides, and that a bad one is dealt with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.demo.residents import FICTIONAL_RESIDENTS
from tests.support.client import LintingClient
from tests.support.database import REFUSED, execute, plan, rows, tamper
from tests.support.html import Page, words
from tests.support.walks import MA_LAN, WANG, YANG, assess, register, revoke, sign_in

AtTheDesk = Callable[[str], LintingClient]
Another = Callable[[], LintingClient]
PAGE = "/counter/ratings"
COMPLAINT = "页面看不懂，问了三次"
DONE = "已改页面的说明，并电话致歉"


def table(page: Page, title: str) -> dict[str, list[str]]:
    """The rows of the table behind a heading, by their names."""
    for section in page.all("section"):
        heading = next(iter(section.iter("h2")), None)
        if heading is not None and words(heading) == title:
            lines = [[words(cell) for cell in line] for line in section.iter("tr")]
            return {line[0]: line[1:] for line in lines[1:]}
    raise AssertionError(title)


def lines(page: Page, title: str) -> list[str]:
    """The opinions under a heading."""
    for section in page.all("section"):
        heading = next(iter(section.iter("h2")), None)
        if heading is not None and words(heading) == title:
            return [words(each) for each in section.iter("article")]
    raise AssertionError(title)


def rate(client: LintingClient, path: str, level: str, said: str = "") -> None:
    client.submit(client.page(path), "提交评价", level=level, sentence=said)


def rate_record(client: LintingClient, serial: str, level: str, said: str = "") -> str:
    """Rate a record; the address of the rating."""
    path = client.page(f"/assessment/records/{serial}").links()["评价"]
    rate(client, path, level, said)
    return path


@pytest.fixture
def complained(client: LintingClient) -> str:
    """马兰 is not content with her assessment; the address of her rating."""
    sign_in(client, MA_LAN.phone)
    return rate_record(client, assess(client, "2026-01", "2026-01"), "2", COMPLAINT)


@pytest.fixture
def busy(complained: str, client: LintingClient, another: Another) -> None:
    """Ten ratings: 马兰 6, 王建国 3, 杨志强 1."""
    for number, level in enumerate(("5", "5", "5", "4", "4"), start=2):
        rate_record(client, assess(client, f"2026-{number:02d}", f"2026-{number:02d}"), level)
    other = another()
    sign_in(other, WANG.phone)
    for number in range(1, 4):
        serial = assess(other, f"2026-{number:02d}", f"2026-{number:02d}")
        revoke(other, serial)
        rate_record(other, serial, "4", f"还行{number}")
    third = another()
    sign_in(third, YANG.phone)
    rate(third, register(third).links()["评价"], "1", "太慢")


def take(officer: LintingClient, **asked: str) -> TestResponse:
    form = officer.page(PAGE).form("CSV 文件")[0]
    return officer.post(f"{PAGE}.csv", data=form.fields | asked)


def test_with_nothing_said_it_says_so(at_the_desk: AtTheDesk) -> None:
    officer = at_the_desk("jb01")
    desk = officer.page("/counter")
    (leads,) = [to for text, to in desk.links().items() if text.startswith("评价")]
    page = officer.page(leads)
    assert page.title == "评价"
    assert "这段时间没有评价" in page.words
    assert "没有要跟进的" in page.words
    assert [page.value(name) for name in ("first", "last")] == ["2026-06-01", "2026-11-24"]


def test_levels_are_counted_with_their_shares(at_the_desk: AtTheDesk, busy: None) -> None:
    page = at_the_desk("sj01").page(PAGE)
    assert page.facts()["评价"] == "10"
    assert table(page, "2026-06-01 至 2026-11-24") == {
        "非常满意": ["3", "30.0%"],
        "满意": ["5", "50.0%"],
        "基本满意": ["0", "0.0%"],
        "不满意": ["少于3笔", "—"],
        "非常不满意": ["少于3笔", "—"],
    }


def test_each_month_business_channel_and_area_has_its_row(
    at_the_desk: AtTheDesk, busy: None
) -> None:
    page = at_the_desk("jb01").page(PAGE)
    whole = ["10", "3", "5", "0", "少于3笔", "少于3笔", "—"]
    assert list(table(page, "每月")) == [f"2026-{number:02d}" for number in range(6, 12)]
    assert table(page, "每月")["2026-11"] == whole
    assert table(page, "每月")["2026-06"] == ["0", "0", "0", "0", "0", "0", "—"]
    assert table(page, "各渠道") == {"手机浏览器": whole}
    assert table(page, "各项业务")["缴费核定"] == ["6", "3", "少于3笔", "0", "少于3笔", "0", "—"]
    assert table(page, "各项业务")["撤销"] == ["3", "0", "3", "0", "0", "0", "100.0%"]
    # One rating in an area could be one person's: not even its level is told.
    assert table(page, "各地区")["沙坡头区"] == ["少于3笔", "—", "—", "—", "—", "—", "—"]


def test_an_area_a_channel_and_a_time_are_looked_at_by_themselves(
    at_the_desk: AtTheDesk, busy: None
) -> None:
    officer = at_the_desk("jb01")
    of_wang = officer.page(f"{PAGE}?first=2026-11-24&last=2026-11-24&area=640202&channel=")
    assert of_wang.facts()["评价"] == "3"
    assert lines(of_wang, "要跟进的差评") == []
    earlier = officer.page(f"{PAGE}?first=2026-10-01&last=2026-10-31&area=&channel=")
    assert "这段时间没有评价" in earlier.words
    assert len(lines(earlier, "要跟进的差评")) == 2  # what waits does not drop out of sight
    of_halls = officer.page(f"{PAGE}?first=2026-11-24&last=2026-11-24&area=&channel=hall")
    assert "这段时间没有评价" in of_halls.words


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=&last=2026-11-24", "请填开始日期"),
        ("first=2025-01-01&last=2026-11-24", "一次最多看 366 天"),
        ("first=2026-11-24&last=2026-11-24&area=640100", "请选择列出的地区"),
        ("first=2026-11-24&last=2026-11-24&channel=x", "请选择列出的渠道"),
    ],
)
def test_what_cannot_be_asked_is_said(at_the_desk: AtTheDesk, query: str, sentence: str) -> None:
    officer = at_the_desk("jb01")
    assert sentence in officer.page(f"{PAGE}?{query}", 422).alert
    asked = dict(part.split("=") for part in query.split("&"))
    assert sentence in Page(take(officer, **asked)).alert


def test_a_case_done_at_a_counter_is_rated_on_the_phone_and_is_the_counters(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    hall = at_the_desk("dt01")
    found = hall.submit(hall.page("/counter/people"), "查找", identity=MA_LAN.identity)
    form = hall.page(f"{found.path}/assess")
    hall.submit(form, "核定", start="2026-01", end="2026-01", base="60")
    ((serial,),) = rows(app, "SELECT serial FROM assessment")
    assert "评价" not in hall.page(f"{found.path}/records/{serial}").links()
    sign_in(client, MA_LAN.phone)
    rate_record(client, str(serial), "5", "窗口很热情")
    (line,) = lines(at_the_desk("jb01").page(PAGE), "最近说的话")
    assert line == "非常满意 窗口很热情 缴费核定 · 兴庆区 · 社保服务大厅 · 2026年11月24日"


def test_nobody_of_the_staff_sees_whose_a_rating_is(
    at_the_desk: AtTheDesk, app: Flask, busy: None
) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    (first, *_) = [to for text, to in page.links().items() if text == "处理"]
    serials = [str(row[0]) for row in rows(app, "SELECT serial FROM assessment")]
    told = officer.get(PAGE).text + officer.get(first).text + take(officer).text
    for resident in FICTIONAL_RESIDENTS.values():
        masked = (f"{resident.name[0]}*", f"********{resident.identity[-4:]}")
        for text in (*masked, resident.name, resident.identity, resident.phone or resident.name):
            assert text not in told
        assert f"****{(resident.phone or resident.identity)[-4:]}" not in told
    assert not [serial for serial in serials if serial in told]


def test_bad_ones_wait_until_an_officer_says_what_was_done(
    at_the_desk: AtTheDesk, client: LintingClient, complained: str
) -> None:
    assert "会跟进" in client.page(complained).words
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    (line,) = lines(page, "要跟进的差评")
    assert line.startswith(f"不满意 {COMPLAINT}")
    form = officer.page(page.links()["处理"])
    assert form.title == "处理评价"
    after = officer.submit(form, "标为已处理", answer=DONE)
    assert after.path == PAGE
    assert lines(after, "要跟进的差评") == []
    assert f"已处理：{DONE}" in lines(after, "最近说的话")[0]
    for path in (complained, "/rating"):
        assert DONE in client.page(path).words


def test_what_was_done_is_on_record_without_the_person(
    at_the_desk: AtTheDesk, app: Flask, complained: str
) -> None:
    officer = at_the_desk("jb01")
    form = officer.page(officer.page(PAGE).links()["处理"])
    officer.submit(form, "标为已处理", answer=DONE)
    ((person, subject, label, data),) = rows(
        app,
        "SELECT person_id, subject, actor_label, data FROM audit_event"
        " WHERE action = 'rating.handled'",
    )
    assert (person, subject, data) == (None, "rating:1", "{}")
    assert "jb01" in str(label)
    auditor = at_the_desk("sj01")
    found = auditor.submit(auditor.page("/counter/audit"), "查这名经办人员", user_name="jb01")
    assert "处理评价" in found.words
    mine = auditor.submit(auditor.page("/counter/audit"), "查这个人", identity=MA_LAN.identity)
    assert "评价" not in mine.words


@pytest.mark.parametrize("answer", ["", "好", "长" * 201])
def test_without_a_sentence_of_what_was_done_nothing_is_done(
    at_the_desk: AtTheDesk, app: Flask, complained: str, answer: str
) -> None:
    officer = at_the_desk("jb01")
    form = officer.page(officer.page(PAGE).links()["处理"])
    page = officer.submit(form, "标为已处理", 422, answer=answer)
    assert "请写明怎么处理的" in page.errors["answer"]
    assert rows(app, "SELECT handled_at FROM rating") == [(None,)]


def test_what_another_officer_dealt_with_is_not_dealt_with_again(
    at_the_desk: AtTheDesk, app: Flask, complained: str
) -> None:
    one, two = at_the_desk("jb01"), at_the_desk("jb02")
    path = one.page(PAGE).links()["处理"]
    late = two.page(path)
    one.submit(one.page(path), "标为已处理", answer=DONE)
    answer = two.submit(late, "标为已处理", 422, answer="另一种说法")
    assert "已经处理过" in answer.words
    assert DONE in two.page(path).words
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action = 'rating.handled'") == [(1,)]


def test_a_good_one_is_nothing_to_deal_with(at_the_desk: AtTheDesk, client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    rate_record(client, assess(client, "2026-01", "2026-01"), "3", "还行")
    at_the_desk("jb01").page(f"{PAGE}/1", 404)


def test_an_auditor_looks_and_has_no_buttons(at_the_desk: AtTheDesk, complained: str) -> None:
    page = at_the_desk("sj01").page(PAGE)
    assert len(lines(page, "要跟进的差评")) == 1
    assert "处理" not in page.links()


def test_the_csv_says_what_the_page_says_and_nobodys_words(
    at_the_desk: AtTheDesk, app: Flask, busy: None
) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    answer = take(officer)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "ratings-2026-06-01-2026-11-24.csv" in answer.headers["Content-Disposition"]
    found = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert found[0][2:] == [
        "评价",
        "非常满意",
        "满意",
        "基本满意",
        "不满意",
        "非常不满意",
        "满意率（%）",
    ]
    assert found[1] == ["合计", "", "10", "3", "5", "0", "少于3笔", "少于3笔", ""]
    for title in ("每月", "各项业务", "各渠道", "各地区"):
        # A month of the file is a text that a spreadsheet leaves alone.
        filed = {row[1].lstrip("\t"): row[2:] for row in found if row[0] == title}
        assert filed == {
            name: [cell.removesuffix("%").replace("—", "") for cell in cells]
            for name, cells in table(page, title).items()
        }
    assert COMPLAINT not in answer.text
    ((label, data),) = rows(
        app, "SELECT actor_label, data FROM audit_event WHERE action = 'rating.exported'"
    )
    assert "jb01" in str(label)
    assert json.loads(str(data))["last"] == "2026-11-24"


def test_a_month_is_that_of_beijing(at_the_desk: AtTheDesk, app: Flask, busy: None) -> None:
    # 00:01 on 1 November in Beijing is still October in UTC.
    tamper(app, "UPDATE rating SET created_at = '2026-10-31 16:01:00.000000'")
    found = table(at_the_desk("jb01").page(PAGE), "每月")
    assert (found["2026-10"][0], found["2026-11"][0]) == ("0", "10")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rating SET level = 5",
        "UPDATE rating SET sentence = NULL",
        "UPDATE rating SET account_id = 2",
        "DELETE FROM rating",
        "UPDATE rating SET handled_at = created_at",
        "INSERT INTO rating SELECT 9, case_seq, business, channel, division, 5, NULL, 1,"
        " created_at, NULL, NULL, NULL FROM rating",
    ],
)
def test_the_database_lets_no_rating_be_changed_removed_or_given_twice(
    app: Flask, complained: str, statement: str
) -> None:
    with pytest.raises(REFUSED):
        execute(app, statement)


def test_an_answer_is_given_once(app: Flask, complained: str) -> None:
    execute(app, "UPDATE rating SET handled_at = created_at, handled_by = 1")
    with pytest.raises(REFUSED, match="a rating is not changed"):
        execute(app, "UPDATE rating SET answer = 'x'")


def test_counting_and_following_up_go_by_their_indexes(app: Flask) -> None:
    counting = plan(
        app,
        "SELECT level, count(*) FROM rating"
        " WHERE created_at >= '2026-11-01' AND created_at < '2026-12-01' GROUP BY level",
    )
    assert "ix_rating_created_at" in counting
    following_up = plan(
        app,
        "SELECT id FROM rating WHERE level <= 2 AND handled_at IS NULL ORDER BY id LIMIT 20",
    )
    assert "ix_rating_open" in following_up
