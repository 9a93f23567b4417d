"""A case begun on the phone is finished at the counter, and the other way round, by six digits."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.rules.limits import HAND_OVER_FOR, HAND_OVERS
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import raw_bytes, rows
from tests.support.html import Page
from tests.support.walks import ADDRESS, MA_LAN, YANG, ZHANG, Resident, assess, sign_in

AtTheDesk = Callable[[str], LintingClient]
WRONG = "办理码不对：可能输错了，已经用过，或者过了 24 小时。请核对后再输入。"
BEGUN = {"division": "640104", "ethnic_group": "03", "address": ADDRESS}


def digits(page: Page) -> str:
    """The code that a page shows, as it is read out."""
    (shown,) = page.texts("p", class_="digits")
    assert re.fullmatch(r"\d{3} \d{3}", shown)
    return shown


def begin_registration(client: LintingClient, **typed: str) -> str:
    """Half fill 登记 on the phone and take it to a counter; the code."""
    page = client.page("/registration")
    return digits(client.submit(page, "到窗口继续办理", fill=BEGUN | typed))


def begin_assessment(client: LintingClient, base: str = "60") -> str:
    """Half fill 核定 on the phone and take it to a counter; the code."""
    form = client.page("/assessment/self/new")
    typed = {"start": "2026-03", "end": "2026-05", "base": base}
    return digits(client.submit(form, "到窗口继续办理", fill=typed))


def found(clerk: LintingClient, resident: Resident) -> Page:
    """The person's page at the counter."""
    return clerk.submit(clerk.page("/counter/people"), "查找", identity=resident.identity)


def give(clerk: LintingClient, resident: Resident, code: str, status: int = 200) -> Page:
    """Type the code for a person who has been found."""
    asked = clerk.page(f"{found(clerk, resident).path}/hand-over")
    return clerk.submit(asked, "打开", status, code=code)


def actions(app: Flask) -> list[tuple[object, ...]]:
    return rows(
        app,
        "SELECT action, channel FROM audit_event WHERE action LIKE 'hand_over%' ORDER BY seq",
    )


def test_a_registration_begun_on_the_phone_is_finished_at_a_township(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, YANG.phone)
    code = begin_registration(client)
    clerk = at_the_desk("xz01")
    form = give(clerk, YANG, code)
    assert form.title == "灵活就业人员养老保险登记"
    assert "接着本人在手机上已填的内容" in form.words
    assert {name: form.value(name) for name in BEGUN} == BEGUN
    assert rows(app, "SELECT * FROM registration WHERE address <> ''  AND person_id = 2") == []
    done = clerk.submit(form, "提交")
    assert done.facts()["通讯地址"] == ADDRESS
    assert actions(app) == [("hand_over.given", "phone"), ("hand_over.taken", "township")]
    assert rows(app, "SELECT * FROM hand_over") == []


def test_an_assessment_begun_on_the_phone_is_finished_at_a_hall(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    code = begin_assessment(client)
    clerk = at_the_desk("dt01")
    form = give(clerk, MA_LAN, code)
    assert [form.value(name) for name in ("start", "end", "base")] == ["2026-03", "2026-05", "60"]
    assert "3014.00" not in form.words  # the number is read back anew, from the figures in force
    clerk.submit(form, "核定")
    assert rows(app, "SELECT start_month, end_month, channel FROM assessment") == [
        ("2026-03", "2026-05", "hall")
    ]


def test_a_registration_begun_at_the_counter_is_finished_on_the_phone(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    clerk = at_the_desk("xz01")
    form = clerk.page(f"{found(clerk, YANG).path}/registration")
    code = digits(clerk.submit(form, "让本人在手机上继续", fill=BEGUN))
    sign_in(client, YANG.phone)
    assert client.page("/me").links()["办理码手机和窗口接着办"] == "/me/hand-over"
    filled = client.submit(client.page("/me/hand-over"), "接着办", code=code)
    assert "接着窗口已填的内容" in filled.words
    assert {name: filled.value(name) for name in BEGUN} == BEGUN
    assert client.submit(filled, "提交").title == "提交成功"
    assert actions(app) == [("hand_over.given", "township"), ("hand_over.taken", "phone")]


def test_an_assessment_begun_at_a_hall_is_finished_on_the_phone(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    clerk = at_the_desk("dt01")
    form = clerk.page(f"{found(clerk, MA_LAN).path}/assess")
    typed = {"start": "2026-01", "end": "2026-02", "base": "6000"}
    code = digits(clerk.submit(form, "让本人在手机上继续", fill=typed))
    sign_in(client, MA_LAN.phone)
    filled = client.submit(client.page("/me/hand-over"), "接着办", code=code)
    assert {name: filled.value(name) for name in typed} == typed
    client.submit(filled, "核定")
    assert rows(app, "SELECT start_month, channel FROM assessment") == [("2026-01", "phone")]


def test_half_a_form_is_enough_to_go_on_elsewhere(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, YANG.phone)
    code = begin_registration(client, ethnic_group="", division="")
    form = give(at_the_desk("xz01"), YANG, code)
    assert [form.value(name) for name in ("division", "address")] == ["", ADDRESS]


def test_every_code_that_opens_nothing_gets_the_same_answer(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    """Wrong, somebody else's, for the other direction, used, given up: one sentence."""
    sign_in(client, MA_LAN.phone)
    code = begin_assessment(client)
    clerk = at_the_desk("dt01")
    alerts = []
    for typed in ("000000", "", "48392", "abcdef"):
        other = "999999" if typed == code.replace(" ", "") else typed
        alerts.append(give(clerk, YANG, other, 422).alert)
    alerts.append(give(clerk, YANG, code, 422).alert)
    own = client.submit(client.page("/me/hand-over"), "接着办", 422, code=code)
    alerts.append(own.alert)
    give(clerk, MA_LAN, code)
    alerts.append(give(clerk, MA_LAN, code, 422).alert)
    second = begin_assessment(client)
    client.submit(client.page("/me/hand-over"), "不用了，作废")
    alerts.append(give(clerk, MA_LAN, second, 422).alert)
    assert {alert.removeprefix("办理码：") for alert in alerts} == {WRONG}
    assert len(alerts) == 8
    assert [row for row in actions(app) if row[0] == "hand_over.wrong"] == [
        *[("hand_over.wrong", "hall")] * 5,
        ("hand_over.wrong", "phone"),
        *[("hand_over.wrong", "hall")] * 2,
    ]


def test_after_a_day_a_code_opens_nothing_and_is_swept_away(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    begin_assessment(client)
    clock.advance(hours=24, seconds=1)
    sign_in(client, MA_LAN.phone)
    assert client.page("/me/hand-over").texts("p", class_="digits") == []
    begin_registration(client)
    assert len(rows(app, "SELECT * FROM hand_over")) == 1


def test_wrong_codes_are_limited_for_the_person_and_for_whoever_types_them(
    at_the_desk: AtTheDesk, client: LintingClient, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    code = begin_assessment(client)
    clerk = at_the_desk("dt01")
    for _ in range(HAND_OVER_FOR.most):
        assert WRONG in give(clerk, MA_LAN, "1", 422).alert
    assert "办理码输错太多次，请 60 分钟后再试。" in give(clerk, MA_LAN, code, 422).alert
    clock.advance(minutes=61)
    again = at_the_desk("dt01")
    assert give(again, MA_LAN, code).value("base") == "60"


def test_wrong_codes_of_one_clerk_keep_no_other_clerk_from_the_person(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    code = begin_registration(client)
    careless = at_the_desk("xz01")
    for _ in range(HAND_OVER_FOR.most + 1):
        give(careless, MA_LAN, "1", 422)
    give(at_the_desk("dt01"), MA_LAN, code)


def test_a_township_with_a_code_for_an_assessment_reads_who_can_and_spends_nothing(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.submit(
        client.page("/assessment/self/new"), "到窗口继续办理", start="2026-03", end="2026-03"
    )
    assert "到社保服务大厅，把这 6 位数字读给经办人员" in page.words
    code = digits(page)
    refused = give(at_the_desk("xz01"), MA_LAN, code, 422)
    assert "乡镇民生服务中心不能办理缴费核定，请到手机或社保服务大厅办理。" in refused.alert
    assert give(at_the_desk("dt01"), MA_LAN, code).value("start") == "2026-03"


def test_done_on_the_phone_after_all_the_code_is_void(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    code = begin_assessment(client)
    assess(client, "2026-03", "2026-05")
    assert client.page("/me/hand-over").texts("p", class_="digits") == []
    assert WRONG in give(at_the_desk("dt01"), MA_LAN, code, 422).alert


def test_going_back_after_taking_it_to_a_counter_the_form_still_submits(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, YANG.phone)
    page = client.page("/registration")
    client.submit(page, "到窗口继续办理", fill=BEGUN)
    assert client.submit(page, "提交", fill=BEGUN).title == "提交成功"
    assert rows(app, "SELECT * FROM hand_over") == []


def test_another_clerk_cannot_go_on_with_what_one_has_taken_over(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, YANG.phone)
    number = give(at_the_desk("xz01"), YANG, begin_registration(client)).path.rpartition("=")[2]
    other = at_the_desk("dt01")
    form = other.page(f"{found(other, YANG).path}/registration?continued={number}")
    assert form.value("address") == ""


def test_what_was_typed_and_the_code_are_readable_nowhere(
    at_the_desk: AtTheDesk,
    client: LintingClient,
    app: Flask,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(client, YANG.phone)
    code = begin_registration(client)
    give(at_the_desk("xz01"), YANG, code)
    stored = raw_bytes(app)
    plain = code.replace(" ", "")
    assert ADDRESS.encode() not in stored
    assert ADDRESS not in caplog.text
    assert code not in caplog.text
    assert not re.search(rf"(?<!\d){plain}(?!\d)", caplog.text)
    data = [json.loads(str(row[0])) for row in rows(app, "SELECT data FROM audit_event")]
    assert plain not in json.dumps(data)


def test_whoever_handles_for_somebody_else_has_no_such_button(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert "到窗口继续办理" in client.page("/assessment/self/new").buttons()
    chosen = client.submit(
        client.page("/assessment"),
        "提交",
        who="other",
        name="丁海燕",
        identity="64032419920229002X",
    )
    assert "核定" in chosen.buttons()
    assert "到窗口继续办理" not in chosen.buttons()


def test_an_account_takes_so_many_codes_a_day_and_leaves_no_more_events(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    for number in range(HAND_OVERS.most):
        last = begin_assessment(client, str(60 + number))
    form = client.page("/assessment/self/new")
    for _ in range(3):
        refused = client.submit(form, "到窗口继续办理", 422, base="99")
        assert "今天已经取满" in refused.words
        assert "直接在手机上提交" in refused.words
    assert len(actions(app)) == HAND_OVERS.most
    # What was typed is kept, and the last code is as good as before.
    assert client.page("/assessment/self/new").value("base") == "99"
    assert digits(client.page("/me/hand-over")) == last
    registration = client.page("/registration")
    assert "今天已经取满" in client.submit(registration, "到窗口继续办理", 422).words
    clock.advance(hours=24, seconds=1)
    sign_in(client, MA_LAN.phone)
    begin_assessment(client)


def test_a_clerk_gives_one_person_so_many_codes_a_day_and_others_theirs(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    clerk = at_the_desk("xz01")
    form = clerk.page(f"{found(clerk, YANG).path}/registration")
    for _ in range(HAND_OVERS.most):
        digits(clerk.submit(form, "让本人在手机上继续", fill=BEGUN))
    assert "今天已经给这个人" in clerk.submit(form, "让本人在手机上继续", 422, fill=BEGUN).words
    assert len(actions(app)) == HAND_OVERS.most
    another = clerk.page(f"{found(clerk, ZHANG).path}/registration")
    digits(clerk.submit(another, "让本人在手机上继续", fill=BEGUN))
