"""QR codes as small SVG paths.

A page shows a dozen of them, so they are made to compress well: all have the same size and the same
mask, so that equal text in front gives equal modules, and each path runs down the columns, the way
QR data lies. The second code of a page then repeats most of the first one's path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]
from qrcode.main import QRCode  # type: ignore[import-untyped]

QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004)."""

PIXELS_PER_MODULE = 3
"""CSS pixels: a whole number keeps the edges sharp, and three make 111 px of most addresses."""


@dataclass(frozen=True, slots=True)
class Code:
    """One QR code. `modules`: its width without the quiet zone; `rows`: which of them are dark.

    `path`: SVG path data of vertical strokes, one unit wide, whose columns lie at x = 0, 1, 2 …
    and whose modules are one unit high from y = 0.
    """

    modules: int
    path: str
    rows: tuple[tuple[bool, ...], ...] = field(repr=False)

    @property
    def side(self) -> int:
        """Width and height with the quiet zone, in modules."""
        return self.modules + 2 * QUIET_ZONE

    @property
    def pixels(self) -> int:
        """Width and height with the quiet zone, in CSS pixels."""
        return self.side * PIXELS_PER_MODULE

    @property
    def view_box(self) -> str:
        """The `viewBox` that shows `path` with its quiet zone; strokes are centred on x."""
        return f"{-QUIET_ZONE - 0.5} {-QUIET_ZONE} {self.side} {self.side}"

    @property
    def ground(self) -> str:
        """Path data of the white square behind it: scanners need it on any background."""
        return f"M{-QUIET_ZONE - 0.5} {-QUIET_ZONE}h{self.side}v{self.side}h-{self.side}z"


def draw(texts: Sequence[str]) -> tuple[Code, ...]:
    """One code for each text, all of one size and mask, at error correction M (15 %).

    `ValueError` when there is no text or one is too long for a QR code.
    """
    if not texts:
        raise ValueError("no text to draw")
    # `fit` raises the version as far as the text needs; the largest need decides for all.
    version = max(_code(text).version for text in texts)
    # Any mask can be read; the one that suits the first text is as good as another for the rest.
    mask = _code(texts[0], version).best_mask_pattern()
    return tuple(_drawn(_code(text, version, mask).get_matrix()) for text in texts)


def _code(text: str, version: int | None = None, mask: int | None = None) -> QRCode:
    code = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    # One segment, never split by kinds of characters: equal beginnings stay equal in every code.
    code.add_data(text, optimize=0)
    code.make(fit=version is None)
    return code


def _drawn(matrix: Sequence[Sequence[bool | None]]) -> Code:
    rows = tuple(tuple(map(bool, row)) for row in matrix)
    columns = enumerate(zip(*rows, strict=True))
    return Code(len(rows), "".join(_column(x, column) for x, column in columns), rows)


def _column(x: int, dark: Sequence[bool]) -> str:
    """Absolute at its first dark run, then `m` over what is white and `v` down what is dark."""
    path, pen = "", None
    y = 0
    while y < len(dark):
        start = y
        while y < len(dark) and dark[y]:
            y += 1
        if y > start:
            path += f"M{x} {start}" if pen is None else f"m0 {start - pen}"
            path += f"v{y - start}"
            pen = y
        y += 1
    return path
