"""Figures are published by two officers, hold at once everywhere, and are only ever superseded."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event

from flexapp.agency import service as agency
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import db
from flexapp.rules.capabilities import ChannelKind
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import now
from flexapp.web.unit_of_work import write_transaction
from tests.conftest import MakeApp
from tests.office.publishing import (
    OF_2027,
    PAGE,
    propose,
    publish,
    review,
)
from tests.support.client import LintingClient, linting
from tests.support.clock import Clock
from tests.support.database import REFUSED, execute, rows
from tests.support.staff import enter
from tests.support.walks import MA_LAN, assess, sign_in

AtTheDesk = Callable[[str], LintingClient]
TODAY = date(2026, 11, 24)
OFFICER = Actor(ActorKind.STAFF, 4, "经办机构管理员 哈**（jb02）", "agency", ChannelKind.AGENCY)


def actions(app: Flask) -> list[tuple[object, ...]]:
    return rows(
        app,
        "SELECT action, actor_label FROM audit_event"
        " WHERE action LIKE 'publication.%' ORDER BY seq",
    )


def open_2027(officer: LintingClient) -> None:
    officer.submit(officer.page("/counter/years"), "开放 2027 年度")


def test_the_effect_is_shown_before_anything_is_proposed(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    page = review(at_the_desk("jb01"), year="2026", average="9000", lower="5400", upper="27000")
    assert "提交复核" in page.buttons()
    assert page.texts("dt")[-4:] == [
        "按 60%，2026年1月至12月",
        "按 100%，2026年1月至12月",
        "按 300%，2026年1月至12月",
        "月工资 6000 元，2026年1月至12月",
    ]
    assert page.texts("del")[0] == "原来：每月 ¥1004.60，共 ¥12055.20"
    assert page.texts("ins")[0] == "变为：每月 ¥1080.00，共 ¥12960.00"
    assert "不变：每月 ¥1200.00，共 ¥14400.00" in page.words
    assert rows(app, "SELECT * FROM publication") == []


def test_two_officers_publish_2027_and_a_resident_is_assessed_in_it(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    waiting = propose(first)
    assert waiting.facts()["状态"] == "待复核"
    done = second.submit(second.page(waiting.path), "确认公布")
    assert done.facts()["状态"] == "已公布"
    assert done.facts()["执行"] == "2026年11月24日起"
    open_2027(first)
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2027-01", "2027-12", "100")
    ((total, stored),) = rows(
        app, "SELECT total, parameters FROM assessment WHERE serial = ?", serial
    )
    assert total == 2040000
    used = json.loads(str(stored))
    assert [row["value"] for row in used] == ["8500", "5100", "25500", "0.20"]
    assert used[0]["source"] == "关于公布2027年度缴费基数的通知（宁人社发〔2026〕99号）"
    assert actions(app) == [
        ("publication.proposed", "经办机构管理员 王**（jb01）"),
        ("publication.confirmed", "经办机构管理员 哈**（jb02）"),
    ]


def test_once_2027_has_come_its_published_figures_hold(
    at_the_desk: AtTheDesk, make_app: MakeApp
) -> None:
    publish(at_the_desk("jb01"), at_the_desk("jb02"))
    later = linting(make_app(FLEXAPP_TODAY="2027-01-05").test_client())
    sign_in(later, MA_LAN.phone)
    assert assess(later, "2027-01", "2027-12")


def test_whoever_proposed_cannot_confirm(at_the_desk: AtTheDesk, app: Flask) -> None:
    first = at_the_desk("jb01")
    page = propose(first)
    assert "确认公布" not in page.buttons()
    assert "请另一位管理员登录后确认" in page.words
    token = first.page("/counter").form("退出登录")[0].fields["csrf_token"]
    answer = first.post(f"{page.path}/confirm", data={"csrf_token": token, "seen": "0"})
    assert answer.status_code == 422
    assert "提出和确认必须是两个人" in answer.text
    assert rows(app, "SELECT status FROM publication") == [("proposed",)]


def test_the_database_itself_refuses_one_person_for_both(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    propose(at_the_desk("jb01"))
    with pytest.raises(REFUSED, match="two_people"):
        execute(
            app,
            "UPDATE publication SET status = 'confirmed', in_force_from = '2026-11-24',"
            " decided_by = proposed_by",
        )


@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.STAFF, 2, "大厅经办员", "hall", ChannelKind.HALL),
        Actor(ActorKind.STAFF, 5, "审计员", "auditor", ChannelKind.AGENCY),
        Actor(ActorKind.ACCOUNT, 4, "本人"),
    ],
)
def test_the_service_refuses_whoever_is_no_officer(
    at_the_desk: AtTheDesk, app: Flask, actor: Actor
) -> None:
    propose(at_the_desk("jb01"))
    with app.app_context():
        found = agency.find(1)
        assert found is not None
        asked = (
            agency.propose(draft=found.draft, actor=actor, at=now()),
            agency.confirm(publication_id=1, seen="0", actor=actor, at=now(), today=TODAY),
            agency.withdraw(publication_id=1, reason="不对", actor=actor, at=now()),
            agency.open_year(year=2025, actor=actor, at=now(), today=TODAY),
            agency.close_year(year=2026, reason="不对", actor=actor, at=now(), today=TODAY),
        )
        db.session.rollback()
    assert [each.reason for each in asked if isinstance(each, Refusal)] == ["not_an_officer"] * 5


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"year": "2028"}, "year", "请填 2006 至 2027 之间的年份"),
        ({"average": "八千"}, "average", "请填平均工资的数字"),
        ({"average": "8500.123"}, "average", "最多两位小数"),
        ({"average": "102000"}, "average", "是按年还是按月公布的"),
        ({"lower": "25500", "upper": "5100"}, "lower", "下限要小于上限"),
        ({"lower": "-1"}, "lower", "请填下限的数字"),
        ({"total": "0.2‰"}, "total", "请填费率的百分数"),
        ({"total": "200"}, "total", "请填费率的百分数"),
        ({"personal": "21"}, "personal", "不能超过费率"),
        ({"document": ""}, "document", "请填文件名称"),
        ({"number": " "}, "number", "请填文号"),
        ({"document_date": "2026-11-25"}, "document_date", "不能晚于今天"),
        ({"document_date": "2026-13-01"}, "document_date", "请填文件日期"),
        ({"effective_from": "2026-11-23"}, "effective_from", "今天或以后"),
        ({"effective_from": "2029-01-01"}, "effective_from", "一年之内"),
    ],
)
def test_wrong_figures_are_refused_with_a_sentence(
    at_the_desk: AtTheDesk, app: Flask, typed: dict[str, str], field: str, sentence: str
) -> None:
    officer = at_the_desk("jb01")
    page = officer.submit(officer.page(f"{PAGE}/year"), "看影响", 422, fill={**OF_2027, **typed})
    assert sentence in page.errors[field]
    assert page.value("document") == {**OF_2027, **typed}["document"].strip()
    assert rows(app, "SELECT * FROM publication") == []


def test_bounds_that_are_unusual_are_pointed_out_and_allowed(at_the_desk: AtTheDesk) -> None:
    page = review(at_the_desk("jb01"), lower="5200")
    assert "下限 5200 元与平均工资的 60%（5100.00 元）相差超过 1 元" in page.words
    assert "提交复核" in page.buttons()


def test_what_was_reviewed_is_what_is_proposed(at_the_desk: AtTheDesk, app: Flask) -> None:
    officer = at_the_desk("jb01")
    other = officer.submit(review(officer), "提交复核", by_hand=True, fill={"upper": "25600"})
    assert "提交复核" in other.buttons()
    assert rows(app, "SELECT * FROM publication") == []


def test_going_back_from_the_review_keeps_what_was_typed(at_the_desk: AtTheDesk) -> None:
    officer = at_the_desk("jb01")
    form = officer.submit(review(officer), "返回修改")
    assert {name: form.value(name) for name in OF_2027} == OF_2027


def test_published_figures_are_superseded_from_a_date_and_stored_assessments_stay(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask, make_app: MakeApp, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    old = assess(client, "2026-01", "2026-01", "100")
    new = {"year": "2026", "average": "9000", "lower": "5400", "upper": "27000"}
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    publish(first, second, **new, effective_from="2026-12-01")
    before = assess(client, "2026-02", "2026-02", "100")
    clock.advance(minutes=2)
    december = linting(make_app(FLEXAPP_TODAY="2026-12-01").test_client())
    sign_in(december, MA_LAN.phone)
    after = assess(december, "2026-03", "2026-03", "100")
    assert rows(app, "SELECT serial, monthly_base FROM assessment ORDER BY id") == [
        (old, 837100),
        (before, 837100),
        (after, 900000),
    ]


def test_a_confirmation_never_reaches_back(at_the_desk: AtTheDesk, make_app: MakeApp) -> None:
    waiting = propose(at_the_desk("jb01"))
    later = linting(make_app(FLEXAPP_TODAY="2026-12-20").test_client())
    enter(later, "jb02")
    done = later.submit(later.page(waiting.path), "确认公布")
    assert done.facts()["执行"] == "2026年12月20日起"


def test_a_publication_holds_at_once_in_a_process_that_served_before_it(
    at_the_desk: AtTheDesk, make_app: MakeApp
) -> None:
    other = linting(make_app().test_client())
    sign_in(other, MA_LAN.phone)
    assess(other, "2026-01", "2026-01")
    first = at_the_desk("jb01")
    publish(first, at_the_desk("jb02"))
    open_2027(first)
    assert assess(other, "2027-01", "2027-01")


def test_the_page_of_the_assessment_asks_no_more_than_before(
    client: LintingClient, app: Flask
) -> None:
    """Years, figures and the pilot are kept in the process; only their revision is read."""
    sign_in(client, MA_LAN.phone)
    client.page("/assessment/self/new")
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *row: asked.append(str(row[2])))
    client.page("/assessment/self/new")
    kept = ("publication", "declaration_year", "pilot_place")
    assert [said for said in asked if any(table in said for table in kept)] == []
    assert sum("reference_revision" in said for said in asked) == 1
    assert not [s for s in asked if "publication" in s and "declaration_year" not in s]


def test_another_publication_in_between_calls_for_a_second_look(at_the_desk: AtTheDesk) -> None:
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    page = second.page(propose(first).path)
    publish(second, first, average="8600", lower="5160", upper="25800")
    refused = second.submit(page, "确认公布", 422)
    assert "请重新看过试算再确认" in refused.alert
    assert second.submit(refused, "确认公布").facts()["状态"] == "已公布"


def test_of_two_confirmations_at_once_one_is_refused(at_the_desk: AtTheDesk, app: Flask) -> None:
    propose(at_the_desk("jb01"))
    barrier, outcomes = threading.Barrier(2), []

    def race() -> None:
        with app.app_context():
            barrier.wait()
            with write_transaction():
                outcomes.append(
                    agency.confirm(publication_id=1, seen="0", actor=OFFICER, at=now(), today=TODAY)
                )

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [each.reason for each in outcomes if isinstance(each, Refusal)]
    assert refused == ["decided"]
    assert [action for action, _ in actions(app)].count("publication.confirmed") == 1


def test_a_proposal_is_withdrawn_with_a_reason_and_stays_on_record(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    form = second.submit(second.page(propose(first).path), "作废")
    assert "请写明原因" in second.submit(form, "确认作废", 422).errors["reason"]
    done = second.submit(form, "确认作废", reason="上限抄错了")
    assert done.facts()["状态"] == "已作废"
    assert not {"确认公布", "作废"} & set(done.buttons())
    with app.app_context():
        *_, event = audit.of_subject(subject="publication:1")
    assert (event.action, event.data["reason"]) == ("publication.withdrawn", "上限抄错了")


def test_the_same_figures_from_another_document_confirm_what_came_with_the_code(
    at_the_desk: AtTheDesk,
) -> None:
    officer = at_the_desk("jb01")
    typed = {"year": "2026", "average": "8371", "lower": "5023", "upper": "25113"}
    publish(officer, at_the_desk("jb02"), **typed)
    page = officer.page(PAGE)
    assert "依据：关于公布2027年度缴费基数的通知（宁人社发〔2026〕99号）" in page.words
    again = officer.submit(officer.page(f"{PAGE}/year"), "看影响", 422, fill={**OF_2027, **typed})
    assert "现在就在执行" in again.alert


def test_a_rate_is_published_the_same_way(at_the_desk: AtTheDesk) -> None:
    first, second = at_the_desk("jb01"), at_the_desk("jb02")
    paper = {name: OF_2027[name] for name in ("document", "number", "document_date")}
    typed = {"kind": "flexible", "from_month": "2026-11", "total": "21", "personal": "8"}
    form = first.page(f"{PAGE}/rate")
    assert "年和月" in first.submit(form, "看影响", 422, from_month="二月").errors["from_month"]
    effect = first.submit(form, "看影响", fill={**paper, **typed})
    assert "变为：每月 ¥1054.83，共 ¥2109.66" in effect.texts("ins")
    page = first.submit(effect, "提交复核")
    second.submit(second.page(page.path), "确认公布")
    assert "21%，其中个人账户 8%，2026年11月起" in second.page(PAGE).words


def test_an_auditor_sees_publications_and_has_no_buttons(at_the_desk: AtTheDesk) -> None:
    path = propose(at_the_desk("jb01")).path
    auditor = at_the_desk("sj01")
    assert "公布年度数据" not in auditor.page(PAGE).words
    assert not {"确认公布", "作废"} & set(auditor.page(path).buttons())


def test_an_unknown_publication_is_said_to_be_none(at_the_desk: AtTheDesk) -> None:
    assert at_the_desk("jb01").page(f"{PAGE}/9", 404).title == "没有这个页面"


def test_a_year_is_opened_only_with_figures_and_closed_with_a_reason(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    assert "开放 2027 年度" not in officer.page("/counter/years").buttons()
    token = officer.page("/counter").form("退出登录")[0].fields["csrf_token"]
    refused = officer.post("/counter/years/2027/open", data={"csrf_token": token})
    assert (refused.status_code, "缴费基数还没有公布" in refused.text) == (422, True)
    form = officer.submit(officer.page("/counter/years"), "关闭 2026 年度")
    assert "请写明原因" in officer.submit(form, "确认关闭", 422).errors["reason"]
    after = officer.submit(form, "确认关闭", reason="年度结算")
    assert "开放 2026 年度" in after.buttons()
    sign_in(client, MA_LAN.phone)
    assert "核定" not in client.page("/assessment/self/new").buttons()
    officer.submit(after, "开放 2026 年度")
    assert assess(client, "2026-01", "2026-12")
    assert rows(
        app, "SELECT action, subject FROM audit_event WHERE action LIKE 'declaration_year.%'"
    ) == [("declaration_year.closed", "year:2026"), ("declaration_year.opened", "year:2026")]
