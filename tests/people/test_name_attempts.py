"""Whose an ID number is cannot be found out by trying names; nobody is locked out by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from flask import Flask

from flexapp.people.external_services import HttpRegistry
from flexapp.rules.limits import LAUNCHES_UNCONFIRMED, NAMES_BY, NAMES_FOR
from flexapp.services import services_of
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.vendor import Vendor, reason_of
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    Resident,
    arrive,
    identity,
    newcomer,
    proxy_for,
    real_name,
    sign_in,
)

Another = Callable[[], LintingClient]

NAMES = ("丁海雁", "丁海艳", "丁海雅", "丁海彦", "丁海霞")
TOO_MANY = "为这个身份证号填错姓名的次数太多"
UNKNOWN = Resident("李四", identity("64050219700101001"), "")
ELSEWHERE = Resident("丁海燕", DING.identity, newcomer(9).phone)


def tried(client: LintingClient, who: Resident, name: str) -> str:
    """What is said to a name at 代他人核定 that does not fit."""
    return proxy_for(client, replace(who, name=name), 422).alert


@pytest.mark.parametrize("who", [DING, UNKNOWN, YANG], ids=["registered", "unknown", "no 登记"])
def test_a_proxy_has_three_names_a_day_for_a_number_whoever_it_belongs_to(
    client: LintingClient, clock: Clock, who: Resident
) -> None:
    sign_in(client, MA_LAN.phone)
    answers = [tried(client, who, name) for name in NAMES]
    assert "没有找到可以代办的人" in answers[0]
    assert answers[: NAMES_BY.most] == [answers[0]] * NAMES_BY.most
    assert answers[NAMES_BY.most :] == [
        "为这个身份证号填错姓名的次数太多，请 24 小时后再试，"
        "或请对方本人办理，或到社保服务大厅办理。"
    ] * (len(NAMES) - NAMES_BY.most)
    # The right one is not looked at any more.
    assert TOO_MANY in proxy_for(client, who, 422).alert


def test_the_same_wrong_name_again_teaches_nothing_and_is_not_counted(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    for _ in range(NAMES_BY.most + 2):
        assert TOO_MANY not in tried(client, DING, NAMES[0])
    assert proxy_for(client, DING).texts("output")[0] == "丁**"


def test_a_right_name_is_no_wrong_one(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    for name in NAMES[: NAMES_BY.most - 1]:
        tried(client, DING, name)
    proxy_for(client, DING)
    proxy_for(client, DING)
    assert TOO_MANY not in tried(client, DING, NAMES[-1])


def test_many_accounts_have_five_names_an_hour_together_and_each_newcomer_the_first_try(
    another: Another, clock: Clock
) -> None:
    used = 0
    for number in range(1, 3):
        stranger = another()
        arrive(stranger, newcomer(number))
        for name in NAMES[: NAMES_BY.most]:
            used += TOO_MANY not in tried(stranger, DING, name + "甲乙"[number - 1])
    assert used == NAMES_FOR.most
    honest, slip = another(), another()
    arrive(honest, newcomer(3))
    assert proxy_for(honest, DING).texts("output")[0] == "丁**"
    arrive(slip, newcomer(4))
    assert TOO_MANY not in tried(slip, DING, NAMES[0])
    answer = proxy_for(slip, DING, 422).alert
    assert TOO_MANY in answer
    assert "分钟后再试" in answer
    clock.advance(minutes=61)
    assert proxy_for(slip, DING).texts("output")[0] == "丁**"


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """A registry that knows 丁海燕 by her name, whatever the phone."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"match": json.loads(request.content)["name"] == DING.name})

    app = make_app()
    services_of(app).population = HttpRegistry(
        "http://registry/", None, httpx.MockTransport(answer)
    )
    return app


def browser(app: Flask) -> LintingClient:
    """One more."""
    made = app.test_client()
    assert isinstance(made, LintingClient)
    return made


def test_names_at_the_real_name_check_are_counted_and_the_owner_still_comes_in(
    strict: Flask,
) -> None:
    said = []
    for number in range(1, 3):
        stranger = browser(strict)
        sign_in(stranger, newcomer(number).phone)
        for name in NAMES[:4]:
            guess = Resident(name + "甲乙"[number - 1], DING.identity, "")
            said.append(TOO_MANY in real_name(stranger, guess, 422).alert)
    assert said.count(False) == NAMES_FOR.most
    assert said[NAMES_BY.most] is True
    owner = browser(strict)
    sign_in(owner, ELSEWHERE.phone)
    assert real_name(owner, ELSEWHERE).path == "/"


def test_a_registry_that_is_away_counts_no_name(strict: Flask) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    right = services_of(strict).population
    client = browser(strict)
    sign_in(client, ELSEWHERE.phone)
    for name in NAMES:
        services_of(strict).population = HttpRegistry(
            "http://registry/", None, httpx.MockTransport(away)
        )
        page = real_name(client, Resident(name, DING.identity, ""), 422)
        assert "现在连不上核验系统" in page.alert
    services_of(strict).population = right
    assert real_name(client, ELSEWHERE).path == "/"


def test_a_channel_has_three_names_a_day_for_a_number_and_another_its_own(strict: Flask) -> None:
    vendor, other = Vendor(strict).register(), Vendor(strict, "boc").register()
    for name in NAMES[: NAMES_BY.most]:
        assert vendor.refused(replace(ELSEWHERE, name=name)) == (422, "not_confirmed")
    refused = vendor.post(vendor.signed(ELSEWHERE))
    assert reason_of(refused) == (429, "too_many_unconfirmed")
    assert refused.headers["Retry-After"] == "86400"
    # The same wrong name again is answered as before; whoever is known comes in.
    assert vendor.refused(replace(ELSEWHERE, name=NAMES[0])) == (422, "not_confirmed")
    vendor.launch(MA_LAN)
    other.launch(ELSEWHERE)


def test_a_channel_that_brings_too_many_whom_nobody_confirms_is_held_up_but_for_whom_we_know(
    strict: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "flexapp.people.channel_sign_in.LAUNCHES_UNCONFIRMED", replace(LAUNCHES_UNCONFIRMED, most=2)
    )
    vendor = Vendor(strict).register()
    for number in (1, 2):
        assert vendor.refused(newcomer(number)) == (422, "not_confirmed")
        assert vendor.refused(newcomer(number)) == (422, "not_confirmed")
    assert vendor.refused(ELSEWHERE) == (429, "too_many_unconfirmed")
    vendor.launch(MA_LAN)
    clock.advance(minutes=61)
    vendor.launch(ELSEWHERE)
