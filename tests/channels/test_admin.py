"""`flask channels …`: what an operator does counts at once, without a change of code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask

from flexapp import signing
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.vendor import Vendor, channels
from tests.support.walks import newcomer

REASON = "系统维护，暂停办理。"


def test_list_names_every_app_its_standing_and_its_keys(app: Flask) -> None:
    Vendor(app).register()
    lines = channels(app, "list").splitlines()
    assert len(lines) == 16
    assert lines[4].split() == ["5", "abc", "农业银行;", "usable;", "keys:", "2026-a"]
    assert "alipay" in lines[13]
    assert "not usable: 支付宝里的电子社保卡" in lines[13]


def test_an_added_app_is_on_the_page_with_its_code_and_has_a_landing_page(
    app: Flask, client: LintingClient
) -> None:
    channels(app, "add", "nxbank", "宁夏银行", "--category", "bank")
    page = client.page("/channels")
    assert page.texts("tr")[13].split()[:2] == ["13", "宁夏银行"]
    assert 'aria-label="宁夏银行 的二维码"' in page.html
    assert client.page("/c/nxbank").title == "宁夏银行"


def test_an_added_app_may_have_download_links(app: Flask, client: LintingClient) -> None:
    link = "https://apps.example/nxbank"
    channels(app, "add", "nxbank", "宁夏银行", "--category", "bank", "--download", link)
    assert client.page("/c/nxbank").links()["下载“宁夏银行”"] == link


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["abc", "又一家", "--category", "bank"], "a channel abc already"),
        (["hall", "又一家", "--category", "bank"], "a channel hall already"),
        (["other", "农业银行", "--category", "bank"], "named 农业银行 already"),
        (["Other", "又一家", "--category", "bank"], "`code` must be"),
        (["other", " 又一家", "--category", "bank"], "without spaces"),
        (["other", "又一家", "--category", "bank", "--download", "http://x.example"], "https"),
    ],
)
def test_an_app_that_cannot_be_added_is_refused_with_the_reason(
    app: Flask, args: list[str], complaint: str
) -> None:
    before = stored(app)
    assert complaint in channels(app, "add", *args, status=1)
    assert stored(app) == before


def test_a_disabled_app_says_why_on_its_page_and_in_the_list(
    app: Flask, client: LintingClient
) -> None:
    channels(app, "disable", "abc", "--reason", REASON)
    landing = client.page("/c/abc")
    assert "“农业银行”暂时不能办理" in landing.words
    assert REASON in landing.words
    page = client.page("/channels")
    assert f"农业银行{REASON}" in page.words
    assert page.html.count("的二维码") == 11


@pytest.mark.parametrize("code", ["wechat", "alipay", "unionpay", "city-pass"])
def test_each_of_the_four_not_usable_yet_can_be_switched_on(
    app: Flask, client: LintingClient, code: str
) -> None:
    channels(app, "enable", code)
    assert "在 App 里怎么找" in client.page(f"/c/{code}").words
    page = client.page("/channels")
    assert page.texts("td")[-2] == "13"
    assert f"/c/{code}" in page.links().values()


def test_the_latest_switch_counts_and_the_earlier_ones_stay_on_record(app: Flask) -> None:
    for _ in range(2):
        channels(app, "disable", "abc", "--reason", REASON, "--by", "张三")
        channels(app, "enable", "abc", "--by", "李四")
    assert "农业银行; usable" in channels(app, "list")
    found = rows(app, "SELECT enabled, reason, by FROM channel_switch ORDER BY id")
    assert found == [(0, REASON, "张三"), (1, "", "李四")] * 2


def test_what_operators_do_is_in_the_record_of_events(app: Flask) -> None:
    channels(app, "disable", "abc", "--reason", REASON, "--by", "张三")
    Vendor(app).register()
    channels(app, "retire-key", "abc", "2026-a", "--by", "张三")
    found = rows(app, "SELECT action, subject FROM audit_event WHERE action LIKE 'channel.%'")
    assert found == [
        ("channel.disabled", "abc"),
        ("channel.key_added", "abc"),
        ("channel.key_retired", "abc"),
    ]
    assert "whole" in app.test_cli_runner().invoke(args=["audit", "verify"]).output


@pytest.mark.parametrize(
    "args",
    [
        ["enable", "nobody"],
        ["disable", "hall", "--reason", REASON],
        ["webview", "nobody"],
        ["add-key", "nobody", "-"],
        ["retire-key", "abc", "never"],
        ["disable", "abc", "--reason", " "],
        ["webview", "abc", "--frame-ancestor", "http://m.bank.example"],
        ["webview", "abc", "--frame-ancestor", "https://m.bank.example; script-src *"],
        ["webview", "abc", "--frame-ancestor", "*"],
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(app: Flask, args: list[str]) -> None:
    before = stored(app)
    channels(app, *args, status=1)
    assert stored(app) == before


# Keys.


def pem(private: bool = False) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    if private:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    spki = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, spki).decode()


def test_a_key_may_come_as_pem_from_openssl(app: Flask) -> None:
    channels(app, "add-key", "abc", "-", "--kid", "2026-a", text=pem())
    assert "keys: 2026-a" in channels(app, "list")


def test_a_key_may_come_from_a_file_as_a_set_of_one(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(signing.public_set((signing.new_key("k1"),))), encoding="utf-8")
    channels(app, "add-key", "abc", str(file))
    assert "keys: k1" in channels(app, "list")


def test_no_private_part_is_ever_stored(app: Flask) -> None:
    private = json.dumps(signing.new_key("k1").as_dict(private=True))
    before = stored(app)
    assert "private" in channels(app, "add-key", "abc", "-", text=private, status=1)
    said = channels(app, "add-key", "abc", "-", "--kid", "k", text=pem(private=True), status=1)
    assert "private" in said
    assert stored(app) == before


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "neither PEM nor JSON"),
        ("[]", "not one JWK"),
        ('{"keys": []}', "not one JWK"),
        ('{"kty": "RSA"}', "RSA"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "PEM"),
        (pem(), "--kid"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(app: Flask, text: str, complaint: str) -> None:
    assert complaint in channels(app, "add-key", "abc", "-", text=text, status=1)


def test_a_third_valid_key_is_refused_until_one_is_retired(app: Flask) -> None:
    for name in ("a", "b"):
        Vendor(app, kid=name).register()
    third = json.dumps(signing.new_key("c").as_dict(private=False))
    assert "retire one first" in channels(app, "add-key", "abc", "-", text=third, status=1)
    channels(app, "retire-key", "abc", "a")
    channels(app, "add-key", "abc", "-", text=third)
    assert "keys: b, c" in channels(app, "list")


def test_a_retired_keys_name_and_a_retired_key_are_never_taken_again(app: Flask) -> None:
    vendor = Vendor(app).register()
    channels(app, "retire-key", "abc", "2026-a")
    public = json.dumps(vendor.key.as_dict(private=False))
    assert "take another kid" in channels(app, "add-key", "abc", "-", text=public, status=1)
    said = channels(app, "add-key", "abc", "-", "--kid", "new", text=public, status=1)
    assert "make a new pair" in said
    channels(app, "retire-key", "abc", "2026-a", status=1)


def test_two_channels_never_share_a_key(app: Flask) -> None:
    vendor = Vendor(app).register()
    public = json.dumps(vendor.key.as_dict(private=False))
    said = channels(app, "add-key", "boc", "-", text=public, status=1)
    assert "make a new pair" in said


def test_forget_erases_only_what_has_expired(app: Flask) -> None:
    Vendor(app).register().launch(newcomer(7))
    assert channels(app, "forget") == "0 erased\n"
