"""Reading a file of any supported format into a `Table`, or refusing it with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets import delimited, workbooks
from flexapp.spreadsheets.model import (
    Column,
    Row,
    Sheet,
    Table,
    first_rows,
    simplified,
)

MAX_BYTES = 200 * 1024 * 1024
TOO_LARGE = Refusal("file_large", "文件超过 200 MB，请分成几个文件再导入。")
MAX_ROWS = 1_000_000
HEADER_ROWS = 20
"""The header must be within the first non-blank rows; titles and notes may precede it."""

_AGAIN = "请用 Excel 打开它，另存为 .xlsx 或“CSV UTF-8”后再导入。"
_SIGNATURES = (
    (b"%PDF", "这是 PDF，不是表格。请从原来的表格另存为 .xlsx 或 CSV。"),
    (b"Rar!", "这是压缩包。请解压后导入里面的表格。"),
    (b"7z\xbc\xaf", "这是压缩包。请解压后导入里面的表格。"),
    (b"\x1f\x8b", "这是压缩包。请解压后导入里面的表格。"),
    (b"\x89PNG", "这是图片，不是表格。"),
    (b"\xff\xd8\xff", "这是图片，不是表格。"),
    (b"{\\rtf", f"这是 RTF 文档，不是表格。{_AGAIN}"),
)
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|meta|head|\?xml|div)", re.I)


def read(
    content: bytes, columns: Sequence[Column], *, ignored: Sequence[str] = ()
) -> Table | Refusal:
    """Read the table with these columns, in any order; a refusal names the error of the file.

    `ignored`: known headers that are not read and not reported as `not_read`, such as those of a
    file of refused rows. The caller validates the cells of each row.
    """
    refusal = _refuse_kind(content)
    if refusal is not None:
        return refusal
    if content.startswith(b"PK"):
        sheets = workbooks.read(content)
        if isinstance(sheets, Refusal):
            return sheets
        return _of_sheets(sheets, columns, ignored)
    return _of_text(delimited.decoded(content), columns, ignored)


def _refuse_kind(content: bytes) -> Refusal | None:
    if len(content) > MAX_BYTES:
        return TOO_LARGE
    if not content.strip(b"\0 \t\r\n"):
        return Refusal("file_empty", "文件是空的。")
    for signature, sentence in _SIGNATURES:
        if content.startswith(signature):
            return Refusal("file_kind", sentence)
    if content.startswith(_OLD):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return Refusal(
                "file_locked", "这个 Excel 文件有打开密码。请用 Excel 打开它，去掉密码后另存。"
            )
        return Refusal("file_kind", f"这是旧格式的表格（.xls 或 .et）。{_AGAIN}")
    if _MARKUP.match(content[:1000].lstrip()):
        return Refusal("file_kind", f"这其实是网页或 XML 文件，只是名字像表格。{_AGAIN}")
    return None


def _of_text(text: str, columns: Sequence[Column], ignored: Sequence[str]) -> Table | Refusal:
    lacking: Refusal | None = None
    for separator in delimited.SEPARATORS:
        head: list[Row] = []
        for row in delimited.rows(text[:200_000], separator):
            if isinstance(row, Refusal) or len(head) == HEADER_ROWS:
                break
            if not row.is_blank:
                head.append(row)
        found = _find_header(head, columns)
        if isinstance(found, Refusal):
            # The shortest sentence is that of the separator that finds the most columns.
            if lacking is None or len(found.sentence) < len(lacking.sentence):
                lacking = found
            continue
        rows: list[Row] = []
        for row in delimited.rows(text, separator):
            if isinstance(row, Refusal):
                return row
            if not row.is_blank:
                rows.append(row)
            if len(rows) > MAX_ROWS:
                return Refusal("file_large", "文件超过一百万行，请分成几个文件再导入。")
        return _table("csv", Sheet("", tuple(rows)), found, columns, ignored)
    assert lacking is not None
    return lacking


def _of_sheets(
    sheets: Sequence[Sheet], columns: Sequence[Column], ignored: Sequence[str]
) -> Table | Refusal:
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        return Refusal("file_empty", "这个 Excel 文件里没有内容。")
    lacking: list[Refusal] = []
    fitting: list[tuple[Sheet, Row]] = []
    for sheet in filled:
        found = _find_header(first_rows(sheet.rows, HEADER_ROWS), columns)
        if isinstance(found, Refusal):
            lacking.append(found)
        else:
            fitting.append((sheet, found))
    if not fitting:
        return min(lacking, key=lambda each: len(each.sentence))
    shown = [each for each in fitting if not each[0].hidden]
    if not shown:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in fitting)
        return Refusal("file_hidden", f"要导入的表 {names} 是隐藏的，请取消隐藏、核对后再导入。")
    if len(shown) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in shown)
        return Refusal(
            "file_sheets", f"有几张表都是要导入的样子：{names}。请只留一张，或者分成几个文件。"
        )
    ((sheet, header),) = shown
    others = tuple(each.name for each in filled if each is not sheet)
    return _table("xlsx", sheet, header, columns, ignored, others)


def _find_header(rows: Sequence[Row], columns: Sequence[Column]) -> Row | Refusal:
    """The row that names every column, or a refusal based on the row that names most of them."""
    best: tuple[int, Row] | None = None
    for row in rows:
        places = _places(row, columns)
        if all(places[column.name] for column in columns):
            twice = [column.name for column in columns if len(places[column.name]) > 1]
            if twice:
                return Refusal("file_header", f"有两列都是“{twice[0]}”，请只留一列。")
            return row
        known = sum(map(bool, places.values()))
        if best is None or known > best[0]:
            best = known, row
    if best is None:
        return Refusal("file_empty", "文件里没有内容。")
    known, row = best
    if known == 0:
        names = "、".join(column.name for column in columns)
        return Refusal("file_header", f"没有找到列名。第一行要有这些列名：{names}。")
    places = _places(row, columns)
    missing = [column for column in columns if not places[column.name]]
    headers = {simplified(text): text for text in row.texts}
    for column in missing:
        for unclear, advice in (column.unclear or {}).items():
            if simplified(unclear) in headers:
                return Refusal("file_header", f"缺少列“{column.name}”：{advice}")
    names = "、".join(f"“{column.name}”" for column in missing)
    return Refusal("file_header", f"第 {row.number} 行的列名里缺少{names}。")


def _places(row: Row, columns: Sequence[Column]) -> Mapping[str, list[int]]:
    """The indexes at which each column occurs in a header row: none, one or several.

    An exact match of the name takes precedence over synonyms.
    """
    headers = [simplified(text) for text in row.texts]
    found: dict[str, list[int]] = {}
    for column in columns:
        exact = [n for n, header in enumerate(headers) if header == simplified(column.name)]
        names = {simplified(name) for name in column.synonyms}
        found[column.name] = exact or [n for n, header in enumerate(headers) if header in names]
    return found


def _table(
    form: str,
    sheet: Sheet,
    header: Row,
    columns: Sequence[Column],
    ignored: Sequence[str],
    others: tuple[str, ...] = (),
) -> Table:
    names = tuple(text.strip() for text in header.texts)
    while names and not names[-1]:
        names = names[:-1]
    places = {name: where[0] for name, where in _places(header, columns).items()}
    known = set(places.values())
    set_aside = {simplified(name) for name in ignored}
    return Table(
        form=form,
        header=names,
        places=places,
        rows=tuple(row for row in sheet.rows if row.number > header.number and not row.is_blank),
        sheet=sheet.name if others else "",
        not_read=tuple(
            name
            for place, name in enumerate(names)
            if name and place not in known and simplified(name) not in set_aside
        ),
        unread_sheets=others,
    )
