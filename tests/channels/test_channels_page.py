"""/channels and /c/<code> as anybody gets them over HTTP."""

import gzip
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from flask.testing import FlaskClient

from flexapp.channels import service
from flexapp.channels.catalogue import (
    FILE,
    App,
    parse,
)

SHIPPED = service.registry().apps
USABLE = [app for app in SHIPPED if app.usable]
NOT_YET = [app for app in SHIPPED if not app.usable]

TITLE = "2026 年宁夏灵活就业人员养老保险指尖办核定渠道"
SIX_KB = 6 * 1024


def fetch(client: FlaskClient, path: str, status: int = 200) -> Element:
    response = client.get(path)
    assert response.status_code == status
    root: Element = tinyhtml5.parse(response.text, namespace_html_elements=False)
    return root


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def links(root: Element) -> dict[str, str]:
    return {words(a): a.get("href", "") for a in root.iter("a")}


def named(root: Element, tag: str) -> Iterator[Element]:
    """Elements with this local name in whatever namespace: the parser may put SVG in its own."""
    return (e for e in root.iter() if str(e.tag).rpartition("}")[2] == tag)


def decoded(svg: Element, read_qr: Callable[[str, int], str]) -> str:
    """What the code drawn in this SVG says; its view box must leave the quiet zone white."""
    left, top, width, height = (float(number) for number in svg.get("viewBox", "").split())
    assert (left, top) == (-4.5, -4)
    assert width == height
    ground, code = named(svg, "path")
    assert (ground.get("fill"), code.get("stroke")) == ("#fff", "#000")
    return read_qr(code.get("d", ""), int(width) - 8)


def test_title_and_heading(client: FlaskClient) -> None:
    root = fetch(client, "/channels")
    assert [words(e) for e in root.iter("title")] == [TITLE]
    assert [words(e) for e in root.iter("h1")] == [TITLE]


def test_the_table_lists_the_twelve_in_order_with_links(client: FlaskClient) -> None:
    (table,) = fetch(client, "/channels").iter("table")
    headers = [words(th) for th in table.iter("th") if th.get("scope") == "col"]
    assert headers == ["序号", "渠道名称", "手机APP二维码"]
    rows = list(table.iter("tr"))[1:]
    assert [words(row[0]) for row in rows] == [str(n) for n in range(1, 13)]
    shown = [(words(a), a.get("href")) for row in rows for a in row.iter("a")]
    assert shown == [(app.name, f"/c/{app.code}") for app in USABLE]


def test_each_code_is_an_image_with_a_name_and_leads_to_its_channel(
    client: FlaskClient, read_qr: Callable[[str, int], str]
) -> None:
    public_url = client.application.config["SETTINGS"].public_url
    svgs = list(named(fetch(client, "/channels"), "svg"))
    apps = USABLE
    assert [(s.get("role"), s.get("aria-label")) for s in svgs] == [
        ("img", f"{app.name} 的二维码") for app in apps
    ]
    assert [decoded(svg, read_qr) for svg in svgs] == [f"{public_url}/c/{a.code}" for a in apps]


def test_the_codes_follow_the_public_address(
    client: FlaskClient, read_qr: Callable[[str, int], str]
) -> None:
    settings = client.application.config["SETTINGS"]
    client.application.config["SETTINGS"] = settings.model_copy(
        update={"public_url": "https://h5.example"}
    )
    svgs = named(fetch(client, "/channels"), "svg")
    assert [decoded(svg, read_qr) for svg in svgs] == [
        f"https://h5.example/c/{app.code}" for app in USABLE
    ]


def test_the_page_is_small_and_has_nothing_the_policy_forbids(client: FlaskClient) -> None:
    response = client.get("/channels")
    assert len(gzip.compress(response.data, 6)) <= SIX_KB
    root = fetch(client, "/channels")
    assert [e.tag for e in root.iter() if "style" in e.attrib] == []
    assert list(named(root, "style")) == []
    assert [s for s in root.iter("script") if s.get("src") is None] == []


def test_the_unusable_four_are_listed_with_their_reasons(client: FlaskClient) -> None:
    root = fetch(client, "/channels")
    (section,) = (s for s in root.iter("section") if s.get("aria-labelledby") == "not-yet")
    assert [words(h) for h in section.iter("h2")] == ["暂时不能办理的渠道"]
    text = words(section)
    for app in NOT_YET:
        assert app.reason is not None
        assert f"{app.name}{app.reason}" in text
    assert list(section.iter("a")) == []


def test_htmx_gets_the_part_inside_main(client: FlaskClient) -> None:
    part = client.get("/channels", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.count("<svg") == 12


@pytest.mark.parametrize("channel", USABLE, ids=lambda app: app.code)
def test_a_landing_page_says_how_and_offers_the_browser(client: FlaskClient, channel: App) -> None:
    root = fetch(client, f"/c/{channel.code}")
    assert [words(e) for e in root.iter("title")] == [channel.name]
    assert [words(e) for e in root.iter("h1")] == [channel.name]
    (steps,) = root.iter("ol")
    assert len(list(steps.iter("li"))) == 3
    text = words(root)
    assert "灵活就业核定缴费" in words(steps)
    assert "菜单的名称和位置可能不一样" in text
    assert f"请在手机应用商店搜索“{channel.name}”" in text
    assert links(root)["用手机浏览器直接办理"] == "/social-security"


@pytest.mark.parametrize("path", ["/channels", *(f"/c/{a.code}" for a in SHIPPED)])
def test_no_page_leads_out_of_this_service(client: FlaskClient, path: str) -> None:
    """No download link is configured, and none is invented."""
    found = links(fetch(client, path))
    assert len(found) > 1
    for text, href in found.items():
        assert href.startswith(("/", "#")), text
        assert not href.startswith("//"), text
        assert "下载" not in text


def test_a_configured_download_link_is_offered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "https://apps.example/boc?from=qr&x=1"
    shipped = FILE.read_text("utf-8")
    configured = parse(shipped.replace('"boc"', f'"boc"\ndownload = "{link}"'))
    monkeypatch.setattr(service, "registry", lambda: configured)
    root = fetch(client, "/c/boc")
    assert links(root)["下载“中国银行”"] == link
    assert "应用商店" not in words(root)
    assert "应用商店" in words(fetch(client, "/c/abc"))


@pytest.mark.parametrize("channel", NOT_YET, ids=lambda app: app.code)
def test_an_unusable_channel_says_why_and_leads_to_the_others(
    client: FlaskClient, channel: App
) -> None:
    root = fetch(client, f"/c/{channel.code}")
    assert channel.reason is not None
    assert channel.reason in words(root)
    assert list(root.iter("ol")) == []
    assert links(root)["看可以办理的渠道"] == "/channels"


@pytest.mark.parametrize(
    "code", ["nope", "BOC", "township", "hall", "boc%20", "%E5%BE%AE", "a" * 999]
)
def test_an_unknown_code_is_not_found(client: FlaskClient, code: str) -> None:
    fetch(client, f"/c/{code}", status=404)


@pytest.mark.parametrize("path", ["/channels", "/c/boc"])
def test_nothing_is_posted_here(client: FlaskClient, path: str) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert client.post(path).status_code == 405
