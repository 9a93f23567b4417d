"""Each code as a file of its own: what a decoder and a printer find in it, and how it is cached."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from flexapp.channels import qrcode_files, service
from flexapp.channels.catalogue import App
from flexapp.web import qrcodes
from tests.support.client import LintingClient

SVG = "{http://www.w3.org/2000/svg}"
APPS = [app for app in service.registry().apps if app.usable]


def said(picture: Image.Image) -> str:
    """What the one code in the picture says."""
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


@pytest.mark.parametrize("length", [1, 40, 120])
def test_a_png_prints_sharply_at_three_centimetres(length: int) -> None:
    (code,) = qrcodes.draw(["x" * length])
    picture = Image.open(io.BytesIO(qrcode_files.png(code)))
    picture.load()
    assert said(picture) == "x" * length
    assert picture.mode == "1"
    assert picture.width == picture.height
    inches = 3 / 2.54
    assert picture.width >= 300 * inches
    # Every module is a whole number of dots, so none is blurred; placed, it stands 3 to 4 cm wide.
    assert picture.width % code.side == 0
    across, down = picture.info["dpi"]
    assert across == down
    assert inches <= picture.width / across < inches * 4 / 3


def test_a_png_keeps_its_quiet_zone_of_four_modules() -> None:
    (code,) = qrcodes.draw(["https://h5.example/c/boc"])
    picture = Image.open(io.BytesIO(qrcode_files.png(code))).convert("L")
    edge = 4 * picture.width // code.side
    ink = picture.point(lambda value: 255 - value).getbbox()
    assert ink == (edge, edge, picture.width - edge, picture.height - edge)


@pytest.mark.parametrize("channel", APPS, ids=lambda app: app.code)
def test_each_channel_has_its_code_as_svg_and_png(
    client: LintingClient, channel: App, read_qr: Callable[[str, int], str]
) -> None:
    address = f"{client.application.config['SETTINGS'].public_url}/c/{channel.code}"
    answer = client.get(f"/channels/{channel.code}.png")
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert said(Image.open(io.BytesIO(answer.data))) == address

    answer = client.get(f"/channels/{channel.code}.svg")
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml; charset=utf-8")
    root = ElementTree.fromstring(answer.data)
    assert root.findtext(f"{SVG}title") == f"{channel.name} 的二维码"
    assert (root.get("width"), root.get("height")) == ("30mm", "30mm")
    left, top, width, height = (float(number) for number in root.get("viewBox", "").split())
    assert (left, top, width) == (-4.5, -4, height)
    ground, drawing = root.iter(f"{SVG}path")
    assert ground.get("d") == f"M-4.5 -4h{width:.0f}v{width:.0f}h-{width:.0f}z"
    assert read_qr(drawing.get("d", ""), int(width) - 8) == address


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_picture_may_be_kept_and_is_not_sent_twice(client: LintingClient, ending: str) -> None:
    first = client.get(f"/channels/boc.{ending}")
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in first.headers
    again = client.get(f"/channels/boc.{ending}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"/channels/abc.{ending}", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "name", ["nope.svg", "nope.png", "wechat.svg", "wechat.png", "hall.png", "boc.gif", "boc."]
)
def test_there_is_no_picture_of_what_cannot_be_used(client: LintingClient, name: str) -> None:
    assert client.get(f"/channels/{name}").status_code == 404
