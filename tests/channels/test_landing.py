"""/c/<code> of an app with download addresses: who is sent there, and who is told how to go on."""

from __future__ import annotations

import pytest

from flexapp.channels import service
from flexapp.channels.catalogue import FILE, parse
from tests.channels.browsers import APPS, BLOCKED, BROWSERS
from tests.support.client import LintingClient
from tests.support.html import Page

ALL, ANDROID, IOS = (f"https://apps.example/{name}" for name in ("all", "android", "ios"))
CONFIGURED = f"""
download = "{ALL}"
download_android = "{ANDROID}"
download_ios = "{IOS}"
user_agents = ["BocApp"]
"""
ANDROID_PHONE = BROWSERS["Chrome on Android"]


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """中国银行 and 微信 with download addresses."""
    text = FILE.read_text("utf-8").replace('code = "boc"', f'code = "boc"{CONFIGURED}')
    text = text.replace('code = "wechat"', f'code = "wechat"\ndownload = "{ALL}"')
    registry = parse(text)
    monkeypatch.setattr(service, "registry", lambda: registry)


@pytest.mark.parametrize(
    ("browser", "address"),
    [
        ("Chrome on Android", ANDROID),
        ("HarmonyOS 4", ANDROID),
        ("HarmonyOS 5", ALL),
        ("Safari on an iPhone", IOS),
        ("Safari on an old iPad", IOS),
    ],
)
def test_a_phone_goes_on_to_the_download_for_its_system(
    client: LintingClient, browser: str, address: str
) -> None:
    answer = client.get("/c/boc", headers={"User-Agent": BROWSERS[browser]})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert "User-Agent" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_scanned_with_wechat_it_leads_there_too(client: LintingClient) -> None:
    answer = client.get("/c/boc", headers={"User-Agent": BLOCKED["wechat Android"]})
    assert answer.headers["Location"] == ANDROID


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": BROWSERS["Chrome on a computer"]},
        {"User-Agent": ""},
        {"User-Agent": f"{APPS['a bare webview']} BocApp/9.1"},
        {"User-Agent": ANDROID_PHONE, "Referer": "http://localhost/channels"},
    ],
    ids=["a computer", "unknown", "inside the very app", "tapped on our page"],
)
def test_others_are_told_how_to_go_on(client: LintingClient, headers: dict[str, str]) -> None:
    answer = client.get("/c/boc", headers=headers)
    assert answer.status_code == 200
    page = Page(answer)
    assert page.links()["下载“中国银行”"] in (ALL, ANDROID)
    assert "在 App 里怎么找" in page.words
    assert "User-Agent" in answer.headers["Vary"]


@pytest.mark.parametrize("code", ["abc", "wechat"])
def test_without_an_address_or_before_the_app_can_be_used_nobody_is_sent_away(
    client: LintingClient, code: str
) -> None:
    answer = client.get(f"/c/{code}", headers={"User-Agent": ANDROID_PHONE})
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["?next=https://evil.example", "?download=//evil.example"])
def test_nothing_in_the_request_decides_where_one_is_sent(
    client: LintingClient, query: str
) -> None:
    headers = {
        "User-Agent": ANDROID_PHONE,
        "X-Forwarded-Host": "evil.example",
        "Host": "evil.example",
    }
    assert client.get(f"/c/boc{query}", headers=headers).headers["Location"] == ANDROID
