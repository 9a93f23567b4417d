"""Writing tables for spreadsheet programs.

No text acts as a formula, numbers are stored as numbers, and identifiers that look like numbers
keep their characters.
"""

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
"""The byte order mark by which Excel recognises UTF-8."""

_ACTS = ("=", "+", "-", "@", "\t", "\r")
_CHANGED = re.compile(r"[0-9]{11}[0-9]*[Xx]?|0[0-9]+|[0-9]{1,4}([-/][0-9]{1,4}){1,2}", re.ASCII)
"""Texts that a spreadsheet would round, show as 6.4E+17, strip of zeros, or convert to a date."""


@dataclass(frozen=True, slots=True)
class Text:
    """A value that is text even when it looks like a number or a formula.

    In a workbook the cell has the text format. In CSV it is protected like any other string.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in yuan with two places; the header states the unit."""

    yuan: Decimal


Value = str | int | Decimal | date | Amount | Text | None


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write CSV (RFC 4180) in UTF-8 with a byte order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([_csv_cell(name) for name in header])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return UTF8_MARK + out.getvalue().encode()


def as_xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> bytes:
    """Write a workbook of (name, header, rows); an empty header marks a sheet of notes."""
    out = io.BytesIO()
    # Strings never become formulas or links; no temporary files are written.
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
    """Prefix a text with ' when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip()[:1] in _ACTS or text[:1] in _ACTS else text


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Amount):
        return f"{value.yuan:.2f}"
    if isinstance(value, Text | str):
        text = value.text if isinstance(value, Text) else value
        # A leading tab is invisible, preserves all digits, and is dropped by the reader.
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
        # Spreadsheets store only floats; two decimals of amounts this small are exact in them.
        sheet.write_number(line, place, float(value.yuan), formats["amount"])
    elif isinstance(value, Text):
        sheet.write_string(line, place, value.text, formats["text"])
    elif isinstance(value, str):
        sheet.write_string(line, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(line, place, value, formats["date"])
    else:
        sheet.write_number(line, place, float(value))
