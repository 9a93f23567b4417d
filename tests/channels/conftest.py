"""Reading QR codes the way a phone does, from the SVG path that a page carries."""

import re
from collections.abc import Callable, Iterator

import pytest
import zxingcpp
from flask import Flask
from PIL import Image, ImageDraw

SCALE = 4
QUIET = 4
STEP = re.compile(r"M(\d+) (\d+)|m0 (\d+)|v(\d+)")

ReadQr = Callable[[str, int], str]


def _picture(path: str, modules: int) -> Image.Image:
    """The code drawn by following its path, quiet zone included; fails on any other command."""
    side = (modules + 2 * QUIET) * SCALE
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    assert STEP.sub("", path) == ""
    x = y = 0
    for start_x, start_y, gap, run in STEP.findall(path):
        if start_x:
            x, y = int(start_x), int(start_y)
        elif gap:
            y += int(gap)
        else:
            left, top = (x + QUIET) * SCALE, (y + QUIET) * SCALE
            y += int(run)
            assert x < modules
            assert y <= modules
            bottom = (y + QUIET) * SCALE
            draw.rectangle((left, top, left + SCALE - 1, bottom - 1), fill=0)
    return image


@pytest.fixture
def read_qr() -> ReadQr:
    """`read_qr(path, modules)` is the text a decoder finds in the code that `path` draws."""

    def read(path: str, modules: int) -> str:
        (found,) = zxingcpp.read_barcodes(_picture(path, modules))
        assert found.format == zxingcpp.BarcodeFormat.QRCode
        return found.text

    return read


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application, with the test inside its context: what is asked may ask the database."""
    with app.app_context():
        yield app
