"""The data model of tables in files, independent of the file format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.text import normalise


class Kind(StrEnum):
    """The data type stored in a cell. CSV has no types: all its cells are UNKNOWN."""

    UNKNOWN = "?"
    TEXT = "t"
    NUMBER = "n"
    DATE = "d"
    LOGICAL = "b"
    FAULT = "e"
    EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as text. Numbers of up to 15 digits are exact, longer ones like 6.40104E+17."""

    text: str
    kind: Kind = Kind.UNKNOWN

    @property
    def is_text(self) -> bool:
        """Whether the cell is stored as text, so that its characters are those that were typed."""
        return self.kind is Kind.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet.

    `number`: the row number of the spreadsheet, from 1. `kinds`: one `Kind` character per cell;
    empty when all are unknown.
    """

    number: int
    texts: tuple[str, ...]
    kinds: str = ""

    def cell(self, place: int) -> Cell:
        """The cell at index `place`; an empty cell when the row is shorter."""
        if place >= len(self.texts):
            return Cell("", Kind.EMPTY)
        kind = Kind(self.kinds[place]) if self.kinds else Kind.UNKNOWN
        return Cell(self.texts[place], kind)

    @property
    def is_blank(self) -> bool:
        """Whether all cells are empty or whitespace."""
        return not any(map(str.strip, self.texts))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a file, with its rows in order. `hidden`: the program does not display it."""

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A wanted column: its name, and other headers with exactly the same meaning.

    `unclear`: similar headers that may mean something else, mapped to advice for the user.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    unclear: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The header row with the wanted columns, and the rows below it.

    `form`: "csv" or "xlsx". `header`: the headers in the file. `places`: the index of each wanted
    column in it. `sheet`: the name of the sheet that was read, empty when there is only one.
    `not_read`: headers of other columns. `unread_sheets`: other sheets that are not empty.
    """

    form: str
    header: tuple[str, ...]
    places: Mapping[str, int]
    rows: tuple[Row, ...]
    sheet: str = ""
    not_read: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()

    def cells(self, row: Row) -> tuple[Cell, ...]:
        """The wanted cells of a row, in the order of the wanted columns."""
        return tuple(row.cell(place) for place in self.places.values())

    def shape_fault(self, row: Row) -> str | None:
        """Why a row does not fit the header, as a sentence; `None` when it fits.

        A row is too short, or has content outside the columns of the header.
        """
        held = len(self.header)
        if not row.kinds and len(row.texts) <= max(self.places.values()):
            return f"应有 {held} 列，实有 {len(row.texts)} 列"
        beyond = [
            place + 1
            for place, text in enumerate(row.texts)
            if text.strip() and (place >= held or not self.header[place])
        ]
        if not beyond:
            return None
        return f"应有 {held} 列，第 {beyond[0]} 列还有内容（带逗号的金额要加引号）"


MAX_HEADER = 200
"""Maximum characters of a cell that are compared with column names."""


def simplified(header: str) -> str:
    """A header without insignificant parts, for comparison.

    Removes width differences, spaces, text in brackets, stars, colons, underscores and case.
    """
    header = header[:MAX_HEADER]  # no known header is longer, and a cell may be very long
    plain = re.sub(r"[(\[<][^)\]>]*[)\]>]", "", normalise(header).strip("'"))
    return re.sub(r"[\s*:_]", "", plain).casefold()


def first_rows(rows: Iterable[Row], number: int) -> list[Row]:
    """The first `number` rows that are not blank."""
    found: list[Row] = []
    for row in rows:
        if len(found) == number:
            break
        if not row.is_blank:
            found.append(row)
    return found
