"""Decodes QR codes from the SVG paths that pages contain."""

from __future__ import annotations

import re

import zxingcpp
from PIL import Image, ImageDraw

SCALE = 4
QUIET = 4
STEP = re.compile(r"M(\d+) (\d+)|m0 (\d+)|v(\d+)")


def _picture(path: str, modules: int) -> Image.Image:
    """Draw the QR code of an SVG path with a quiet zone; fails on unknown path commands."""
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


def read_code(path: str, modules: int) -> str:
    """Return the text that a decoder reads from the QR code drawn by `path`."""
    (found,) = zxingcpp.read_barcodes(_picture(path, modules))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return str(found.text)
