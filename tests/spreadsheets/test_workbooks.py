"""Workbooks (.xlsx) as Excel and other programs save them: what is read, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets import (
    Cell,
    Kind,
    Table,
    Text,
    as_xlsx,
    read,
    workbooks,
)
from tests.spreadsheets.test_reading import COLUMNS, HEADER, ROWS, refusal, table, texts


def workbook(fill: Callable[[xlsxwriter.Workbook], object], **options: object) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    fill(book)
    book.close()
    return out.getvalue()


def sheet_of(book: xlsxwriter.Workbook, name: str, rows: Sequence[Sequence[object]]) -> Any:
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    return sheet


def test_a_workbook_is_read_with_what_each_cell_was_kept_as() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = sheet_of(book, "表", [["编号", "姓名", "月缴费基数"]])
        day = book.add_format({"num_format": "mmm-yy"})
        zeros = book.add_format({"num_format": "000000"})
        cells = [
            ("write_string", "640104198503120021", None),
            ("write_number", 640104198503120021, None),
            ("write_number", 640104, None),
            ("write_number", 7447.2, None),
            ("write_number", 0.1 + 0.2, None),
            ("write_number", 42, zeros),
            ("write_datetime", dt.datetime(2019, 1, 1), day),
            ("write_datetime", dt.datetime(2019, 1, 1, 8, 30), day),
            ("write_boolean", True, None),
            ("write_string", " 有空格 ", None),
        ]
        for line, (method, value, how) in enumerate(cells, start=1):
            getattr(sheet, method)(line, 0, value, how)
            sheet.write_string(line, 1, "甲")
        sheet.write_formula(11, 0, "=1+1", None, 2)
        sheet.write_formula(12, 0, "=1/0", None, "#DIV/0!")

    found = table(workbook(fill))
    assert [found.cells(row)[0] for row in found.rows] == [
        Cell("640104198503120021", Kind.TEXT),
        Cell("6.40104198503120E+17", Kind.NUMBER),
        Cell("640104", Kind.NUMBER),
        Cell("7447.2", Kind.NUMBER),
        Cell("0.3", Kind.NUMBER),
        Cell("000042", Kind.NUMBER),
        Cell("2019-01-01", Kind.DATE),
        Cell("2019-01-01 08:30:00", Kind.DATE),
        Cell("TRUE", Kind.LOGICAL),
        Cell("有空格", Kind.TEXT),
        Cell("2", Kind.NUMBER),
        Cell("#DIV/0!", Kind.FAULT),
    ]
    assert found.form == "xlsx"
    assert found.cells(found.rows[0])[2] == Cell("", Kind.EMPTY)


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = sheet_of(book, "表", [HEADER])
        sheet.write_datetime(1, 0, dt.datetime(2019, 3, 1), book.add_format({"num_format": 14}))

    found = table(workbook(fill, date_1904=True))
    assert found.cells(found.rows[0])[0] == Cell("2019-03-01", Kind.DATE)


def test_merged_cells_hold_something_once() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = sheet_of(book, "表", [HEADER])
        sheet.merge_range(1, 1, 2, 1, "马兰")
        for line in (1, 2):
            sheet.write(line, 0, f"A00{line}")

    assert [row[1] for row in texts(table(workbook(fill)))] == ["马兰", ""]


def test_the_sheet_with_the_columns_is_read_and_the_others_are_named() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet_of(book, "说明", [["怎么填"]])
        sheet_of(book, "数据", [["批量核定"], HEADER, *ROWS])
        sheet_of(book, "旧数据", [HEADER, ["B001", "旧", "1"]]).hide()
        book.add_worksheet("空")

    found = table(workbook(fill))
    assert texts(found) == ROWS
    assert found.sheet == "数据"
    assert found.unread_sheets == ("说明", "旧数据")


def test_two_sheets_that_fit_are_not_chosen_between() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        for name in ("一月", "二月"):
            sheet_of(book, name, [HEADER, *ROWS])

    said = refusal(workbook(fill))
    assert "“一月”、“二月”" in said


def test_a_hidden_sheet_is_not_read_behind_peoples_backs() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet_of(book, "说明", [["怎么填"]])
        sheet_of(book, "数据", [HEADER, *ROWS]).hide()

    assert "“数据” 是隐藏的" in refusal(workbook(fill))


def test_an_empty_workbook_and_one_without_the_columns_are_named() -> None:
    assert "没有内容" in refusal(workbook(lambda book: book.add_worksheet("空")))
    without = workbook(lambda book: sheet_of(book, "表", [["编号", "姓名"], ["A", "甲"]]))
    assert "缺少“月缴费基数”" in refusal(without)


def test_a_row_far_below_is_found_and_one_far_to_the_right_refused() -> None:
    def below(book: xlsxwriter.Workbook) -> None:
        sheet_of(book, "表", [HEADER]).write_row(70_000, 0, ROWS[0])

    def right(book: xlsxwriter.Workbook) -> None:
        sheet_of(book, "表", [HEADER, ROWS[0]]).write(1, 16_000, "x")

    (row,) = table(workbook(below)).rows
    assert row.number == 70_001
    assert "第 2 行" in refusal(workbook(right))


def archive(parts: dict[str, bytes], base: bytes | None = None) -> bytes:
    """A zip of these parts, over those of a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        if base is not None:
            with zipfile.ZipFile(io.BytesIO(base)) as old:
                for name in old.namelist():
                    if name not in parts:
                        written.writestr(name, old.read(name))
        for name, content in parts.items():
            written.writestr(name, content)
    return out.getvalue()


GOOD = as_xlsx([("表", HEADER, [[Text(text) for text in row] for row in ROWS])])


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 30) for n in range(1, 9))
    + b"]><worksheet><sheetData><row><c t='str'><v>&a8;</v></c></row></sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (archive({"a.csv": b"x"}), "解压"),
        (archive({"content.xml": b"x", "mimetype": b"x"}), ".ods"),
        (archive({"xl/workbook.bin": b"x"}), ".xlsb"),
        (archive({"word/document.xml": b"x"}), "Word"),
        (archive({"Index/Document.iwa": b"x"}), "Numbers"),
        (archive({"xl/workbook.xml": b"<broken"}), "损坏"),
        (archive({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}, GOOD), "损坏"),
        (archive({"xl/sharedStrings.xml": b""}, GOOD), "损坏"),
        (archive({"xl/styles.xml": b"<x/>"}, GOOD)[:-30], "损坏"),
        (archive({"xl/worksheets/sheet1.xml": BOMB}, GOOD), "损坏"),
    ],
)
def test_an_archive_that_is_no_workbook_is_named(content: bytes, says: str) -> None:
    assert says in refusal(content)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 10_000_000)
    small = archive({"xl/media/image1.png": b"\0" * 11_000_000}, GOOD)
    assert len(small) < 100_000
    assert "太大" in refusal(small)


def test_more_rows_than_may_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_ROWS", 2)
    assert "分成几个文件" in refusal(GOOD)


def padded(rows: str) -> bytes:
    """A good workbook with these rows below its own."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good:
        sheet = good.read("xl/worksheets/sheet1.xml")
    more = sheet.replace(b"</sheetData>", f"{rows}</sheetData>".encode())
    assert more != sheet
    return archive({"xl/worksheets/sheet1.xml": more}, GOOD)


def test_empty_rows_count_as_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    far = padded('<row r="40"/>')
    assert texts(table(far)) == ROWS
    monkeypatch.setattr(workbooks, "MAX_ROWS", 39)
    assert "分成几个文件" in refusal(far)


def test_what_comes_after_too_many_empty_rows_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "MAX_ROWS", 39)
    taken: list[int] = []

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(100):
            taken.append(number)
            yield ()

    assert workbooks._rows(rows()) == workbooks.TOO_LARGE
    assert len(taken) == 40


def test_the_empty_cells_before_one_far_to_the_right_count_as_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = padded('<row r="4"><c r="ZZ4"/></row><row r="5"><c r="ZZ5"/></row>')
    assert texts(table(wide)) == ROWS
    monkeypatch.setattr(workbooks, "MAX_CELLS", 1000)
    assert "分成几个文件" in refusal(wide)


@given(st.data())
def test_no_damage_to_a_workbook_is_answered_with_a_fault(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD) - 1))
    cut = data.draw(st.integers(0, 20))
    content = GOOD[:place] + data.draw(st.binary(max_size=6)) + GOOD[place + cut :]
    assert isinstance(read(content, COLUMNS), Table | Refusal)
