"""The figures as files, the same tables as on the page; nothing of any person is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import xlsxwriter

from flexapp.counter.batch_files import harmless
from flexapp.counter.dashboard_tables import COLUMNS, NOTES, Table


def as_csv(found: tuple[Table, ...]) -> bytes:
    """One table (RFC 4180), UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["分组", "名称", *COLUMNS])
    for table in found:
        for row in table.rows:
            writer.writerow([table.title, harmless(row.name), *row.cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(period: str, found: tuple[Table, ...]) -> bytes:
    """A sheet for each group, numbers as numbers; the last says what is counted."""
    out = io.BytesIO()
    # What begins like a formula stays a text; nothing is kept in files on the way.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    bold = book.add_format({"bold": True})
    for table in found:
        sheet = book.add_worksheet(table.title)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(COLUMNS), 14)
        sheet.write_row(0, 0, [table.head, *COLUMNS], bold)
        for line, row in enumerate(table.rows, start=1):
            sheet.write_row(line, 0, [row.name, *_values(row.cells)])
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, 80)
    sheet.write_column(0, 0, [period, *NOTES])
    book.close()
    return out.getvalue()


def _values(cells: tuple[str, ...]) -> Iterator[str | int | float]:
    for cell in cells:
        if cell.isdecimal():
            yield int(cell)
        elif cell.startswith("¥"):
            # A spreadsheet knows no other numbers; two decimals of so few digits are exact in it.
            yield float(cell.removeprefix("¥"))
        else:
            yield cell
