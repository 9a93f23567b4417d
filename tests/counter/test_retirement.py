"""What a hall records of a retirement, and what becomes of the months beyond it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.counter.retirement import WHAT_TO_DO
from flexapp.rules.states import LIVE_STATES
from tests.counter.test_people import ADDRESS, at, events, serve
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.html import Page
from tests.support.walks import (
    MA_LAN,
    WANG,
    Resident,
    assess,
    identity,
    sign_in,
    transmit,
    work,
)

AtTheDesk = Callable[[str], LintingClient]


def retirement(desk: LintingClient, who: Resident) -> Page:
    """The page on somebody's retirement."""
    return desk.page(at(serve(desk, who), "/retirement"))


def test_the_statutory_month_bounds_until_another_is_approved(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("dt01")
    assert "可核定到 2026年5月" in serve(desk, WANG).words
    page = retirement(desk, WANG)
    assert page.value("approved") == ""
    assert "没有超出2026年5月的核定" in page.words


def test_an_approved_month_takes_effect_at_once_on_the_phone_too(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    desk = at_the_desk("dt01")
    page = desk.submit(retirement(desk, WANG), "提交", approved="2026-08")
    assert page.value("approved") == "2026-08"
    sign_in(client, WANG.phone)
    offered = client.page("/assessment/self/new").form("核定")[0].offered["end"]
    assert max(offered) == "2026-08"
    assess(client, "2026-01", "2026-08")
    ((person, subject, kind, label, channel, data),) = events(app, "person.retirement")
    assert (subject, kind, channel) == ("retirement", "staff", "hall")
    assert person is not None
    assert str(label).startswith("大厅经办员")
    assert '"approved":"2026-08"' in str(data)
    assert "记录了退休信息" in client.page("/me/messages").words


def test_months_beyond_it_are_listed_with_what_to_do_for_each_state(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    sign_in(client, WANG.phone)
    before = assess(client, "2026-01", "2026-02")
    sent = assess(client, "2026-03", "2026-04")
    transmit(client, sent)
    work(app)
    made = assess(client, "2026-05", "2026-05")
    desk = at_the_desk("dt01")
    page = desk.submit(retirement(desk, WANG), "提交", approved="2026-03")
    beyond = page.texts("article")
    assert len(beyond) == 2
    assert sent in beyond[0]
    assert "请申请税务撤销" in beyond[0]
    assert made in beyond[1]
    assert "请撤销，再核定到可核定的月份" in beyond[1]
    assert before not in page.words
    desk.submit(desk.submit(desk.page(page.links()[made]), "撤销"), "确认")
    assert len(retirement(desk, WANG).texts("article")) == 1


def test_every_state_that_holds_months_has_its_advice() -> None:
    assert set(WHAT_TO_DO) == LIVE_STATES


def test_a_womans_original_age_of_50_is_recorded_and_moves_the_boundary(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    who = Resident("李芳", identity("64010419751115002"), "")
    desk = at_the_desk("dt01")
    page = desk.submit(desk.page("/counter/people"), "查找", identity=who.identity)
    person = desk.submit(desk.submit(page, "新建", name=who.name), "确认新建")
    form = desk.page(at(person, "/registration"))
    desk.submit(form, "提交", division="640104", ethnic_group="01", address=ADDRESS)
    page = retirement(desk, who)
    assert page.value("original") == "F55"
    done = desk.submit(page, "提交", original="F50")
    assert done.value("original") == "F50"
    assert "可核定到 2026年5月" in serve(desk, who).words
    back = desk.submit(retirement(desk, who), "提交", original="F55")
    assert back.value("original") == "F55"
    assert rows(app, "SELECT original_age FROM person WHERE original_age IS NOT NULL") == []


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"original": "F50"}, "original", "与性别相符"),
        ({"original": "X"}, "original", "请选择原法定退休年龄"),
        ({"approved": "2020-01"}, "approved", "最多早或晚三年"),
        ({"approved": "soon"}, "approved", "请从列表中选择"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_changes_nothing(
    at_the_desk: AtTheDesk, app: Flask, typed: dict[str, str], field: str, sentence: str
) -> None:
    desk = at_the_desk("dt01")
    page = retirement(desk, WANG)
    answer = desk.submit(page, "提交", 422, by_hand=True, fill=typed)
    assert sentence in answer.errors[field]
    assert "一样" in desk.submit(page, "提交", 422).alert
    assert events(app, "person.retirement") == []


def test_a_township_is_refused_and_it_is_noted(at_the_desk: AtTheDesk, app: Flask) -> None:
    desk = at_the_desk("xz01")
    person = serve(desk, MA_LAN)
    assert "退休信息" not in person.links()
    assert "请到社保服务大厅办理" in desk.page(at(person, "/retirement"), 422).words
    token = desk.page("/counter").form("退出登录")[0].fields["csrf_token"]
    answer = desk.post(at(person, "/retirement"), data={"csrf_token": token, "original": "F50"})
    assert answer.status_code == 422
    assert [data for *_, data in events(app, "counter.refused")] == [
        '{"code":"channel_cannot","what":"special"}'
    ]
    assert events(app, "person.retirement") == []
