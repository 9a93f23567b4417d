"""The illustrated steps can be walked as they are written; their pages can be read and printed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from flexapp.guide.annexes import ANNEXES
from flexapp.guide.model import Kind, Mark
from tests.journeys.conftest import Scripted, World
from tools.guide import walking
from tools.guide.people import WALK_PARTS, People
from tools.guide.printing import print_document
from tools.guide.walking import (
    TODAY,
    walk,
    walk_part,
)

STEPS = [step for annex in ANNEXES for step in annex.steps]
PICTURES = Path(__file__).resolve().parents[2] / "static" / "src" / "img" / "guide"

LEAVES = re.compile(rb"/Type\s*/Page\b")


def test_every_illustrated_step_can_be_walked_as_it_is_written(
    scripted: Scripted, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with scripted(TODAY) as world:
        walk(world, folder)
    assert {path.stem for path in folder.iterdir()} == {step.picture for step in STEPS}
    for step in STEPS:
        with (
            Image.open(folder / f"{step.picture}.png") as now,
            Image.open(PICTURES / f"{step.picture}.png") as kept,
        ):
            assert now.size == kept.size, f"{step.picture}: make guide-pictures takes it anew"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"marks": (Mark(Kind.LINK, "社保大厅"),)}, "社保大厅"),
        ({"marks": (Mark(Kind.BUTTON, "社保专题"),)}, "社保专题"),
        ({"page": "主页"}, "主页"),
    ],
)
def test_a_step_that_is_not_there_is_named(
    scripted: Scripted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, object],
    said: str,
) -> None:
    first = ANNEXES[0].parts[0]
    step = replace(first.steps[0], **wrong)  # type: ignore[arg-type]
    monkeypatch.setattr(walking, "PATIENCE_MS", 100)
    with scripted(TODAY) as world:
        people = People(world)
        phone = WALK_PARTS[first.code].begin(people)
        with pytest.raises(AssertionError, match=step.picture) as caught:
            walk_part(
                people, phone, replace(first, steps=(step,)), WALK_PARTS[first.code], tmp_path
            )
    assert said in str(caught.value)
    assert not list(tmp_path.glob("*.png"))


def test_every_part_says_who_walks_it() -> None:
    assert set(WALK_PARTS) == {part.code for annex in ANNEXES for part in annex.parts}


def test_nobody_is_led_to_the_machine_that_took_the_pictures() -> None:
    for path in sorted(PICTURES.glob("*.png")):
        with Image.open(path) as picture:
            assert zxingcpp.read_barcodes(picture.convert("RGB")) == [], path.name


def test_the_guide_can_be_read_by_everybody_and_its_pictures_arrive(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/")
        phone.follow("办事指南")
        phone.on("办事指南", "要准备什么", "三步办好")
        for question in phone.page.locator("details").all():
            question.locator("summary").click()
        phone.look()
        phone.follow("看图解：给父母、家人核定")
        phone.on("图解：核定", "给父母、家人核定")
        assert phone.page.url.endswith("#proxy")
        picture = phone.page.get_by_role("img", name="被核定人身份证号")
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        phone.page.wait_for_function(
            "image => image.naturalWidth > 0", arg=picture.element_handle()
        )
        phone.follow("全部图解")
        phone.on("图解：登记、核定、渠道", "附件3 渠道")


def test_on_paper_no_picture_is_missing(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        printed = print_document(world)
        assert 4 <= len(LEAVES.findall(printed)) <= 10
        _prints_with_every_picture(world)


def _prints_with_every_picture(world: World) -> None:
    """The button fetches what nobody has scrolled to before it opens the printer's dialog."""
    page: Page = world.phone().page
    page.add_init_script(
        "window.print = () => { document.title = Array.from(document.images)"
        ".filter(image => image.naturalWidth > 0).length; };"
    )
    page.goto(f"{world.site.url}/guide/steps")
    page.get_by_role("button", name="打印").click()
    expect(page).to_have_title(str(len(STEPS)))
