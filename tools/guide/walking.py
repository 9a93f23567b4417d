"""Performs the illustrated steps and takes a picture of each.

Every mark of a step must be on its page, else the run fails with the step's name. Marks are
outlined for the picture; the last one is clicked afterwards.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Locator, expect

from flexapp.guide.annexes import ANNEXES
from flexapp.guide.model import (
    PICTURE_WIDTH,
    Kind,
    Mark,
    Part,
    Step,
)
from tests.journeys.conftest import World
from tests.journeys.phone import Phone
from tools.guide.people import (
    MEANWHILE,
    SMS,
    WALK_PARTS,
    People,
    Way,
    sent_code,
)

TODAY = "2019-09-24"
"""In the year of the notice, so that the pictures show its figures."""

PATIENCE_MS = 8_000
"""Timeout of a step: a transmission takes some seconds."""

COLOURS = 32
"""Colours of a picture: enough for smooth letters, and a third of the bytes.

PNG, because iOS 12 does not support WebP.
"""

RED = (0xD9, 0x23, 0x0F)
"""The colour of the outlines in `ring.js`."""

RING = (Path(__file__).parent / "ring.js").read_text(encoding="utf-8")


def walk(world: World, folder: Path) -> None:
    """Perform all parts and write the pictures to `folder`."""
    people = People(world)
    for annex in ANNEXES:
        for part in annex.parts:
            way = WALK_PARTS[part.code]
            phone = way.begin(people)
            walk_part(people, phone, part, way, folder)


def walk_part(people: People, phone: Phone, part: Part, way: Way, folder: Path) -> None:
    """Perform one part on this phone; `AssertionError` names a step that fails."""
    for step in part.steps:
        with _named(step):
            if step.picture in MEANWHILE:
                MEANWHILE[step.picture](people, phone)
            _do(phone, step, way, folder / f"{step.picture}.png")
    with _named(part.steps[-1]):
        expect(phone.page.get_by_text(way.ends, exact=True).first).to_be_visible()


def _do(phone: Phone, step: Step, way: Way, picture: Path) -> None:
    expect(phone.page).to_have_title(step.page, timeout=PATIENCE_MS)
    found = [_find(phone, mark) for mark in step.marks]
    for mark, place in zip(step.marks, found, strict=True):
        expect(place).to_be_visible(timeout=PATIENCE_MS)
        if mark.kind is Kind.CHOICE:
            place.click()
        if mark.kind is Kind.FIELD and mark.name not in way.after:
            _fill(place, way.typed[mark.name])
    later = {mark.name: way.after[mark.name] for mark in step.marks if mark.name in way.after}
    if SMS in later.values():
        later = {name: sent_code(phone) for name in later}
    _shoot(phone, step, found, picture)
    for name, value in later.items():
        phone.fill(name, value)
    if step.marks[-1].kind in (Kind.LINK, Kind.BUTTON):
        found[-1].click()


def _find(phone: Phone, mark: Mark) -> Locator:
    """Locate a mark by its text, as a person would."""
    page = phone.page
    if mark.kind is Kind.LINK:
        return page.get_by_role("link", name=mark.name).first
    if mark.kind is Kind.BUTTON:
        dialog = page.get_by_role("dialog")
        return phone.button(mark.name, within=dialog if dialog.count() else None).first
    if mark.kind is Kind.CHOICE:
        return page.locator("label").filter(has_text=mark.name)
    if mark.kind is Kind.FIELD:
        return phone.field(mark.name)
    # A state also appears in the months above the records; the step is about the record.
    said = page.get_by_text(mark.name, exact=True)
    return said.and_(page.locator(":not(.months *)")).first


def _fill(field: Locator, value: str) -> None:
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def _shoot(phone: Phone, step: Step, found: list[Locator], picture: Path) -> None:
    phone.page.wait_for_load_state()
    phone.page.evaluate(RING, [place.element_handle() for place in found])
    _check_in_view(phone, step, found)
    part = FloatRect(x=0, y=0, width=PICTURE_WIDTH, height=step.height)
    taken = phone.page.screenshot(animations="disabled", clip=part)
    phone.page.evaluate(RING, [])
    with Image.open(io.BytesIO(taken)) as image:
        _with_few_colours(image.convert("RGB")).save(picture, optimize=True)


def _check_in_view(phone: Phone, step: Step, found: list[Locator]) -> None:
    """Fail if an outline is cut off or hidden by the dock."""
    docks = [
        box for dock in phone.page.locator(".dock, .tabs").all() if (box := dock.bounding_box())
    ]
    for mark, place in zip(step.marks, found, strict=True):
        box = place.bounding_box()
        assert box is not None, f"{mark.name} is not to be seen"
        low = box["y"] + box["height"]
        held = place.evaluate("mark => Boolean(mark.closest('.dock, .tabs, #dialog'))")
        most = step.height if held else min([step.height, *(dock["y"] for dock in docks)])
        assert 0 <= box["y"] < low <= most, f"{mark.name} is not within the picture"


def _with_few_colours(image: Image.Image) -> Image.Image:
    """Reduce to the most common colours plus the outline's, which must not be averaged away."""
    common = image.quantize(COLOURS - 1, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*RED, *common])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


@contextmanager
def _named(step: Step) -> Iterator[None]:
    """Add the step's sentence to any failure."""
    try:
        yield
    except AssertionError as fault:
        raise AssertionError(f"“{step.sentence}” ({step.picture}): {fault}") from fault
    except Exception as fault:
        fault.add_note(f"“{step.sentence}” ({step.picture})")
        raise
