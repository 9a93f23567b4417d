"""缴费核定凭证 as it is shown and printed: on one screen, on one leaf, and scanned from both."""

from __future__ import annotations

import io
import re

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.journeys.conftest import Scripted
from tests.journeys.phone import HEIGHT

LEAVES = re.compile(rb"/Type\s*/Page\b")


def scanned(page: Page) -> str:
    """What a camera reads on the painted screen or leaf."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    return str(found.text)


def test_the_sheet_fits_a_screen_and_a_leaf_and_whoever_scans_it_is_answered(
    scripted: Scripted,
) -> None:
    with scripted("2026-11-25") as world:
        phone = world.phone()
        steps.to_own_assessment(world, phone, steps.MA_LAN)
        steps.assess(phone, "2026-01", "2026-12", "100")
        phone.follow("核定流水号")
        phone.on("核定记录", "办理经过")
        phone.follow("凭证")
        phone.on("缴费核定凭证", "出具时状态", "验证码")
        sheet = phone.page
        card = sheet.get_by_role("article").bounding_box()
        assert card is not None
        assert card["y"] + card["height"] < HEIGHT - 72  # the dock's
        said = scanned(sheet)
        assert len(LEAVES.findall(sheet.pdf(format="A4"))) == 1
        sheet.emulate_media(media="print")
        expect(sheet.get_by_role("link", name="返回这笔核定")).to_be_hidden()
        assert scanned(sheet) == said

        guest = world.phone()
        guest.open(said.removeprefix(world.site.url))
        guest.on("凭证验证", "凭证属实", "马*")
        guest.follow("再验一张")
        guest.on("凭证验证", guest.field("验证码"))
        guest.fill("核定流水号", "6" * 20)
        guest.fill("验证码", "a" * 16)
        guest.press("验证", refused=422)
        guest.on("凭证验证", "没有验证通过")
