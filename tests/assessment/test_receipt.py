"""缴费核定凭证: who gets the sheet, what it says, and what 凭证验证 tells whoever is shown it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from flexapp.assessment import receipts
from flexapp.assessment.receipts import ALPHABET, LENGTH
from flexapp.assessment.service import find
from flexapp.rules.limits import VERIFY_WRONG
from flexapp.rules.states import State
from tests.channels.browsers import BLOCKED
from tests.conftest import MakeApp
from tests.counter.conftest import enter
from tests.counter.test_batch import changed, take, write
from tests.counter.test_people import serve
from tests.counter.test_unit_rate import make_up
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.codes import read_code
from tests.support.database import execute, rows, stored
from tests.support.html import Page
from tests.support.walks import (
    ADDRESS,
    DING,
    MA_LAN,
    WANG,
    arrive,
    assess,
    clerk,
    newcomer,
    proxy_for,
    register,
    revoke,
    sign_in,
    transmit,
    work,
)

Another = Callable[[], LintingClient]
WRONG = "没有验证通过"
VOID = "此核定已撤销，凭证已失效"


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, who has no assessments yet."""
    sign_in(client, MA_LAN.phone)
    return client


def sheet_of(client: LintingClient, serial: str) -> Page:
    """The sheet that the record's own page leads to."""
    record = client.page(f"/assessment/records/{serial}")
    (address,) = [url for name, url in record.links().items() if name.startswith("凭证")]
    page = client.page(address)
    assert page.title == "缴费核定凭证"
    return page


def code_of(sheet: Page) -> str:
    """The code that stands on a sheet."""
    return sheet.facts()["验证码"]


def scan(client: LintingClient, serial: str, code: str) -> Page:
    """Open what the QR code of a sheet leads to."""
    page = client.page(f"/verify?{urlencode({'serial': serial, 'check': code})}")
    assert page.title == "凭证验证"
    return page


def type_in(client: LintingClient, serial: str, code: str, status: int = 200) -> Page:
    """Fill in the form of 凭证验证."""
    return client.submit(client.page("/verify"), "验证", status, serial=serial, check=code)


def picture(sheet: Page) -> str:
    """What a camera reads on a sheet."""
    svg = next(part for part in sheet.root.iter() if part.get("viewBox", "").startswith("-4.5 -4 "))
    ground, drawn = svg
    assert (ground.get("fill"), drawn.get("stroke")) == ("#fff", "#000")
    return read_code(drawn.get("d", ""), int(svg.get("viewBox", "").split()[2]) - 8)


def ask_tax(client: LintingClient, serial: str) -> None:
    """申请税务撤销."""
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason="基数填错了")


def outcome(page: Page) -> str:
    """What the answer to a genuine sheet is headed with."""
    return page.texts("h2")[0]


def test_the_sheet_says_everything_about_the_assessment(
    ma_lan: LintingClient, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12", "100")
    made = ma_lan.page(f"/assessment/records/{serial}").texts("time")[0]
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


def test_the_answer_shows_what_the_sheet_shows_and_no_more(
    client: LintingClient, another: Another
) -> None:
    person = newcomer()
    arrive(client, person)
    register(client)
    serial = assess(client, "2026-01", "2026-12")
    sheet = sheet_of(client, serial)
    found = scan(another(), serial, code_of(sheet))
    assert found.facts().items() <= sheet.facts().items()
    assert set(sheet.facts()) - set(found.facts()) == {"出具时间", "验证码"}
    for secret in (person.identity, person.phone, person.name, ADDRESS, "138****"):
        assert secret not in found.response.text
    assert "李*" in found.words


def test_the_same_state_gives_the_same_code_again_and_every_other_state_another(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    first = code_of(sheet_of(ma_lan, serial))
    clock.advance(hours=1)
    assert code_of(sheet_of(ma_lan, serial)) == first
    transmit(ma_lan, serial)
    queued = code_of(sheet_of(ma_lan, serial))
    work(app)
    sent = code_of(sheet_of(ma_lan, serial))
    assert len({first, queued, sent}) == 3


def test_every_step_taken_since_is_told_with_its_moments(
    ma_lan: LintingClient, another: Another, app: Flask, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    steps: list[Callable[[], object]] = [
        lambda: transmit(ma_lan, serial),
        lambda: work(app),
        lambda: ask_tax(ma_lan, serial),
        lambda: (work(app), clerk(ma_lan, serial, "同意撤销"), work(app)),
    ]
    sheets = [sheet_of(ma_lan, serial)]
    for step in steps:
        clock.advance(minutes=5)
        step()
        sheets.append(sheet_of(ma_lan, serial))
    said = [re.fullmatch("(.+)（(.+) 起）", page.facts()["出具时状态"]) for page in sheets]
    history = [(found[1], found[2]) for found in said if found is not None]
    assert [name for name, _ in history] == [
        "已核定",
        "传输中",
        "已传输",
        "税务撤销中",
        "税务已撤销",
    ]
    assert len({moment for _, moment in history}) == len(sheets)
    guest, (last, last_moment) = another(), history[-1]
    for (name, moment), sheet in list(zip(history, sheets, strict=True))[:-1]:
        found = scan(guest, serial, code_of(sheet))
        assert outcome(found) == "凭证属实，状态已有变化"
        assert f"凭证出具时为{name}，现在为{last}。" in found.words
        assert f"{name}：{moment} 起" in found.words
        assert f"{last}：{last_moment} 起" in found.words
        assert found.facts()["出具时状态"] == f"{name}（{moment} 起）"
    assert outcome(scan(guest, serial, code_of(sheets[-1]))) == "凭证属实"


def test_a_sheet_from_before_the_tax_bureau_declined_is_told_of_what_lay_between(
    ma_lan: LintingClient, another: Another, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app)
    before = code_of(sheet_of(ma_lan, serial))
    ask_tax(ma_lan, serial)
    work(app)
    clerk(ma_lan, serial, "不同意撤销", "已在扣款")
    work(app)
    after = code_of(sheet_of(ma_lan, serial))
    assert after != before
    found = scan(another(), serial, before)
    assert "凭证出具时为已传输，其间有过变化，现在又为已传输。" in found.words
    assert "到现在没有变化" in scan(another(), serial, after).words


def test_after_revoking_the_sheet_is_said_to_be_void(
    ma_lan: LintingClient, another: Another
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    revoke(ma_lan, serial)
    found = scan(another(), serial, code)
    assert outcome(found) == VOID
    assert "凭证出具时为已核定，现在为已撤销。" in found.words
    assert "凭证属实" not in found.words
    late = sheet_of(ma_lan, serial)
    assert VOID in late.words
    assert outcome(scan(another(), serial, code_of(late))) == VOID


def test_a_wrong_code_and_an_unknown_serial_get_one_and_the_same_answer(
    ma_lan: LintingClient, another: Another
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    other = code[:-1] + ALPHABET[ALPHABET.index(code[-1]) - 1]
    unknown = f"{serial[:-1]}9"
    scanned = [scan(another(), serial, other), scan(another(), unknown, code)]
    typed = [type_in(another(), serial, other, 422), type_in(another(), unknown, code, 422)]
    assert scanned[0].words == scanned[1].words
    assert typed[0].words == typed[1].words
    assert {page.alert for page in (*scanned, *typed)} == {receipts.WRONG.sentence}


def test_no_changed_character_of_a_code_is_taken(ma_lan: LintingClient, another: Another) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    guest = another()
    for place, char in enumerate(code):
        if char != "-":
            wrong = ALPHABET[ALPHABET.index(char) - 1]
            found = scan(guest, serial, code[:place] + wrong + code[place + 1 :])
            assert found.alert.startswith(WRONG)


def test_the_code_of_one_record_vouches_for_no_other(
    ma_lan: LintingClient, another: Another
) -> None:
    first = assess(ma_lan, "2026-01", "2026-01")
    second = assess(ma_lan, "2026-02", "2026-02")
    code = code_of(sheet_of(ma_lan, first))
    assert scan(another(), second, code).alert.startswith(WRONG)


@pytest.mark.parametrize(
    "written",
    [
        lambda code: code.lower(),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code.replace('-', '')} ",
        lambda code: code.replace("-", "—"),
        lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code),
        lambda code: code.replace("0", "O").replace("1", "l").replace("5", "s"),
    ],
    ids=["small letters", "blanks", "run together", "dashes", "full width", "letters for digits"],
)
def test_however_a_code_is_typed_it_is_read(
    ma_lan: LintingClient, another: Another, written: Callable[[str], str]
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    found = type_in(another(), f"{serial[:6]} {serial[6:14]} {serial[14:]}", written(code))
    assert outcome(found) == "凭证属实"
    assert found.path.startswith("/verify")


def test_no_letter_of_a_code_is_taken_for_a_digit_and_nobody_guesses_one() -> None:
    assert not set("OQDILZSBG") & set(ALPHABET)
    assert len(ALPHABET) ** LENGTH > 2**75


@pytest.mark.parametrize(
    ("serial", "code", "faults"),
    [
        ("", "", {"serial": "请输入核定流水号。", "check": "请输入验证码。"}),
        ("6401042026112400000", "A" * 16, {"serial": "核定流水号是 20 位数字，请对照凭证核对。"}),
        ("6" * 20, "A" * 15, {"check": "验证码是 16 位字母和数字，请对照凭证核对。"}),
        ("6" * 20, "U" * 16, {"check": "验证码是 16 位字母和数字，请对照凭证核对。"}),
    ],
)
def test_what_cannot_be_a_serial_or_a_code_is_said_beside_its_field_and_not_counted(
    client: LintingClient, app: Flask, serial: str, code: str, faults: dict[str, str]
) -> None:
    page = type_in(client, serial, code, 422)
    assert page.errors == faults
    assert (page.value("serial"), page.value("check")) == (serial, code)
    assert rows(app, "SELECT * FROM try_count") == []


def test_after_many_wrong_codes_typed_from_one_address_the_form_rests_for_an_hour(
    ma_lan: LintingClient, another: Another, clock: Clock, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    guest = another()
    for _ in range(VERIFY_WRONG.most):
        assert outcome(type_in(guest, serial, code)) == "凭证属实"
        type_in(guest, serial, "A" * 16, 422)
    refused = type_in(another(), serial, code, 429)
    assert "请一小时后再试" in refused.alert
    assert "127.0.0.1" not in str(rows(app, "SELECT * FROM try_count"))
    elsewhere = another()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert outcome(type_in(elsewhere, serial, code)) == "凭证属实"
    assert outcome(scan(guest, serial, code)) == "凭证属实"
    clock.advance(minutes=61)
    assert outcome(type_in(guest, serial, code)) == "凭证属实"


def test_a_link_only_reads_right_or_wrong(
    ma_lan: LintingClient, another: Another, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    before = stored(app)
    assert outcome(scan(another(), serial, code)) == "凭证属实"
    assert scan(another(), serial, "A" * 16).alert.startswith(WRONG)
    assert stored(app) == before


def test_with_htmx_a_right_code_leads_to_the_address_of_the_qr_code(
    ma_lan: LintingClient,
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    sheet = sheet_of(ma_lan, serial)
    form = ma_lan.page("/verify")
    answer = ma_lan.submit(
        form, "验证", htmx=True, follow=False, serial=serial, check=code_of(sheet)
    )
    assert picture(sheet).endswith(answer.location)
    wrong = ma_lan.submit(form, "验证", 422, htmx=True, serial=serial, check="A" * 16)
    assert wrong.alert.startswith(WRONG)


def test_a_code_scanned_in_an_app_that_is_not_usable_yet_is_answered_there(
    ma_lan: LintingClient, another: Another
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    guest = another()
    guest.environ_base["HTTP_USER_AGENT"] = BLOCKED["wechat Android"]
    assert outcome(scan(guest, serial, code)) == "凭证属实"


def test_another_index_key_ends_all_codes_and_another_cookie_secret_none(
    make_app: MakeApp,
) -> None:
    client = make_app().test_client()
    assert isinstance(client, LintingClient)
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-12")
    code = code_of(sheet_of(client, serial))
    for setting, value, answer in (
        ("FLEXAPP_SECRET_KEY", "another secret of the cookies, long enough", True),
        (
            "FLEXAPP_INDEX_KEY",
            base64.b64encode(b"another key of 32 bytes, exactly").decode(),
            False,
        ),
    ):
        guest = make_app(**{setting: value}).test_client()
        assert isinstance(guest, LintingClient)
        assert ("凭证属实" in scan(guest, serial, code).words) is answer


def test_what_somebody_changes_in_the_file_takes_the_sheet_its_word(
    ma_lan: LintingClient, another: Another, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    execute(app, "UPDATE assessment SET total = total + 1")
    assert scan(another(), serial, code).alert.startswith(WRONG)
