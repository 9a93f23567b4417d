"""Reading the sheets and cells of workbooks (.xlsx), with limits against decompression bombs."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets.model import (
    Kind,
    Row,
    Sheet,
)

MAX_UNPACKED = 600 * 1024 * 1024
"""Maximum uncompressed bytes of all parts; a workbook of a million rows has fewer."""
MAX_ROWS = 1_048_576
"""Excel's limit, counting empty rows; files saved by people never exceed it."""
MAX_COLUMNS = 200
MAX_CELLS = 25_000_000
"""Maximum cells of a sheet, counting empty ones: the library fills every gap before a cell."""
MAX_CELL = 32_767
"""Excel's limit, in characters."""
EXACT_DIGITS = 15
"""Significant digits of a number that a spreadsheet stores."""

UNREADABLE = Refusal(
    "file_damaged", "这个 Excel 文件已经损坏，读不出来。请用 Excel 打开它，另存为 .xlsx 后再导入。"
)
TOO_LARGE = Refusal("file_large", "这个 Excel 文件展开后太大，请分成几个文件再导入。")
OTHERS = (
    (
        "content.xml",
        "这是 OpenDocument 表格（.ods）。请打开它，另存为 .xlsx 或 CSV（UTF-8）后再导入。",
    ),
    ("xl/workbook.bin", "这是二进制的 Excel 文件（.xlsb）。请用 Excel 打开它，另存为 .xlsx。"),
    ("word/document.xml", "这是 Word 文档，不是表格。请把表格复制到 Excel，另存为 .xlsx。"),
    ("ppt/presentation.xml", "这是演示文稿，不是表格。"),
    ("Index/Document.iwa", "这是 Numbers 表格。请导出为 Excel（.xlsx）或 CSV 后再导入。"),
)


def read(content: bytes) -> tuple[Sheet, ...] | Refusal:
    """Read all sheets of a workbook. Formulas have the values of the time of saving.

    Refusals: file_damaged, file_large, file_locked, file_kind, file_wide.
    """
    refusal = _refuse_archive(content)
    if refusal is not None:
        return refusal
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # Warnings concern parts that are not read here, such as data validation.
            warnings.simplefilter("ignore")
            book = load_workbook(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
            sheets: list[Sheet] = []
            for sheet in book.worksheets:
                # The dimensions stated in a file may be wrong.
                sheet.reset_dimensions()
                found = _rows(sheet.iter_rows())
                if isinstance(found, Refusal):
                    return found
                sheets.append(Sheet(sheet.title, found, sheet.sheet_state != "visible"))
            book.close()
    except MemoryError:
        return TOO_LARGE
    except Exception:
        # The library documents no exceptions for damaged files: archive, XML, missing parts,
        # invalid numbers.
        return UNREADABLE
    return tuple(sheets)


def _refuse_archive(content: bytes) -> Refusal | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return UNREADABLE
    names = {part.filename for part in parts}
    if any(part.flag_bits & 0x1 for part in parts):
        return Refusal("file_locked", "这个压缩包有密码。请去掉密码后再导入。")
    if "xl/workbook.xml" not in names:
        for name, sentence in OTHERS:
            if name in names:
                return Refusal("file_kind", sentence)
        return Refusal("file_kind", "这是压缩包，不是 Excel 文件。请解压后导入里面的表格。")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        return TOO_LARGE
    return None


def _rows(found: Iterable[Iterable[object]]) -> tuple[Row, ...] | Refusal:
    rows: list[Row] = []
    looked_at = 0
    for number, each in enumerate(found, start=1):
        cells = list(each)
        looked_at += len(cells)
        if number > MAX_ROWS or looked_at > MAX_CELLS:
            return TOO_LARGE
        while cells and getattr(cells[-1], "value", None) is None:
            cells.pop()
        texts: list[str] = []
        kinds: list[str] = []
        for cell in cells:
            text, kind = _read(cell)
            texts.append(text)
            kinds.append(kind.value)
        while texts and not texts[-1]:
            texts.pop()
            kinds.pop()
        if len(texts) > MAX_COLUMNS:
            return Refusal(
                "file_wide", f"第 {number} 行有内容的列超过 {MAX_COLUMNS} 列，请删去多余的列。"
            )
        if not texts:
            continue
        rows.append(Row(number, tuple(texts), "".join(kinds)))
    return tuple(rows)


def _read(cell: object) -> tuple[str, Kind]:
    """(the text of a cell as a person reads it, its kind)."""
    value = getattr(cell, "value", None)
    if value is None:
        return "", Kind.EMPTY
    if getattr(cell, "data_type", "") == "e":
        return str(value), Kind.FAULT
    if isinstance(value, str):
        return value[:MAX_CELL].strip(), Kind.TEXT
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE", Kind.LOGICAL
    if isinstance(value, datetime):
        text = value.isoformat(" ") if value.time() != time() else value.date().isoformat()
        return text, Kind.DATE
    if isinstance(value, date | time | timedelta):
        return str(value), Kind.DATE
    if isinstance(value, int | float):
        return _number(value, str(getattr(cell, "number_format", ""))), Kind.NUMBER
    return str(value), Kind.TEXT


def _number(value: float, number_format: str) -> str:
    """Format a number: exact up to 15 digits, padded with the leading zeros of its format.

    Longer numbers are in scientific notation.
    """
    if isinstance(value, int) or value.is_integer():
        digits = str(int(value))
        if len(digits.lstrip("-")) <= EXACT_DIGITS:
            return digits.zfill(len(number_format)) if re.fullmatch("0+", number_format) else digits
        return f"{value:.14E}"
    return f"{value:.15g}".upper()
