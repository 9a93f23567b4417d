"""QR codes as small SVG paths.

A page may show a dozen codes, so they are built to compress well. All have the same size and the
same mask, so that a common text prefix results in the same modules. Each path runs down the
columns, the direction of QR data. The second code of a page then repeats most of the first path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]
from qrcode.main import QRCode  # type: ignore[import-untyped]

QUIET_ZONE = 4
"""Width of the white margin around the code, in modules (ISO/IEC 18004)."""

PIXELS_PER_MODULE = 3
"""CSS pixels of one module. A whole number keeps edges sharp; 3 makes most URLs 111 px wide."""


@dataclass(frozen=True, slots=True)
class Code:
    """One QR code. `modules`: width without the quiet zone; `rows`: True for each dark module.

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
        """Path data of the white square behind the code, which scanners need on any background."""
        return f"M{-QUIET_ZONE - 0.5} {-QUIET_ZONE}h{self.side}v{self.side}h-{self.side}z"


def draw(texts: Sequence[str]) -> tuple[Code, ...]:
    """One code for each text, all of the same size and mask, with error correction M (15 %).

    `ValueError` if there is no text or one is too long for a QR code.
    """
    if not texts:
        raise ValueError("no text to draw")
    # `fit` selects the smallest version (size) for a text; all codes use the largest of these.
    version = max(_code(text).version for text in texts)
    # Scanners can read any mask, so the best mask for the first text is used for all.
    mask = _code(texts[0], version).best_mask_pattern()
    return tuple(_drawn(_code(text, version, mask).get_matrix()) for text in texts)


def _code(text: str, version: int | None = None, mask: int | None = None) -> QRCode:
    code = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    # One segment, not split by character class, so that equal prefixes are encoded equally.
    code.add_data(text, optimize=0)
    code.make(fit=version is None)
    return code


def _drawn(matrix: Sequence[Sequence[bool | None]]) -> Code:
    rows = tuple(tuple(map(bool, row)) for row in matrix)
    columns = enumerate(zip(*rows, strict=True))
    return Code(len(rows), "".join(_column(x, column) for x, column in columns), rows)


def _column(x: int, dark: Sequence[bool]) -> str:
    """Path data of one column: absolute at the first dark run, then relative.

    `m` moves over white modules, `v` draws down dark ones.
    """
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
