"""/channels/poster as anybody gets it over HTTP; its journey looks at the sheet itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from flexapp.channels import service
from flexapp.channels.catalogue import App
from flexapp.channels.pages import poster_page
from flexapp.web import assets
from tests.support.client import LintingClient
from tests.support.database import execute
from tests.support.html import Page, words

TODAY = date(2026, 11, 24)
TITLE = "2026 年宁夏灵活就业人员养老保险指尖办核定渠道"
USABLE = tuple(app for app in service.registry().apps if app.usable)


@pytest.fixture
def poster(client: LintingClient) -> Page:
    """The sheet."""
    return client.page("/channels/poster")


def test_the_channels_page_leads_to_the_poster_and_back(client: LintingClient) -> None:
    leading = {text: to for text, to in client.page("/channels").links().items() if "打印" in text}
    assert leading == {"打印宣传页一张 A4 纸，二维码和办理步骤都在上面": "/channels/poster"}
    (back,) = client.page("/channels/poster").all("a", class_="back")
    assert back.get("href") == "/channels"


def test_it_has_the_title_and_each_code_with_number_and_name(
    poster: Page, client: LintingClient, read_qr: Callable[[str, int], str]
) -> None:
    assert poster.title == TITLE
    (codes,) = poster.all("ul", class_="codes")
    assert [words(item) for item in codes] == [f"{app.order} {app.name}" for app in USABLE]
    svgs = [part for part in codes.iter() if str(part.tag).endswith("svg")]
    assert [svg.get("aria-label") for svg in svgs] == [f"{app.name} 的二维码" for app in USABLE]
    sides = [int(float(svg.get("viewBox", "").split()[2])) - 8 for svg in svgs]
    drawn = [path.get("d", "") for svg in svgs for path in svg if path.get("stroke")]
    address = client.application.config["SETTINGS"].public_url
    assert [read_qr(path, side) for path, side in zip(drawn, sides, strict=True)] == [
        f"{address}/c/{app.code}" for app in USABLE
    ]


def test_it_shows_three_steps_with_what_to_tap(poster: Page) -> None:
    (steps,) = poster.all("ol", class_="ways")
    assert [words(next(step.iter("b"))) for step in steps] == ["登记", "核定", "传输"]
    tapped = [[words(button) for button in step.iter("em")] for step in steps]
    assert tapped == [
        ["电子社保卡", "社保", "灵活就业核定缴费", "登记", "提交"],
        ["核定", "本人缴费核定", "代他人核定", "核定"],
        ["传输", "已传输"],
    ]


def test_it_has_room_for_the_agency_and_says_where_nothing_can_be_done(poster: Page) -> None:
    (agency,) = poster.all("ul", class_="agency")
    assert [words(line) for line in agency] == ["经办机构", "咨询电话", "地址", "办公时间"]
    assert "微信、支付宝、云闪付、城市一账通里暂时不能办理。" in poster.words


def test_it_tells_the_address_as_people_type_it(client: LintingClient) -> None:
    settings = client.application.config["SETTINGS"]
    client.application.config["SETTINGS"] = settings.model_copy(
        update={"public_url": "https://h5.example"}
    )
    (line,) = client.page("/channels/poster").texts("p", class_="also")
    assert "用手机浏览器打开 h5.example，" in line


def test_each_code_can_be_had_as_a_file(poster: Page) -> None:
    for app in USABLE:
        files = [a.get("href") for a in poster.all("a") if app.name in (a.get("aria-label") or "")]
        assert files == [f"/channels/{app.code}.svg", f"/channels/{app.code}.png"]


def test_only_the_poster_carries_its_style_sheet(client: LintingClient) -> None:
    sheet = assets.BUILD.of(client.application).names["poster.css"]
    assert f"/static/{sheet}" in client.page("/channels/poster").html
    assert sheet not in client.page("/channels").html
    assert client.get(f"/static/{sheet}").status_code == 200


@pytest.mark.parametrize(
    ("many", "across"), [(1, 3), (6, 3), (7, 4), (12, 4), (13, 5), (20, 5), (21, 6), (99, 6)]
)
def test_the_codes_are_as_large_as_their_number_allows(
    monkeypatch: pytest.MonkeyPatch, many: int, across: int
) -> None:
    apps: tuple[App, ...] = tuple(replace(USABLE[0], code=f"a{n}", order=n) for n in range(many))
    monkeypatch.setattr(service, "usable", lambda: apps)
    monkeypatch.setattr(service, "not_yet", lambda: ())
    page = poster_page("https://h5.example", None, TODAY)
    assert page.across == across
    assert [row.app for row in page.rows] == list(apps)


def test_an_area_has_a_sheet_of_its_own(client: LintingClient) -> None:
    form, _ = client.page("/channels/poster").form("换地区")
    assert (form.method, form.action) == ("get", "/channels/poster")
    page = client.page("/channels/poster?area=640324")
    assert "同心县：不用跑大厅，手机上就能办" in page.words
    assert "经办机构：同心县" in page.words
    assert page.value("area") == "640324"


def test_what_is_no_area_has_no_sheet(client: LintingClient) -> None:
    for code in ("640000", "640100", "110101", "x"):
        assert client.get(f"/channels/poster?area={code}").status_code == 404


def test_the_sheet_of_an_area_not_yet_open_says_from_when(
    client: LintingClient, app: Flask
) -> None:
    execute(app, "INSERT INTO pilot_place VALUES ('area', '640324', '2026-12-01', NULL)")
    sheet = "/channels/poster?area=640324"
    assert "同心县从2026年12月1日起可以用手机办理" in client.page(sheet).words
    execute(app, "UPDATE pilot_place SET open_from = NULL")
    assert "同心县暂时不能用手机办理，请到窗口。" in client.page(sheet).words
