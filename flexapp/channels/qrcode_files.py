"""A QR code as an SVG or PNG file, for posters and leaflets.

Both include the quiet zone and are at least 3 cm wide, which a phone reads from an arm's length.
"""

from __future__ import annotations

import struct
import zlib

from markupsafe import escape

from flexapp.web.qrcodes import QUIET_ZONE, Code

WIDTH_MM = 30
DPI = 600
"""Dots per inch of an office printer: printed 3 cm wide, the edges stay sharp."""

_DOTS_PER_METRE = round(DPI / 0.0254)


def svg(code: Code, title: str) -> bytes:
    """Return the code as an SVG document. `title` is its text for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{WIDTH_MM}mm"'
        f' viewBox="{code.view_box}" shape-rendering="crispEdges" role="img">'
        f"<title>{escape(title)}</title>"
        f'<path fill="#fff" d="{code.ground}"/><path stroke="#000" d="{code.path}"/></svg>\n'
    ).encode()


def png(code: Code) -> bytes:
    """Return the code as a black and white PNG, at least `WIDTH_MM` wide at `DPI`.

    Written here, because the simplest PNG (one bit per pixel) needs a dozen lines and zlib, and a
    library would be one more dependency to update.
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
    # Each row begins with its filter type: 0, none.
    lines = b"".join((b"\0" + _packed_row(row, scale)) * scale for row in modules)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", _DOTS_PER_METRE, _DOTS_PER_METRE, 1)),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _packed_row(row: tuple[bool, ...], scale: int) -> bytes:
    """Pack a row of pixels, eight per byte, the first in the highest bit; 1 is white."""
    dots = "".join(("0" if dark else "1") * scale for dark in row)
    width = -(-len(dots) // 8)
    return int(dots.ljust(width * 8, "0"), 2).to_bytes(width, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
