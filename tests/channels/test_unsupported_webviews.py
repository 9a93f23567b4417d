"""Inside an app that is not usable yet: what every page says there, and who is never kept out."""

from __future__ import annotations

import pytest
from flask import Flask

from flexapp.channels import service
from flexapp.channels.catalogue import FILE, parse
from flexapp.web import assets
from flexapp.web.access import Access
from tests.architecture.test_access import TABLE, path_of
from tests.channels.browsers import APPS, BLOCKED, BROWSERS
from tests.support.client import HTMX, LintingClient
from tests.support.database import stored
from tests.support.html import Page
from tests.support.staff import enter
from tests.support.vendor import Vendor
from tests.support.walks import MA_LAN, sign_in

TITLE = "请用手机浏览器打开"
WECHAT = BLOCKED["wechat Android"]
NAMES = {"wechat": "微信", "alipay": "支付宝", "unionpay": "云闪付"}
OPEN = {
    name
    for name, row in TABLE.items()
    if name.startswith(("channels.", "web."))
    or row[1].startswith(("/open/", "/counter", "/verify"))
}
CLOSED = sorted(
    name
    for name, (_, path, access) in TABLE.items()
    if name not in OPEN and access is not Access.MACHINE and not path.startswith("/open/")
)


def inside(client: LintingClient, browser: str) -> LintingClient:
    """The same client in another browser."""
    client.environ_base["HTTP_USER_AGENT"] = browser
    return client


@pytest.mark.parametrize("browser", BLOCKED)
def test_it_says_why_what_else_there_is_and_how_to_go_on(
    client: LintingClient, browser: str
) -> None:
    answer = inside(client, BLOCKED[browser]).get("/social-security/affairs?from=a&b=1")
    page = Page(answer)
    app = service.registry().apps
    (reason,) = (a.reason for a in app if a.code == browser.partition(" ")[0])
    assert page.status == 200
    assert page.title == TITLE
    assert f"“{NAMES[browser.partition(' ')[0]]}”里暂时不能办理" in page.texts("h2")
    assert reason
    assert reason in page.words
    assert "点右上角的“…”" in page.words
    assert "选“在浏览器打开”" in page.words
    public_url = client.application.config["SETTINGS"].public_url
    assert page.texts("p", class_="address") == [f"{public_url}/social-security/affairs?from=a&b=1"]
    assert "User-Agent" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers


def test_it_shows_the_twelve_in_order_with_the_way_to_each(client: LintingClient) -> None:
    page = inside(client, WECHAT).page("/")
    twelve = [(a.name, f"/c/{a.code}") for a in service.registry().apps if a.usable]
    assert [link for link in page.links().items() if link[1].startswith("/c/")] == twelve
    assert "或者用这 12 个 App 办理" in page.texts("h2")
    for _, path in twelve:
        assert "在 App 里怎么找" in client.page(path).words


@pytest.mark.parametrize("endpoint", CLOSED)
def test_no_page_and_no_form_is_open_there_even_to_who_is_signed_in(
    client: LintingClient, app: Flask, endpoint: str
) -> None:
    sign_in(client, MA_LAN.phone)
    before = stored(app)
    method = TABLE[endpoint][0]
    page = Page(inside(client, WECHAT).open(path_of(endpoint), method=method))
    assert (page.status, page.title) == (200, TITLE)
    assert stored(app) == before


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/channels", "/channels/poster", "/channels/boc.svg", "/c/boc"],
)
def test_what_explains_and_what_machines_ask_stays_open(client: LintingClient, path: str) -> None:
    answer = inside(client, WECHAT).get(path)
    assert answer.status_code == 200
    assert TITLE not in answer.text


def test_files_stay_open(client: LintingClient) -> None:
    sheet = assets.BUILD.of(client.application).names["app.css"]
    assert inside(client, WECHAT).get(f"/static/{sheet}").mimetype == "text/css"


def test_an_address_that_is_not_there_is_not_there_in_any_app(client: LintingClient) -> None:
    inside(client, WECHAT).page("/nowhere", 404)


@pytest.mark.parametrize("name", [*APPS, *BROWSERS])
def test_nobody_else_is_kept_out(client: LintingClient, name: str) -> None:
    page = inside(client, (APPS | BROWSERS)[name]).page("/social-security")
    assert page.title == "社保专题"


def test_a_form_sent_there_is_refused_with_the_address_it_stood_on(
    client: LintingClient, app: Flask
) -> None:
    page = client.page("/sign-in")
    form, _ = page.form("获取验证码")
    before = stored(app)
    public_url = app.config["SETTINGS"].public_url
    for referrer, address in [
        ("http://localhost/sign-in", f"{public_url}/sign-in"),
        ("https://evil.example/sign-in", f"{public_url}/"),
        ("", f"{public_url}/"),
    ]:
        answer = inside(client, WECHAT).post(
            "/sign-in/code",
            data=form.fields | {"phone": MA_LAN.phone},
            headers={"Referer": referrer},
        )
        assert Page(answer).title == TITLE
        assert Page(answer).texts("p", class_="address") == [address]
    assert stored(app) == before


@pytest.mark.parametrize("path", [f"/sign-in?x={'y' * 300}", "/sign-in?x=%22%3E%3Cscript%3E"])
def test_a_crafted_address_harms_nobody(client: LintingClient, path: str) -> None:
    page = inside(client, WECHAT).page(path)
    (shown,) = page.texts("p", class_="address")
    assert shown.startswith(client.application.config["SETTINGS"].public_url + "/")
    assert "<script>" not in page.html


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_to_htmx_the_page_in_front_of_the_person_loads_anew(
    client: LintingClient, method: str
) -> None:
    answer = inside(client, WECHAT).open("/sign-in", method=method, headers=HTMX)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["HX-Refresh"] == "true"


def test_once_the_app_is_usable_its_people_see_the_pages(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FILE.read_text("utf-8")
    (reason,) = (app.reason for app in service.registry().apps if app.code == "wechat")
    opened = parse(text.replace(f'reason = "{reason}"', "order = 13"))
    monkeypatch.setattr(service, "registry", lambda: opened)
    assert inside(client, WECHAT).page("/social-security").title == "社保专题"
    page = inside(client, BLOCKED["alipay iOS"]).page("/social-security")
    assert page.title == TITLE
    assert page.links()["微信"] == "/c/wechat"


def test_whom_a_usable_app_claims_too_is_not_kept_out(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bank whose browser also says AlipayClient is let in by its own word, without new code."""
    text = FILE.read_text("utf-8").replace('"cmb"', '"cmb"\nuser_agents = ["BankApp"]')
    registry = parse(text)
    monkeypatch.setattr(service, "registry", lambda: registry)
    browser = f"{BLOCKED['alipay Android']} BankApp/3"
    assert inside(client, browser).page("/social-security").title == "社保专题"


@pytest.mark.parametrize("name", BLOCKED)
def test_the_counters_are_open_in_every_browser(client: LintingClient, name: str) -> None:
    assert enter(inside(client, BLOCKED[name]), "jb01").title == "经办工作台"


def test_whom_a_usable_app_has_sent_is_not_stopped_by_what_its_browser_calls_itself(
    client: LintingClient, app: Flask
) -> None:
    page = inside(client, WECHAT).page(Vendor(app).register().launch(MA_LAN))
    assert client.submit(page, "继续").title == "社保专题"
    assert client.page("/assessment").title == "灵活就业人员养老保险缴费核定"
