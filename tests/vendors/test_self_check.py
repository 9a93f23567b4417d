"""The self-check: what a webview does is told, in words and in twelve letters."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flexapp.config import PROJECT
from flexapp.vendors import self_check
from flexapp.vendors.self_check import (
    BAD,
    GOOD,
    OTHER,
    Findings,
    Verdict,
    decode,
    encode,
    explain,
)
from flexapp.vendors.self_check_pages import PROBE
from tests.channels.browsers import APPS, BROWSERS
from tests.support.client import LintingClient
from tests.support.database import stored
from tests.support.html import Page
from tests.support.vendor import channels

CHANNELS = PROJECT / "docs" / "channels.md"
CHECK = "/open/self-check"
MEASURED = {
    "script": "1",
    "scheme": "https:",
    "local_storage": "1",
    "session_storage": "1",
    "letters": "16",
    "width": "375",
    "inset": "1",
}
ALL_GOOD = Findings(
    https=GOOD,
    cookie=GOOD,
    post=GOOD,
    origin=GOOD,
    referrer=GOOD,
    back=GOOD,
    script=GOOD,
    local_storage=GOOD,
    session_storage=GOOD,
    letters=16,
    width=375,
    inset=1,
    system=1,
    engine=116,
)

anything = st.builds(
    Findings,
    *(st.integers(0, 2**size - 1) for size in self_check._SIZES),
)


@given(anything)
def test_a_code_says_what_was_found_however_it_is_written_down(findings: Findings) -> None:
    code = encode(findings)
    assert decode(code) == findings
    assert decode(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == findings
    assert all(line.found for line in explain(findings))


@given(anything)
def test_a_mistaken_letter_and_two_swapped_ones_are_noticed(findings: Findings) -> None:
    letters = encode(findings).replace("-", "")
    for n, other in itertools.product(range(12), self_check._ALPHABET):
        if letters[n] != other:
            assert decode(letters[:n] + other + letters[n + 1 :]) is None
    for n in range(11):
        if letters[n] != letters[n + 1]:
            swapped = letters[:n] + letters[n + 1] + letters[n] + letters[n + 2 :]
            assert decode(swapped) is None


@pytest.mark.parametrize("text", ["", "x", "0000-0000-0000", "U" * 12, "1" * 200, "内容" * 6])
def test_what_is_no_code_is_none(text: str) -> None:
    assert decode(text) is None


def test_what_is_larger_than_its_room_counts_as_the_largest() -> None:
    found = decode(encode(replace(ALL_GOOD, width=5000, engine=999, letters=-3)))
    assert found == replace(ALL_GOOD, width=1023, engine=255, letters=0)


@pytest.mark.parametrize(
    ("change", "name", "todo"),
    [
        ({"cookie": BAD}, "Cookie 和跳转", "CookieManager"),
        ({"cookie": OTHER}, "Cookie 和跳转", "WKWebsiteDataStore"),
        ({"post": BAD}, "表单提交", "原样转发"),
        ({"back": BAD}, "返回", "LOAD_DEFAULT"),
        ({"back": OTHER}, "返回", "goBack"),
        ({"letters": 12}, "字号", "textZoom"),
        ({"letters": 40}, "字号", "textZoom"),
        ({"width": 240}, "页面宽度", "占满屏幕"),
        ({"width": 980}, "页面宽度", "setUseWideViewPort"),
        ({"engine": 66}, "系统和内核", "太旧"),
        ({"system": 2, "engine": 11}, "系统和内核", "太旧"),
    ],
)
def test_each_fault_says_what_to_change(change: dict[str, int], name: str, todo: str) -> None:
    assert not [line for line in explain(ALL_GOOD) if line.verdict is Verdict.BAD]
    (fault,) = (
        line for line in explain(replace(ALL_GOOD, **change)) if line.verdict is Verdict.BAD
    )
    assert fault.name == name
    assert todo in fault.todo


@pytest.mark.parametrize(
    ("browser", "said"),
    [
        (APPS["a bare webview"], (1, 116)),
        (BROWSERS["Safari on an iPhone"], (2, 17)),
        (BROWSERS["Safari on an old iPad"], (2, 12)),
        (BROWSERS["HarmonyOS 5"], (3, 114)),
        (BROWSERS["Chrome on a computer"], (0, 124)),
        ("", (0, 0)),
    ],
)
def test_the_system_and_its_version_are_read_off_the_user_agent(
    browser: str, said: tuple[int, int]
) -> None:
    assert self_check.browser_of(browser) == said


def begin(client: LintingClient, **headers: str) -> Page:
    """Press 开始检查 with everything measured; the page that asks for the way back."""
    form, _ = client.page(CHECK).form("开始检查")
    answer = client.post(CHECK, data=form.fields | MEASURED, headers=headers, follow_redirects=True)
    return Page(answer)


def verdicts(page: Page) -> dict[str, str]:
    """What stands beside each name of a result."""
    return {
        text.removesuffix(verdict).strip(): verdict
        for text in page.texts("dt")
        for verdict in (str(each) for each in Verdict)
        if text.endswith(verdict)
    }


def test_a_good_webview_passes_everything(client: LintingClient, app: Flask) -> None:
    before = stored(app)
    client.environ_base["HTTP_USER_AGENT"] = APPS["a bare webview"]
    asked = begin(client, Origin="http://localhost", Referer=f"http://localhost{CHECK}")
    assert "请用 App 自己的返回" in asked.words
    returned = client.page(CHECK)
    assert "返回正常" in returned.texts("h2")
    done = client.page(returned.links()["看结果"])
    assert "都通过了" in done.texts("h2")
    assert Verdict.BAD not in verdicts(done).values()
    assert done.texts("p", class_="check-code") == [encode(ALL_GOOD)]
    assert APPS["a bare webview"] in done.words
    assert f"Referer http://localhost{CHECK}" in " ".join(done.words.split())
    assert stored(app) == before


def test_without_a_script_and_without_headers_it_goes_on_all_the_same(
    client: LintingClient,
) -> None:
    asked = client.submit(client.page(CHECK), "开始检查")
    assert "请用 App 自己的返回" in asked.words
    done = client.page(client.page(CHECK).links()["看结果"])
    found = verdicts(done)
    assert (found["Cookie 和跳转"], found["表单提交"], found["返回"]) == (Verdict.GOOD,) * 3
    assert (found["字号"], found["页面宽度"], found["安全区"]) == (Verdict.NOT_TRIED,) * 3
    assert found["JavaScript"] == Verdict.INFO
    assert "没有要改的" in done.texts("h2")


def test_blocked_cookies_are_told_at_once_with_the_code(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    assert isinstance(client, LintingClient)
    done = begin(client)
    assert "有 1 项要改" in done.texts("h2")
    assert verdicts(done)["Cookie 和跳转"] == Verdict.BAD
    assert verdicts(done)["返回"] == Verdict.NOT_TRIED
    assert "以后进不去" in done.words
    (code,) = done.texts("p", class_="check-code")
    found = decode(code)
    assert found is not None
    assert (found.cookie, found.back) == (BAD, 0)


def test_a_cookie_lost_by_the_redirect_is_told_apart(client: LintingClient) -> None:
    form, _ = client.page(CHECK).form("开始检查")
    led = client.post(CHECK, data=form.fields).headers["Location"]
    client.delete_cookie("session")
    assert "跳转以后丢了" in client.page(led).words


def test_a_form_that_arrives_changed_is_told(client: LintingClient) -> None:
    form, _ = client.page(CHECK).form("开始检查")
    assert form.fields["probe"] == PROBE
    client.post(CHECK, data=form.fields | {"probe": "??"})
    done = client.page(client.page(CHECK).links()["看结果"])
    assert verdicts(done)["表单提交"] == Verdict.BAD


def test_an_old_page_out_of_a_cache_is_told(client: LintingClient) -> None:
    form, _ = client.page(CHECK).form("开始检查")
    client.post(CHECK, data=form.fields)
    done = Page(client.post(CHECK, data=form.fields, follow_redirects=True))
    assert verdicts(done)["返回"] == Verdict.BAD
    assert "缓存里的旧页面" in done.words


def test_no_way_back_is_told(client: LintingClient) -> None:
    asked = begin(client)
    done = client.page(asked.links()["返回没有反应，或者关掉了页面"])
    assert verdicts(done)["返回"] == Verdict.BAD
    assert "没有退回到上一页" in done.words
    assert "开始检查" in client.page(CHECK).buttons()


def test_it_can_be_begun_again_at_any_point(client: LintingClient) -> None:
    begin(client)
    assert "开始检查" in client.page(f"{CHECK}?again=1").buttons()
    assert "请用 App 自己的返回" in begin(client).words


@pytest.mark.parametrize("code", ["", "x", "0000-0000-0000"])
def test_a_code_that_says_nothing_leads_nowhere(client: LintingClient, code: str) -> None:
    client.page(f"{CHECK}/back?code={code}", 404)
    client.page(f"{CHECK}/result?code={code}", 404)


def test_measures_that_are_none_count_as_not_measured(client: LintingClient) -> None:
    form, _ = client.page(CHECK).form("开始检查")
    odd = {"letters": "-3", "width": "9" * 30, "inset": "二", "local_storage": "٣"}
    client.post(CHECK, data=form.fields | odd)
    done = client.page(client.page(CHECK).links()["看结果"])
    assert verdicts(done)["字号"] == verdicts(done)["页面宽度"] == Verdict.NOT_TRIED


def test_the_command_reads_the_code_that_a_vendor_sent(app: Flask) -> None:
    said = channels(app, "self-check", encode(replace(ALL_GOOD, cookie=BAD)).lower())
    assert "不通过  Cookie 和跳转: 没有存住" in said
    assert "Android，Chromium 116" in said
    assert f"channels self-check {encode(ALL_GOOD)} " in CHANNELS.read_text("utf-8")
    assert "no code" in channels(app, "self-check", "ABCD-ABCD-ABCD", status=1)
