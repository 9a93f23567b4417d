"""The sandbox: a channel for a day, for fictional people, in the demo and nowhere else."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from flexapp import signing
from flexapp.channels.catalogue import RegistryError, app_from
from flexapp.rules.refusal import Refusal
from flexapp.vendors import sandbox
from flexapp.web.clock import utcnow
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows
from tests.support.html import Page
from tests.support.vendor import Vendor, channels, enter, reason_of
from tests.support.walks import DING, MA_LAN, WANG, Resident, newcomer

SANDBOX = "/open/sandbox"


def a_key(kid: str | None = "mine") -> str:
    """A fresh public key as JSON."""
    key = signing.new_key(kid or "x").as_dict(private=False)
    if kid is None:
        del key["kid"]
    return json.dumps(key)


def register(client: LintingClient, text: str, status: int = 200) -> Page:
    """Hand in a public key."""
    return client.submit(client.page(SANDBOX), "登记公钥", status, key=text)


def own(client: LintingClient, app: Flask) -> Vendor:
    """A vendor with a sandbox of its own."""
    vendor = Vendor(app, "not-yet", "mine")
    page = register(client, json.dumps(vendor.key.as_dict(private=False)))
    vendor.code = page.facts()["渠道编码（iss）"]
    return vendor


def test_a_key_makes_a_channel_by_which_fictional_residents_come_in(
    client: LintingClient, app: Flask
) -> None:
    vendor = own(client, app)
    assert vendor.code.startswith("sandbox-")
    path = vendor.launch(MA_LAN, target="/me")
    assert "您正以 马* 办理 · 来自 沙箱" in client.page(path).words
    page = enter(client, path)
    assert (page.title, page.path) == ("我的", "/me")
    assert "马*" in page.words


@pytest.mark.parametrize(
    "who",
    [
        newcomer(),
        DING,
        Resident(MA_LAN.name, MA_LAN.identity, "13800000001"),
        Resident("王建业", WANG.identity, WANG.phone),
    ],
)
def test_nobody_else_comes_in_by_it(client: LintingClient, app: Flask, who: Resident) -> None:
    vendor = own(client, app)
    before = rows(app, "SELECT count(*) FROM launch")
    phone = who.phone or "13800000001"
    answer = vendor.post(vendor.signed(who, phone=phone))
    assert reason_of(answer) == (422, "invalid_claims")
    assert "虚构居民" in answer.text
    assert rows(app, "SELECT count(*) FROM launch") == before


def test_it_is_in_no_list_that_residents_see(client: LintingClient, app: Flask) -> None:
    code = own(client, app).code
    assert "沙箱" not in client.page("/channels").words
    client.page(f"/c/{code}", 404)
    assert client.get(f"/channels/{code}.svg").status_code == 404
    assert code not in channels(app, "list")


def test_after_a_day_it_is_gone_and_its_key_can_be_handed_in_again(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    vendor = own(client, app)
    path = vendor.launch(MA_LAN)
    clock.advance(hours=23, minutes=59)
    vendor.launch(MA_LAN)
    clock.advance(minutes=1)
    assert vendor.refused(MA_LAN) == (401, "unknown_channel")
    client.page(f"{SANDBOX}/{vendor.code}", 404)
    client.page(path, 410)
    register(client, json.dumps(vendor.key.as_dict(private=False)))
    assert [code for (code,) in rows(app, "SELECT channel FROM channel_key")] != [vendor.code]
    assert len(rows(app, "SELECT * FROM channel_key")) == 1


def test_production_knows_no_sandbox_whatever_its_database_holds(
    client: LintingClient, app: Flask, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = own(client, app)
    path = vendor.launch(MA_LAN)
    monkeypatch.setattr(type(app.config["SETTINGS"]), "is_demo", property(lambda _: False))
    real = make_app().test_client()
    assert isinstance(real, LintingClient)
    real.page(SANDBOX, 404)
    real.page(f"{SANDBOX}/{vendor.code}", 404)
    assert "沙箱只在演示环境里有" in real.page("/open/").words
    vendor.app = real.application
    assert vendor.refused(MA_LAN) == (401, "unknown_channel")
    real.page(path, 404)
    with real.application.app_context():
        made = sandbox.make(text=a_key(), at=utcnow())
    assert isinstance(made, Refusal)
    assert made.reason == "sandbox_absent"


def test_no_channel_can_be_given_such_a_code(app: Flask) -> None:
    with pytest.raises(RegistryError, match="sandbox-"):
        app_from({"code": "sandbox-x", "name": "x", "category": "bank"})
    said = channels(app, "add", "sandbox-x", "某银行", "--category", "bank", status=1)
    assert "must not begin with sandbox-" in said


@pytest.mark.parametrize("kid", ["mine", None])
def test_a_jwk_is_taken_with_and_without_a_name(client: LintingClient, kid: str | None) -> None:
    page = register(client, a_key(kid))
    assert page.facts()["公钥名字（kid）"] == (kid or sandbox.KID)


def test_a_pem_is_taken_as_openssl_prints_it(client: LintingClient) -> None:
    pem = signing.new_key("x").as_pem(private=False).decode()
    page = register(client, f"\n{pem}\n")
    assert page.facts()["公钥名字（kid）"] == sandbox.KID


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(signing.new_key("x").as_dict(private=True)),
        signing.new_key("x").as_pem(private=True).decode(),
    ],
    ids=["jwk", "pem"],
)
def test_a_private_key_is_refused_and_not_shown_again(
    client: LintingClient, app: Flask, text: str
) -> None:
    page = register(client, text, 422)
    assert "私钥" in page.errors["key"]
    assert not page.value("key").strip()
    assert rows(app, "SELECT * FROM channel_key") == []


@pytest.mark.parametrize("text", ["", "x", "{}", '{"kty": "RSA"}', "1" * 9000])
def test_whatever_is_no_public_key_is_refused_beside_the_field(
    client: LintingClient, app: Flask, text: str
) -> None:
    page = register(client, text, 422)
    assert "这不是 P-256 的公钥" in page.errors["key"]
    assert page.value("key") == text
    assert rows(app, "SELECT * FROM sandbox_channel") == []


def test_pressing_twice_makes_one_channel_and_leads_there_both_times(
    client: LintingClient, app: Flask
) -> None:
    page, key = client.page(SANDBOX), a_key()
    led = {client.repeat(page, "登记公钥", key=key).headers["Location"] for _ in range(2)}
    assert len(led) == len(rows(app, "SELECT * FROM sandbox_channel")) == 1


def test_the_same_key_makes_no_second_channel(client: LintingClient) -> None:
    text = a_key()
    register(client, text)
    assert "已经登记过" in register(client, text, 422).errors["key"]


def test_only_so_many_are_made_in_a_minute_and_in_a_day(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    for _ in range(sandbox.MAX_A_MINUTE):
        register(client, a_key())
    assert "请过一分钟再试" in register(client, a_key(), 429).alert
    clock.advance(minutes=1, seconds=1)
    register(client, a_key())
    clock.advance(minutes=2)
    for n in range(sandbox.MAX_SANDBOXES):
        moment = rows(app, "SELECT max(made_at) FROM sandbox_channel")[0][0]
        execute(app, "INSERT INTO sandbox_channel VALUES (?, ?)", f"sandbox-{n}", moment)
    clock.advance(minutes=2)
    assert "请明天再试" in register(client, a_key(), 429).alert


def test_the_page_holds_what_a_program_of_ones_own_needs(client: LintingClient, app: Flask) -> None:
    vendor = own(client, app)
    page = client.page(f"{SANDBOX}/{vendor.code}")
    assert f"bash launch.sh {vendor.code} mine private.pem" in page.words
    for who in (MA_LAN, WANG):
        assert who.name in page.words
        assert who.identity in page.words
        assert who.phone in page.words
    assert DING.identity not in page.words
