"""An SMS provider or a population registry that falls silent makes nobody wait but its own few."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from flask import Flask

import app as serving
from flexapp.people import external_services
from flexapp.people.external_services import (
    AT_ONCE,
    HttpRegistry,
    HttpSms,
)
from flexapp.rules.identity import IdentityNumber
from flexapp.services import services_of
from flexapp.web import bulkhead
from flexapp.web.bulkhead import OPENS_AFTER, Bulkhead, NoAnswer, Unreachable
from tests.conftest import MakeApp
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.html import Page
from tests.support.processes import Process, free_port
from tests.support.silent import silent, trickling
from tests.support.walks import newcomer, real_name, sign_in

Another = Callable[[], LintingClient]
NEW = newcomer()
PATIENCE = 0.4
LATER = "请稍后再试"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting as in service, only shorter."""
    monkeypatch.setattr(external_services, "PATIENCE", PATIENCE)


@pytest.fixture(params=[silent, trickling], ids=["silent", "trickling"])
def mute(request: pytest.FixtureRequest) -> Iterator[str]:
    """A system that never finishes an answer."""
    with request.param() as address:
        yield address


def ask_for_code(client: LintingClient, number: int) -> tuple[Page, float]:
    """Press 获取验证码 with a phone of one's own; the page, and the seconds it took."""
    page = client.page("/sign-in")
    began = time.monotonic()
    answer = client.submit(page, "获取验证码", 422, phone=newcomer(number).phone)
    return answer, time.monotonic() - began


def test_a_provider_that_never_finishes_is_waited_for_so_long_and_no_longer(
    app: Flask, client: LintingClient, mute: str
) -> None:
    services_of(app).sms = HttpSms(mute, None)
    page, seconds = ask_for_code(client, 1)
    assert LATER in page.errors["code"]
    assert PATIENCE <= seconds < PATIENCE + 2


def test_a_registry_that_never_finishes_keeps_what_was_typed_and_says_later(
    app: Flask, client: LintingClient, mute: str
) -> None:
    sign_in(client, NEW.phone)
    services_of(app).population = HttpRegistry(mute, None)
    page = real_name(client, NEW, 422)
    assert "现在连不上核验系统，您填的内容还在，请稍后再按“确认”。" in page.alert
    assert (page.value("name"), page.value("identity")) == (NEW.name, NEW.identity)


def test_while_some_wait_the_next_is_told_at_once_and_pages_are_served(
    app: Flask, another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_services, "PATIENCE", 3.0)
    with silent() as address:
        services_of(app).sms = HttpSms(address, None)
        waiting = threading.Thread(
            target=at_once, args=(AT_ONCE, lambda number: ask_for_code(another(), number))
        )
        waiting.start()
        time.sleep(0.5)
        page, seconds = ask_for_code(another(), AT_ONCE + 1)
        assert LATER in page.errors["code"]
        assert seconds < 1
        began = time.monotonic()
        another().page("/")
        assert time.monotonic() - began < 1
        assert waiting.is_alive()
        waiting.join()


def test_after_some_silences_nobody_waits_until_one_call_finds_it_back(
    app: Flask, another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulkhead, "REST_FIRST", 0.2)
    calls: list[int] = []
    speaks = False

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        if not speaks:
            raise httpx.ReadTimeout("silent", request=request)
        return httpx.Response(200)

    services_of(app).sms = HttpSms("http://provider/", None, httpx.MockTransport(answer))
    for number in range(1, OPENS_AFTER + 3):
        assert LATER in ask_for_code(another(), number)[0].errors["code"]
    assert len(calls) == OPENS_AFTER
    speaks = True
    time.sleep(0.25)
    client = another()
    client.submit(client.page("/sign-in"), "获取验证码", phone=newcomer(8).phone)
    assert len(calls) == OPENS_AFTER + 1


def test_numbers_that_a_provider_refuses_do_not_end_its_service_for_others(
    app: Flask, another: Another
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if newcomer(8).phone in request.content.decode() else 400)

    services_of(app).sms = HttpSms("http://provider/", None, httpx.MockTransport(answer))
    for number in range(1, OPENS_AFTER + 2):
        ask_for_code(another(), number)
    client = another()
    client.submit(client.page("/sign-in"), "获取验证码", phone=newcomer(8).phone)


def test_nothing_of_one_system_is_taken_by_another(mute: str) -> None:
    sms, registry = HttpSms(mute, None), HttpRegistry(mute, None)
    for gateway in range(OPENS_AFTER):
        with pytest.raises(external_services.GatewayDown):
            sms.send(newcomer(gateway + 1).phone, "123456")
    began = time.monotonic()
    with pytest.raises(external_services.GatewayDown) as fault:
        registry.confirms(NEW.name, IdentityNumber(NEW.identity), NEW.phone)
    assert fault.value.maybe_done
    assert time.monotonic() - began >= PATIENCE


def test_a_place_is_taken_until_the_call_really_ends() -> None:
    ends = threading.Event()
    system = Bulkhead("slow", at_once=1, patience=0.05)
    with pytest.raises(NoAnswer):
        system.call(ends.wait)
    with pytest.raises(Unreachable, match="busy"):
        system.call(ends.wait)
    ends.set()
    time.sleep(0.1)
    assert system.call(lambda: "back") == "back"


def test_a_place_for_which_there_is_no_thread_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = Bulkhead("full", at_once=1, patience=1)

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(Unreachable, match="no thread"):
            system.call(lambda: "never")
    assert system.call(lambda: "back") == "back"


def test_all_who_may_wait_leave_threads_for_pages() -> None:
    assert serving.THREADS > 2 * AT_ONCE + 1


def test_a_server_answers_its_pages_while_six_wait_for_a_silent_provider(
    make_app: MakeApp, tmp_path: Path
) -> None:
    database = make_app().config["SETTINGS"].database_url
    with ExitStack() as stack:
        provider = stack.enter_context(silent())
        port = free_port()
        origin = f"http://127.0.0.1:{port}"
        server = Process(
            "product",
            [sys.executable, "app.py"],
            environment={
                "FLEXAPP_ENV": "demo",
                "FLEXAPP_PORT": str(port),
                "FLEXAPP_DATABASE_URL": database,
                "FLEXAPP_TAX_DATABASE": str(tmp_path / "tax.sqlite3"),
                "FLEXAPP_SMS": "http",
                "FLEXAPP_SMS_URL": provider,
            },
            log=tmp_path / "server.log",
            is_up=lambda: httpx.get(f"{origin}/readyz").is_success,
        )
        stack.callback(server.stop)
        server.start()

        def wait(number: int) -> None:
            with httpx.Client(
                base_url=origin, headers={"Origin": origin}, timeout=30, follow_redirects=True
            ) as browser:
                token = TOKEN.search(browser.get("/sign-in").text)
                assert token is not None
                sent = {"csrf_token": token[1], "phone": newcomer(number + 1).phone}
                assert browser.post("/sign-in/code", data=sent).status_code == 422

        waiting = threading.Thread(target=at_once, args=(6, wait))
        waiting.start()
        time.sleep(1.5)
        took = []
        for _ in range(20):
            began = time.monotonic()
            assert httpx.get(origin, timeout=30).status_code == 200
            took.append(time.monotonic() - began)
        assert waiting.is_alive()
        waiting.join()
        # Where waiting takes the threads of the pages, these are five seconds and more.
        assert sorted(took)[len(took) // 2] < 0.5
        assert max(took) < 2.5
