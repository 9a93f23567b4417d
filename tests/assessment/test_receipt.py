"""缴费核定凭证: who gets the sheet, what it says, and what 凭证验证 tells whoever is shown it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from flexapp.assessment import receipts
from flexapp.assessment.receipts import ALPHABET
from flexapp.assessment.service import find
from flexapp.rules.states import State
from tests.counter.test_people import serve
from tests.counter.test_unit_rate import make_up
from tests.office.test_batch import (
    changed,
    take,
    write,
)
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.sheets import (
    Another,
    code_of,
    outcome,
    picture,
    scan,
    sheet_of,
)
from tests.support.staff import enter
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    arrive,
    assess,
    clerk,
    newcomer,
    proxy_for,
    register,
    sign_in,
    transmit,
    work,
)


def test_the_sheet_says_everything_about_the_assessment(
    ma_lan: LintingClient, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12", "100")
    made = ma_lan.page(f"/assessment/records/{serial}").texts("span", class_="at")[0]
    clock.advance(minutes=7)
    sheet = sheet_of(ma_lan, serial)
    facts = sheet.facts()
    issued = facts.pop("出具时间")
    assert re.fullmatch(r"2026-11-2\d \d\d:\d\d", issued)
    assert issued != made
    assert re.fullmatch(f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", facts.pop("验证码"))
    assert facts == {
        "核定流水号": serial,
        "姓名": "马*",
        "身份证号": "640104********0021",
        "参保地区": "兴庆区",
        "办理": "本人",
        "开始年月": "2026-01",
        "结束年月": "2026-12",
        "月数": "12 个月",
        "缴费比例": "20%",
        "月缴费基数": "8371.00 元",
        "缴费基数": "100452.00 元",
        "缴费总额": "¥20090.40",
        "出具时状态": f"已核定（{made} 起）",
    }


def test_a_sheet_says_that_it_is_no_proof_of_payment_until_it_is_paid(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    assert "这是核定凭证，不是缴费证明。" in sheet_of(ma_lan, serial).words
    transmit(ma_lan, serial)
    work(app)
    sent = sheet_of(ma_lan, serial)
    assert "这是核定凭证，不是缴费证明。" in sent.words
    assert "还没有收到缴费" in sent.words
    clerk(ma_lan, serial, "标记已缴费")
    work(app)
    paid = sheet_of(ma_lan, serial)
    assert "税务已收到这笔缴费。" in paid.words
    assert "不是缴费证明" not in paid.words
    found = scan(ma_lan, serial, code_of(sent))
    assert "凭证出具时为已传输，现在为已缴费。" in found.words


def test_a_proxy_gets_the_sheet_of_what_they_made_and_it_says_so(
    ma_lan: LintingClient, another: Another
) -> None:
    who = proxy_for(ma_lan, DING).path.rpartition("/")[2]
    facts = sheet_of(ma_lan, assess(ma_lan, "2026-01", "2026-03", "60", who)).facts()
    assert (facts["姓名"], facts["身份证号"]) == ("丁**", "640324********002X")
    assert (facts["办理"], facts["参保地区"]) == ("代办", "同心县")


def test_a_hall_prints_the_sheet_of_what_it_made(client: LintingClient, another: Another) -> None:
    enter(client, "dt01")
    person = serve(client, MA_LAN)
    form = client.page(f"{person.path}/assess")
    client.submit(form, "核定", start="2026-01", end="2026-02", base="60")
    (address,) = [url for name, url in serve(client, MA_LAN).links().items() if "流水号" in name]
    record = client.page(address)
    (link,) = [url for name, url in record.links().items() if name.startswith("凭证")]
    sheet = client.page(link)
    assert sheet.title == "缴费核定凭证"
    assert sheet.links()["返回这笔核定"] == record.path
    assert sheet.facts()["办理"] == "窗口"
    serial = sheet.facts()["核定流水号"]
    assert outcome(scan(another(), serial, code_of(sheet))) == "凭证属实"
    owner = another()
    sign_in(owner, MA_LAN.phone)
    assert code_of(sheet_of(owner, serial)) == code_of(sheet)


def test_the_sheet_of_a_make_up_names_the_unit_rate(
    client: LintingClient, another: Another
) -> None:
    desk = another()
    enter(desk, "dt01")
    serial = make_up(desk)
    sign_in(client, MA_LAN.phone)
    sheet = sheet_of(client, serial)
    assert sheet.facts()["缴费比例"] == "24%（单位费率）"
    assert outcome(scan(another(), serial, code_of(sheet))) == "凭证属实"


@pytest.mark.parametrize(("paid", "state"), [("是", State.PAID), ("否", State.ASSESSED)])
def test_the_sheet_of_an_old_batch_assessment_says_what_it_came_in_as(
    another: Another, app: Flask, tmp_path: Path, paid: str, state: State
) -> None:
    take(app, write(tmp_path / "f.csv", changed(paid=paid)))
    ((serial,),) = rows(app, "SELECT serial FROM assessment")
    with app.app_context():
        record = find(str(serial))
        assert record is not None
        sheet = receipts.issue(record)
    assert (sheet.position.state, sheet.handled) == (state, receipts.Handled.COUNTER)
    assert outcome(scan(another(), str(serial), sheet.code)) == "凭证属实"


def test_a_strangers_request_for_the_sheet_is_answered_as_for_an_unknown_serial(
    ma_lan: LintingClient, another: Another
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    stranger = another()
    sign_in(stranger, WANG.phone)
    answers = [
        stranger.get(f"/assessment/records/{number}/receipt")
        for number in (serial, "64010420261124999999")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].data == answers[1].data


def test_a_proxy_gets_no_sheet_of_what_the_person_made_alone(
    ma_lan: LintingClient, another: Another
) -> None:
    owner, person = another(), newcomer()
    arrive(owner, person)
    register(owner)
    serial = assess(owner, "2026-01", "2026-12")
    proxy_for(ma_lan, person)
    ma_lan.page(f"/assessment/records/{serial}/receipt", 404)


def test_the_qr_code_leads_to_the_answer(ma_lan: LintingClient, another: Another) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    sheet = sheet_of(ma_lan, serial)
    said = picture(sheet)
    public_url = ma_lan.application.config["SETTINGS"].public_url
    assert said == f"{public_url}/verify?serial={serial}&check={code_of(sheet)}"
    parts = urlsplit(said)
    found = another().page(f"{parts.path}?{parts.query}")
    assert outcome(found) == "凭证属实"
    assert "凭证出具时为已核定，到现在没有变化。" in found.words
