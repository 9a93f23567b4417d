"""凭证验证: what whoever is shown a sheet is told of it, and what nobody can find out there."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.assessment import receipts
from flexapp.assessment.receipts import ALPHABET, LENGTH
from flexapp.rules.limits import VERIFY_WRONG
from tests.channels.browsers import BLOCKED
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows, stored
from tests.support.sheets import (
    VOID,
    WRONG,
    Another,
    ask_tax,
    code_of,
    outcome,
    picture,
    scan,
    sheet_of,
    type_in,
)
from tests.support.walks import (
    ADDRESS,
    MA_LAN,
    arrive,
    assess,
    clerk,
    newcomer,
    register,
    revoke,
    sign_in,
    transmit,
    work,
)


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


def test_after_many_wrong_codes_typed_from_one_address_more_wrong_ones_are_not_counted_for_an_hour(
    ma_lan: LintingClient, another: Another, clock: Clock, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    code = code_of(sheet_of(ma_lan, serial))
    guest = another()
    for _ in range(VERIFY_WRONG.most):
        assert outcome(type_in(guest, serial, code)) == "凭证属实"
        type_in(guest, serial, "A" * 16, 422)
    refused = type_in(another(), serial, "A" * 16, 429)
    assert "分钟后再试" in refused.alert
    # Whoever holds a sheet is answered, whatever others behind the same address have typed.
    assert outcome(type_in(another(), serial, code)) == "凭证属实"
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
