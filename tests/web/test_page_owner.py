"""A page drawn for one person and sent when another one is signed in on the same phone."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import stored
from tests.support.html import Page
from tests.support.staff import enter
from tests.support.walks import DING, MA_LAN, WANG, sign_in


@pytest.mark.parametrize(
    ("form", "button", "typed"),
    [
        ("/assessment", "提交", {"name": DING.name, "identity": DING.identity}),
        ("/registration", "提交", {"address": "解放街九号"}),
        ("/registration", "到窗口继续办理", {"address": "解放街九号"}),
        ("/assessment/self/new", "核定", {"base": "77.5"}),
    ],
)
def test_what_another_person_typed_does_not_come_back_from_a_stale_page(
    client: LintingClient, app: Flask, form: str, button: str, typed: dict[str, str]
) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.page(form)
    own = Page(client.repeat(page, button, **typed, csrf_token="old"))
    assert own.status == 400
    assert [value for value in typed.values() if value not in own.html] == []
    client.submit(client.page("/me"), "退出登录")
    sign_in(client, WANG.phone)
    before = stored(app)
    stale = Page(client.repeat(page, button, **typed))
    assert (stale.status, stale.title) == (400, "页面放得太久")
    assert [value for value in typed.values() if value in stale.html] == []
    assert stored(app) == before


def test_what_one_clerk_typed_does_not_come_back_for_another_at_the_same_window(
    client: LintingClient,
) -> None:
    enter(client, "dt01")
    page = client.page("/counter/people")
    own = Page(client.repeat(page, "查找", identity=MA_LAN.identity, csrf_token="old"))
    assert (own.status, MA_LAN.identity in own.html) == (400, True)
    client.submit(client.page("/counter"), "退出登录")
    enter(client, "xz01")
    stale = Page(client.repeat(page, "查找", identity=MA_LAN.identity))
    assert (stale.status, MA_LAN.identity in stale.html) == (400, False)


def test_an_address_that_says_what_one_person_chose_says_nothing_to_another(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.submit(
        client.page("/assessment/self/new"),
        "先算一算",
        fill={"start": "2026-03", "end": "2026-05", "base": "6543"},
    )
    said = [url for a in page.root.iter("a") if "base=6543" in (url := a.get("href", ""))]
    months = next(url for url in said if "#months" in url)
    trial = next(url for url in said if "/explained" in url)
    assert client.page(months).value("base") == "6543"
    assert "6543" in client.page(trial).words
    client.submit(client.page("/me"), "退出登录")
    sign_in(client, WANG.phone)
    form = client.page(months)
    assert (form.value("start"), form.value("base")) == ("2026-01", "")
    assert client.page(trial).path == "/assessment/self/new"
