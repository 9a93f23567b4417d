"""Whoever is stopped by a limit reads that nothing was done and when to try again, everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from flexapp.rules.limits import VERIFY_WRONG
from flexapp.web.access import Access, access_of
from flexapp.web.rate_limit import TooMany, in_words
from tests.support.client import HTMX, LintingClient
from tests.support.html import Page
from tests.support.walks import newcomer
from tests.vendors.test_sandbox import a_key

WHEN = re.compile(r"请 (\d+) 分钟后再试|请过一分钟再试|请明天再试")


def limited_forms(app: Flask) -> Iterator[str]:
    """The addresses of every form that a network address may send only so often."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "limited" in vars(view) and access_of(app, rule.endpoint) is not Access.MACHINE:
            yield rule.rule


@pytest.fixture
def used_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is limited by network address is used up."""
    for view in app.view_functions.values():
        if "limited" in vars(view):
            monkeypatch.setattr(view, "limited", replace(vars(view)["limited"], most=0))
    monkeypatch.setattr(
        "flexapp.web.rate_limit_store.DatabaseStore.look", _twenty_minutes, raising=False
    )


def _twenty_minutes(*_: object) -> tuple[int, timedelta]:
    return 10_000, timedelta(minutes=20)


@pytest.mark.usefixtures("used_up")
def test_every_limited_form_says_that_nothing_was_done_when_to_try_again_and_leads_back(
    app: Flask, client: LintingClient
) -> None:
    typed = {
        "csrf_token": client.page("/sign-in").form("登录")[0].fields["csrf_token"],
        "phone": newcomer(1).phone,
        "code": "123456",
        "user_name": "jb01",
        "password": "x" * 12,
    }
    found = [path for path in limited_forms(app) if path != "/csp-reports"]
    assert found
    for path in (*found, "/sign-in/code", "/sign-in", "/counter/sign-in"):
        answer = client.post(path, data=typed)
        page = Page(answer)
        assert (page.status, page.title) == (429, "操作太频繁"), path
        assert "这一次没有办" in page.words, path
        assert "请 20 分钟后再试" in page.words, path
        assert answer.headers["Retry-After"] == "1200", path
        back = page.links()["再试一次"]
        assert client.get(back).status_code in (200, 303), path
        said = client.post(path, data=typed, headers=HTMX)
        assert said.headers["HX-Retarget"] == "#notice", path
        assert "请 20 分钟后再试" in said.text, path
        assert "结果待确认" not in said.text


@pytest.mark.parametrize("htmx", [False, True])
def test_one_more_wrong_code_of_a_sheet_after_too_many_is_answered_with_when(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch, htmx: bool
) -> None:
    monkeypatch.setattr(
        "flexapp.assessment.verify_views.VERIFY_WRONG", replace(VERIFY_WRONG, most=2)
    )
    typed = {"serial": "64010420261124000001", "check": "ABCD2345EFGH6789"}
    for _ in range(2):
        client.submit(client.page("/verify"), "验证", 422, fill=typed)
    form, _ = client.page("/verify").form("验证")
    headers = {**HTMX, "HX-Target": "main"} if htmx else {}
    answer = client.post("/verify", data={**form.fields, **typed}, headers=headers)
    page = Page(answer)
    assert page.status == 429
    assert "这一个也不对。请 60 分钟后再试" in page.alert
    assert "扫凭证上的二维码不受影响" in page.alert
    # Nothing typed is lost, and the script knows whose answer it is and where it goes.
    assert page.value("serial") == typed["serial"]
    assert answer.headers.get("HX-Retarget") == ("#main" if htmx else None)
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize(
    ("refusal", "seconds"), [("sandbox_too_soon", "60"), ("sandbox_full", "86400")]
)
def test_a_vendor_is_told_when_the_sandbox_can_be_made_again(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch, refusal: str, seconds: str
) -> None:
    most = {"sandbox_too_soon": "MAX_A_MINUTE", "sandbox_full": "MAX_SANDBOXES"}[refusal]
    monkeypatch.setattr(f"flexapp.vendors.sandbox.{most}", 0)
    form, _ = client.page("/open/sandbox").form("登记公钥")
    for headers in ({}, {**HTMX, "HX-Target": "main"}):
        answer = client.post("/open/sandbox", data={**form.fields, "key": a_key()}, headers=headers)
        assert answer.status_code == 429
        assert WHEN.search(Page(answer).alert)
        assert answer.headers["Retry-After"] == seconds
        assert answer.headers.get("HX-Retarget") == ("#main" if headers else None)


@pytest.mark.parametrize(
    "named", ["main", "dialog", "read-back", "", "a b", "#x", "<script>", "été", "x" * 3]
)
def test_only_the_id_of_an_element_is_taken_for_the_place_of_an_answer(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr("flexapp.vendors.sandbox.MAX_SANDBOXES", 0)
    form, _ = client.page("/open/sandbox").form("登记公钥")
    answer = client.post(
        "/open/sandbox",
        data={**form.fields, "key": a_key()},
        headers={**HTMX, "HX-Target": named.encode().decode("latin-1")},
    )
    plain = re.fullmatch(r"[a-z-]+", named)
    assert answer.headers["HX-Retarget"] == (f"#{named}" if plain else "#main")


def test_a_page_that_is_only_looked_at_says_when_and_can_be_opened_again(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise TooMany(timedelta(seconds=61))

    vars(refuse).update(vars(app.view_functions["portal.affairs"]))
    monkeypatch.setitem(app.view_functions, "portal.affairs", refuse)
    page = client.page("/social-security/affairs?x=1", 429)
    assert "请 2 分钟后再试" in page.words
    assert page.links()["再试一次"] == "/social-security/affairs?x=1"


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (timedelta(seconds=1), " 1 分钟后"),
        (timedelta(seconds=60), " 1 分钟后"),
        (timedelta(seconds=61), " 2 分钟后"),
        (timedelta(hours=1), " 60 分钟后"),
        (timedelta(0), " 1 分钟后"),
    ],
)
def test_what_is_said_is_never_less_than_the_wait(wait: timedelta, said: str) -> None:
    assert in_words(wait) == said
