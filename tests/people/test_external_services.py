"""What is said to others over HTTP, and what the person reads when they do not answer."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from flexapp.people.external_services import (
    GatewayDown,
    HttpRegistry,
    HttpSms,
    LogSms,
    sms_gateway,
)
from flexapp.rules.identity import IdentityNumber
from flexapp.services import services_of
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.walks import MA_LAN, YANG, newcomer, real_name, request_code, sign_in

ADDRESS = "https://provider.example/send"
NEW = newcomer(2)
Handler = Callable[[httpx.Request], httpx.Response]


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


def answers(status: int, body: str = "{}") -> Handler:
    return lambda request: httpx.Response(status, text=body)


DOWN = [
    pytest.param(unreachable, id="unreachable"),
    pytest.param(slow, id="slow"),
    pytest.param(answers(500), id="failing"),
    pytest.param(answers(401), id="refusing our token"),
]


def test_the_sms_provider_is_posted_number_and_code_with_our_token() -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202)

    sms = HttpSms(ADDRESS, "token-1", httpx.MockTransport(take))
    assert sms.send("19900000001", "012345") is None
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", ADDRESS)
    assert request.headers["Authorization"] == "Bearer token-1"
    assert json.loads(request.content) == {"phone": "19900000001", "code": "012345"}


@pytest.mark.parametrize("handler", DOWN)
def test_an_sms_that_was_not_sent_is_said_so(
    app: Flask, client: LintingClient, handler: Handler, clock: Clock
) -> None:
    services_of(app).sms = HttpSms(ADDRESS, None, httpx.MockTransport(handler))
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=MA_LAN.phone)
    assert "短信没有发出去，请稍后再试" in page.errors["code"]
    assert page.value("phone") == MA_LAN.phone
    assert not page.all("p", role="status")


def test_with_a_real_provider_the_code_is_never_on_the_page(
    app: Flask, client: LintingClient
) -> None:
    sent: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["code"])
        return httpx.Response(200)

    services_of(app).sms = HttpSms(ADDRESS, None, httpx.MockTransport(take))
    page = client.submit(client.page("/sign-in"), "获取验证码", phone=MA_LAN.phone)
    assert "演示验证码" not in page.html
    assert sent[0] not in page.html
    assert client.submit(page, "登录", code=sent[0]).path == "/"


def test_the_log_gateway_logs_the_code_but_not_the_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert LogSms().send("19900000001", "012345") is None
    assert "012345" in caplog.text
    assert "19900000001" not in caplog.text


def test_the_settings_choose_the_gateway(make_app: MakeApp) -> None:
    assert isinstance(sms_gateway(make_app(FLEXAPP_SMS="log").config["SETTINGS"]), LogSms)
    http = make_app(FLEXAPP_SMS="http", FLEXAPP_SMS_URL=ADDRESS)
    assert isinstance(services_of(http).sms, HttpSms)


def test_the_registry_is_asked_for_name_number_and_phone() -> None:
    seen: list[dict[str, str]] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={"match": True})

    registry = HttpRegistry(ADDRESS, "t", httpx.MockTransport(take))
    assert registry.confirms(NEW.name, IdentityNumber(NEW.identity), NEW.phone)
    assert seen == [{"name": NEW.name, "id_number": NEW.identity, "phone": NEW.phone}]


@pytest.mark.parametrize("match", [False, "true", 1, None])
def test_only_a_plain_true_of_the_registry_confirms(match: object) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"match": match}))
    registry = HttpRegistry(ADDRESS, None, transport)
    assert not registry.confirms(NEW.name, IdentityNumber(NEW.identity), NEW.phone)


@pytest.mark.parametrize("body", ["", "{}", "[]", "no json", '"match"', "null"])
def test_an_answer_that_is_not_understood_counts_as_no_answer(body: str) -> None:
    registry = HttpRegistry(ADDRESS, None, httpx.MockTransport(answers(200, body)))
    with pytest.raises(GatewayDown):
        registry.confirms(NEW.name, IdentityNumber(NEW.identity), NEW.phone)


@pytest.mark.parametrize("handler", [*DOWN, pytest.param(answers(200, "oops"), id="babbling")])
def test_a_registry_that_does_not_answer_keeps_what_was_typed(
    app: Flask, client: LintingClient, handler: Handler
) -> None:
    services_of(app).population = HttpRegistry(ADDRESS, None, httpx.MockTransport(handler))
    sign_in(client, NEW.phone)
    page = real_name(client, NEW, 422)
    assert "现在连不上核验系统，您填的内容还在，请稍后再按“确认”。" in page.alert
    assert (page.value("name"), page.value("identity")) == (NEW.name, NEW.identity)


def test_a_registry_that_says_no_is_believed(app: Flask, client: LintingClient) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"match": False}))
    services_of(app).population = HttpRegistry(ADDRESS, None, transport)
    sign_in(client, NEW.phone)
    assert "没有通过核验" in real_name(client, NEW, 422).alert
    assert client.page("/assessment").path == "/real-name"


def test_no_transaction_is_open_while_others_are_asked(
    app: Flask, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    def while_asked(request: httpx.Request) -> httpx.Response:
        # Another person's writing request, made during ours: it would wait for an open transaction.
        request_code(another(), YANG.phone)
        return httpx.Response(200)

    services_of(app).sms, demo = (
        HttpSms(ADDRESS, None, httpx.MockTransport(while_asked)),
        services_of(app).sms,
    )
    calls = {"first": True}
    real = services_of(app).sms

    class Nested:
        def send(self, phone: str, code: str) -> str | None:
            gateway = real if calls.pop("first", False) else demo
            answer: str | None = gateway.send(phone, code)
            return answer

    services_of(app).sms = Nested()
    client.submit(client.page("/sign-in"), "获取验证码", phone=MA_LAN.phone)
