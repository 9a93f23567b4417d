"""练习: everything once, as nobody, leaving no trace, in the real thing's words and figures."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute
from tests.support.html import Page
from tests.support.practising import (
    FORM,
    MARK,
    NEW,
    RECORDS,
    assess,
    everything,
    record,
    register,
    state,
    whole_way,
)
from tests.support.walks import ADDRESS, arrive, newcomer


def test_everybody_finds_it_on_the_home_page_and_in_the_guide(client: LintingClient) -> None:
    for path in ("/", "/guide"):
        leads = [to for text, to in client.page(path).links().items() if "练" in text]
        assert leads == ["/practice"]
    start = client.page("/practice")
    assert start.title == "练习"
    assert client.page(start.links()["开始练习"]).title == "灵活就业人员养老保险登记"


def test_practising_leaves_every_table_as_it_was(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    before = everything(app)
    whole_way(client, clock)
    assert everything(app) == before
    assert len(before) > 20


def test_every_page_of_the_practice_says_that_it_is_one(
    client: LintingClient, clock: Clock
) -> None:
    seen = whole_way(client, clock)
    assert len(seen) > 15
    for page in seen:
        assert MARK in page.words, page
        assert "退出练习" in page.buttons(), page
    assert MARK not in client.page("/").words
    assert MARK not in client.page("/sign-in").words


def test_every_link_and_button_of_the_practice_stays_in_it(
    client: LintingClient, clock: Clock
) -> None:
    for page in whole_way(client, clock):
        desk = [*page.links().values(), *(form.action for form in page.forms())]
        desk += [a.get("formaction", "/practice") for a in page.all("button")]
        desk += [a.get("hx-get", "/practice") for a in page.root.iter()]
        out = {way for way in desk if not way.startswith(("/practice", "#"))}
        # 返回 of its first page leads to where one came from.
        assert out <= ({"/"} if page.path == "/practice" else set()), page


def test_registering_is_shown_as_in_earnest(client: LintingClient) -> None:
    page = client.page(FORM)
    assert page.texts("output") == [
        "练**",
        "640104********0020",
        "女",
        "1985年5月1日",
        "199****0000",
    ]
    done = register(client)
    assert (done.title, done.path) == ("提交成功", "/practice/registration/done")
    facts = done.facts()
    assert facts["参保地区"] == "兴庆区"
    assert facts["参加工作时间"] == "2026年1月"
    assert facts["参保单位"] == "兴庆区灵活就业人员虚拟单位"
    assert "评价" not in done.links()


def test_a_change_is_shown_before_it_takes_effect(client: LintingClient) -> None:
    register(client)
    review = client.submit(client.page(FORM), "提交", division="640502")
    assert "请核对要变更的内容" in review.words
    assert client.page(FORM).value("division") == "640104"
    assert client.submit(review, "提交").facts()["参保地区"] == "沙坡头区"


ASSESSMENTS = [
    {"start": "2026-01", "end": "2026-12", "base": base}
    for base in ("", "59.99", "abc", "60.001", "-5", "99999999999")
] + [
    {"start": "2026-05", "end": "2026-02", "base": "60"},
    {"start": "2025-12", "end": "2026-02", "base": "60"},
    {"start": "2027-01", "end": "2027-02", "base": "60"},
    {"start": "x", "end": "", "base": ""},
    {"start": "2026-01", "end": "2026-03", "base": "60"},  # taken by then
]


def refusals(page: Page) -> tuple[str, dict[str, str]]:
    return page.alert, page.errors


@pytest.mark.parametrize("typed", ASSESSMENTS)
def test_the_practice_refuses_the_same_months_and_bases_in_the_same_words(
    client: LintingClient, typed: dict[str, str]
) -> None:
    arrive(client, newcomer())
    for path in ("/registration", FORM):
        client.submit(
            client.page(path), "提交", division="640104", ethnic_group="03", address=ADDRESS
        )
    told = []
    for path in ("/assessment/self/new", NEW):
        client.submit(client.page(path), "核定", start="2026-03", end="2026-04", base="100")
        answer = client.submit(client.page(path), "核定", 422, by_hand=True, fill=typed)
        # Each names its own serial.
        alert, errors = refusals(answer)
        told.append(
            (
                re.sub(r"\d{20}", "N", alert),
                {k: re.sub(r"\d{20}", "N", v) for k, v in errors.items()},
            )
        )
    assert told[0] == told[1]
    assert told[0][0]


def test_before_registering_one_is_sent_to_register_as_in_earnest(client: LintingClient) -> None:
    arrive(client, newcomer())
    real = client.submit(client.page("/assessment"), "提交", 422, who="self")
    for path in (RECORDS, NEW, "/practice/registration/done"):
        page = client.page(path)
        assert page.alert == real.alert
        assert page.links()["去登记"] == FORM


def test_figures_and_words_are_those_of_the_real_thing(client: LintingClient) -> None:
    arrive(client, newcomer())
    pages = {}
    for form, new in (("/registration", "/assessment/self/new"), (FORM, NEW)):
        client.submit(
            client.page(form), "提交", division="640104", ethnic_group="03", address=ADDRESS
        )
        pages[new] = client.submit(
            client.page(new), "先算一算", start="2026-01", end="2026-12", base="100"
        )
    real, practised = pages.values()
    assert practised.facts()["缴费总额"] == "¥20090.40"
    assert practised.facts() == real.facts()
    for part in ("read-back", "compare"):
        assert [*practised.by_id(part).itertext()] == [*real.by_id(part).itertext()]
    assert practised.options("start") == real.options("start")
    assert [a for a in real.buttons() if a != "到窗口继续办理"] == [
        b for b in practised.buttons() if b != "退出练习"
    ]


def test_the_read_back_comes_while_typing_and_a_quick_choice_without_the_script(
    client: LintingClient,
) -> None:
    register(client)
    asked = "?start=2026-01&end=2026-12&base=60"
    fragment = client.page(f"/practice/assessment/read-back{asked}", htmx=True)
    assert fragment.facts()["缴费总额"] == "¥12055.20"
    assert "比一比" in fragment.words
    chosen = client.page(client.page(NEW).links()["300%"])
    assert chosen.value("base") == "300"
    assert "缴费总额" in chosen.facts()


def test_what_was_sent_is_taken_at_a_later_look(client: LintingClient, clock: Clock) -> None:
    register(client)
    serial = assess(client, "2026-01", "2026-02")
    assert state(client, serial) == "已核定"
    sent = client.submit(record(client, serial), "传输")
    assert "正在传给税务" in sent.words
    assert state(client, serial) == "传输中"
    (card,) = [each.get("hx-get", "") for each in sent.all("article")]
    clock.advance(seconds=4)
    polled = client.page(card, htmx=True)
    assert polled.texts("span", class_="tag") == ["已传输"]
    assert record(client, serial).texts("b")[-3:] == ["已核定", "已提交传输", "税务已接收"]


def test_after_the_tax_bureau_agreed_the_months_are_free_again(
    client: LintingClient, clock: Clock
) -> None:
    register(client)
    serial = assess(client, "2026-01", "2026-12")
    assert "可以核定的月份都已核定" in client.page(NEW).words
    client.submit(record(client, serial), "传输")
    clock.advance(seconds=4)
    refused = client.page(f"/practice/records/{serial}/revoke")
    assert "要先由税务撤销" in refused.words
    ask = client.submit(record(client, serial), "申请税务撤销")
    short = client.submit(ask, "确认", 422, reason="x")
    assert "请写明撤销原因，2 至 100 个字" in short.errors["reason"]
    client.submit(short, "确认", reason="基数填错了")
    assert state(client, serial) == "税务撤销中"
    clock.advance(seconds=4)
    assert state(client, serial) == "税务已撤销"
    assert "基数填错了" in record(client, serial).words
    dialog = client.submit(record(client, serial), "撤销")
    after = client.submit(dialog, "确认")
    assert after.texts("span", class_="tag") == ["已撤销"]
    again = client.page(after.links()["重新核定"])
    assert (again.value("start"), again.value("base")) == ("2026-01", "60")
    assert "2026-12" in again.options("end")


def test_what_is_under_way_cannot_be_called_back_in_the_real_words(client: LintingClient) -> None:
    register(client)
    serial = assess(client, "2026-01", "2026-01")
    token = record(client, serial).form("传输")[0].fields
    client.post(f"/practice/records/{serial}/transmit", data=token)
    for move in ("revoke", "transmit"):
        answer = Page(client.post(f"/practice/records/{serial}/{move}", data=token))
        assert answer.status == 422
        assert "正在传输" in answer.alert


def test_how_it_is_reckoned_is_shown_step_by_step(client: LintingClient) -> None:
    register(client)
    links = record(client, assess(client, "2026-01", "2026-12")).links()
    page = client.page(next(to for text, to in links.items() if text.startswith("一步一步")))
    assert page.title == "怎么算的"
    assert "8371.00 元" in page.words
    assert "¥12055.20" in page.words


def test_years_and_figures_are_those_in_force(client: LintingClient, app: Flask) -> None:
    register(client)
    execute(app, "INSERT INTO declaration_year (year, open) VALUES (2026, false)")
    assert "目前没有开放申报的年度" in client.page(NEW).words


@pytest.mark.today("2019-09-24")
def test_in_2019_the_figures_are_those_of_the_notice(client: LintingClient) -> None:
    register(client)
    serial = assess(client, "2019-01", "2019-12")
    assert record(client, serial).facts()["缴费总额"] == "¥7447.20"


def test_with_htmx_the_page_around_stays_and_only_what_is_in_it_changes(
    client: LintingClient,
) -> None:
    page = client.submit(client.page(FORM), "提交", 422, htmx=True)
    assert MARK not in page.words  # the band stands outside of what is exchanged
    assert page.errors["division"] == "请选择参保地区。"


def test_the_entry_is_not_taken_for_the_one_to_sign_in_or_to_the_real_thing(
    client: LintingClient,
) -> None:
    (entry,) = [text for text, to in client.page("/").links().items() if to == "/practice"]
    for real in ("登录", "登记", "核定", "社保", "我的"):
        assert real not in entry
