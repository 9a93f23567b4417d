"""A QR code as a file of its own, for whoever puts it on a poster or a leaflet: SVG and PNG.

Both have the quiet zone and stand 3 cm wide or a little more where they are placed: what a phone
reads from an arm's length.
"""

from __future__ import annotations

import struct
import zlib

from markupsafe import escape

from flexapp.web.qrcodes import QUIET_ZONE, Code

WIDTH_MM = 30
DPI = 600
"""Dots per inch of an office printer, so that printed 3 cm wide the edges stay sharp."""

_DOTS_PER_METRE = round(DPI / 0.0254)


def svg(code: Code, title: str) -> bytes:
    """The code as an SVG document of its own, named by `title` for those who do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{WIDTH_MM}mm"'
        f' viewBox="{code.view_box}" shape-rendering="crispEdges" role="img">'
        f"<title>{escape(title)}</title>"
        f'<path fill="#fff" d="{code.ground}"/><path stroke="#000" d="{code.path}"/></svg>\n'
    ).encode()


def png(code: Code) -> bytes:
    """The code as a black and white PNG, at least `WIDTH_MM` wide at `DPI`.

    Written here because it takes a dozen lines: the format's smallest kind, one bit a dot, needs
    nothing but zlib, and a library for it would be one more to keep up to date.
    """
    scale = -(-round(WIDTH_MM / 25.4 * DPI) // code.side)
    side = code.side * scale
    white = (False,) * code.side
    margin = (False,) * QUIET_ZONE
    modules = (
        *(white,) * QUIET_ZONE,
        *((*margin, *row, *margin) for row in code.rows),
        *(white,) * QUIET_ZONE,
    )
    # Each line begins with the number of its filter: none.
    lines = b"".join((b"\0" + _line(row, scale)) * scale for row in modules)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", _DOTS_PER_METRE, _DOTS_PER_METRE, 1)),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _line(row: tuple[bool, ...], scale: int) -> bytes:
    """One line of dots, eight to a byte, the first in the highest bit; 1 is white."""
    dots = "".join(("0" if dark else "1") * scale for dark in row)
    width = -(-len(dots) // 8)
    return int(dots.ljust(width * 8, "0"), 2).to_bytes(width, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
