"""Tables for people who open them in a spreadsheet: nothing acts as a formula, numbers are numbers,
and what only looks like a number stays as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import xlsxwriter

UTF8_MARK = b"\xef\xbb\xbf"
"""By which Excel knows UTF-8."""

_ACTS = ("=", "+", "-", "@", "\t", "\r")
_CHANGED = re.compile(r"[0-9]{11}[0-9]*[Xx]?|0[0-9]+|[0-9]{1,4}([-/][0-9]{1,4}){1,2}", re.ASCII)
"""What a spreadsheet would round, show as 6.4E+17, take zeros from, or take for a day."""


@dataclass(frozen=True, slots=True)
class Text:
    """What stays a text in a workbook and as it is in CSV, whatever it looks like."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Yuan with two places; the unit stands in the header."""

    yuan: Decimal


Value = str | int | Decimal | date | Amount | Text | None


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """RFC 4180 in UTF-8 with its mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([_csv_cell(name) for name in header])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return UTF8_MARK + out.getvalue().encode()


def as_xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> bytes:
    """A workbook of (name, header, rows); a sheet without a header is a column of notes."""
    out = io.BytesIO()
    # What begins like a formula stays a text; nothing is kept in files on the way.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    formats = {
        "bold": book.add_format({"bold": True}),
        "amount": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
    }
    for name, header, rows in sheets:
        sheet = book.add_worksheet(name)
        if header:
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, header, formats["bold"])
            for place, title in enumerate(header):
                sheet.set_column(place, place, max(14, 2 * len(title) + 2))
        else:
            sheet.set_column(0, 0, 80)
        for line, row in enumerate(rows, start=1 if header else 0):
            for place, value in enumerate(row):
                _write_cell(sheet, line, place, value, formats)
    book.close()
    return out.getvalue()


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for one, whatever it begins with."""
    return f"'{text}" if text.lstrip()[:1] in _ACTS or text[:1] in _ACTS else text


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Amount):
        return f"{value.yuan:.2f}"
    if isinstance(value, Text | str):
        text = value.text if isinstance(value, Text) else value
        # A tab in front is not seen, keeps every digit, and is dropped when it is read again.
        return f"\t{text}" if _CHANGED.fullmatch(text) else harmless(text)
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet,
    line: int,
    place: int,
    value: Value,
    formats: dict[str, object],
) -> None:
    if value is None:
        return
    if isinstance(value, Amount):
        # A spreadsheet knows no other numbers; two decimals of so few digits are exact in it.
        sheet.write_number(line, place, float(value.yuan), formats["amount"])
    elif isinstance(value, Text):
        sheet.write_string(line, place, value.text, formats["text"])
    elif isinstance(value, str):
        sheet.write_string(line, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(line, place, value, formats["date"])
    else:
        sheet.write_number(line, place, float(value))
