"""What a table in a file is, whatever kind of file it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.text import normalise


class Kind(StrEnum):
    """What a cell was kept as. CSV does not say: there everything is UNKNOWN."""

    UNKNOWN = "?"
    TEXT = "t"
    NUMBER = "n"
    DATE = "d"
    LOGICAL = "b"
    FAULT = "e"
    EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as text: numbers with up to 15 digits as they are, longer ones as 6.40104E+17."""

    text: str
    kind: Kind = Kind.UNKNOWN

    @property
    def is_text(self) -> bool:
        """Whether its characters are certainly those that were typed."""
        return self.kind is Kind.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet. `number` as a spreadsheet counts, from 1; `kinds` empty: all unknown."""

    number: int
    texts: tuple[str, ...]
    kinds: str = ""

    def cell(self, place: int) -> Cell:
        """The cell of a column; an empty one where the row is shorter."""
        if place >= len(self.texts):
            return Cell("", Kind.EMPTY)
        kind = Kind(self.kinds[place]) if self.kinds else Kind.UNKNOWN
        return Cell(self.texts[place], kind)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it but spaces."""
        return not any(map(str.strip, self.texts))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file, its rows in order. `hidden` ones are not looked at by people."""

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is wanted: its name, and other headers that mean just this.

    `unclear`: headers that look like it and could mean something else, each with what to write.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    unclear: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows under the header that was looked for.

    `header`: as it stands in the file, `places`: where each wanted column stands in it. `form`:
    "csv" or "xlsx"; `sheet`: which one was read, empty where there is only one; `not_read`: headers
    of further columns; `unread_sheets`: sheets that hold something and were not read.
    """

    form: str
    header: tuple[str, ...]
    places: Mapping[str, int]
    rows: tuple[Row, ...]
    sheet: str = ""
    not_read: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()

    def cells(self, row: Row) -> tuple[Cell, ...]:
        """The wanted cells of a row, in the order in which the columns were asked for."""
        return tuple(row.cell(place) for place in self.places.values())

    def shape_fault(self, row: Row) -> str | None:
        """Why a row does not fit the header: too short, or with something beyond its columns."""
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


LONGEST_HEADER = 200
"""Characters of a cell that are looked at for the name of a column."""


def simplified(header: str) -> str:
    """A header without what does not change its meaning: width, spaces, brackets, stars, colons."""
    header = header[:LONGEST_HEADER]  # none that is known is longer, and a cell may hold a book
    plain = re.sub(r"[(\[<][^)\]>]*[)\]>]", "", normalise(header).strip("'"))
    return re.sub(r"[\s*:_]", "", plain).casefold()


def first_rows(rows: Iterable[Row], number: int) -> list[Row]:
    """Some rows from the top that are not blank."""
    found: list[Row] = []
    for row in rows:
        if len(found) == number:
            break
        if not row.is_blank:
            found.append(row)
    return found
