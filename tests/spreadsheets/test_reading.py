"""A table is found in whatever file people save it in, and what is none is named in a sentence."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets import (
    Cell,
    Column,
    Kind,
    Table,
    Text,
    as_csv,
    as_xlsx,
    read,
    workbooks,
)

COLUMNS = (
    Column("编号"),
    Column("姓名", ("参保人姓名",)),
    Column("月缴费基数", unclear={"缴费基数": "请写成“月缴费基数”。"}),
)
HEADER = ["编号", "姓名", "月缴费基数"]
ROWS = [["A001", "马兰", "3,103.00"], ["A002", "阿依古丽·买买提", "4000"]]


def lines(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


def table(content: bytes | str) -> Table:
    found = read(content.encode() if isinstance(content, str) else content, COLUMNS)
    assert isinstance(found, Table), found
    return found


def texts(found: Table) -> list[list[str]]:
    """The wanted cells of every row."""
    return [[cell.text for cell in found.cells(row)] for row in found.rows]


def refusal(content: bytes | str) -> str:
    found = read(content.encode() if isinstance(content, str) else content, COLUMNS)
    assert isinstance(found, Refusal)
    assert found.sentence.endswith("。")
    return found.sentence


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


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "；", "|"])
def test_every_encoding_and_separator_is_found_by_itself(encoding: str, separator: str) -> None:
    assert texts(table(lines([HEADER, *ROWS], separator).encode(encoding))) == ROWS


def test_a_mark_before_big_endian_text_is_read() -> None:
    assert texts(table(b"\xfe\xff" + lines([HEADER, *ROWS]).encode("utf-16-be"))) == ROWS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(end: str) -> None:
    assert texts(table(end.join(["编号,姓名,月缴费基数", "A001,马兰,4000"]))) == [
        ["A001", "马兰", "4000"]
    ]


def test_blank_rows_and_surplus_empty_columns_are_passed_over() -> None:
    content = lines(
        [
            [],
            ["", "", ""],
            [*HEADER, "", ""],
            [],
            [*ROWS[0], "", ""],
            [" ", "\u3000", "", "", ""],
            [*ROWS[1], ""],
            ["", "", "", "", ""],
        ]
    )
    found = table(content)
    assert texts(found) == ROWS
    assert [found.shape_fault(row) for row in found.rows] == [None, None]
    assert [row.number for row in found.rows] == [5, 7]  # as a spreadsheet counts


def test_columns_stand_in_any_order_with_others_between() -> None:
    content = lines([["备注", "姓名", "", "月缴费基数", "编号"], ["x", "马兰", "", "4000", "A001"]])
    found = table(content)
    assert texts(found) == [["A001", "马兰", "4000"]]
    assert found.not_read == ("备注",)


@pytest.mark.parametrize(
    "name",
    [
        "月缴费基数（元）",
        "月缴费基数(元/月)",
        " 月缴费 基数 ",
        "*月缴费基数",
        "月缴费基数：",
        "'月缴费基数",
    ],
)
def test_a_header_is_known_by_what_it_means(name: str) -> None:
    assert texts(table(lines([["编号", "参保人姓名", name], *ROWS]))) == ROWS


def test_titles_may_stand_above_the_header() -> None:
    above = [["2019年批量核定"], ["填表人：", "王", "2020-01-02"], ["sep=,"]]
    assert texts(table(lines([*above, HEADER, *ROWS]))) == ROWS


def test_a_cell_may_hold_line_breaks_and_quotation_marks() -> None:
    rows = [["A001", '马"兰', "4000"], ["A002", "王建国", "4,000"]]
    content = lines([[*HEADER, "备注"], [*rows[0], "第一行\n第二行"], [*rows[1], ""]])
    found = table(content)
    assert texts(found) == rows
    assert [row.number for row in found.rows] == [2, 3]


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_row() -> None:
    assert "第 3 行的引号没有配对" in refusal('编号,姓名,月缴费基数\nA,甲,1\nB,"乙,2\nC,丙,3\n')


@pytest.mark.parametrize("cell", ['"=""0012"""', "'0012", "\t0012", '"\t0012"'])
def test_what_keeps_a_spreadsheet_from_taking_a_text_for_a_number_is_dropped(cell: str) -> None:
    assert texts(table(f"编号,姓名,月缴费基数\n{cell},马兰,1\n")) == [["0012", "马兰", "1"]]


def test_rows_that_do_not_fit_the_header_are_known_by_it() -> None:
    found = table("编号,姓名,月缴费基数\nA,甲\nB,乙,3,103.00\nC,丙,3\n")
    assert [found.shape_fault(row) for row in found.rows] == [
        "应有 3 列，实有 2 列",
        "应有 3 列，第 4 列还有内容（带逗号的金额要加引号）",
        None,
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf", "没有"),
        (b"\n\n\n", "空的"),
        ("编号,姓名\nA,甲\n", "缺少“月缴费基数”"),
        ("编号,姓名,缴费基数\nA,甲,1\n", "请写成“月缴费基数”"),
        ("编号,姓名,月缴费基数,姓名\n", "两列都是“姓名”"),
        ("A,甲,1\n", "没有找到列名"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "另存为 .xlsx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "密码",
        ),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML"),
        (b"Rar!\x1a\x07", "压缩包"),
        (b"\x89PNG\r\n\x1a\n", "图片"),
        (b"\x01\x02\x03" * 50, "没有找到列名"),
        (b"PK\x03\x04 cut off", "损坏"),
    ],
)
def test_what_is_no_table_is_named(content: bytes | str, says: str) -> None:
    assert says in refusal(content)


# Workbooks.


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


@given(st.binary(max_size=300))
def test_no_bytes_are_answered_with_a_fault(content: bytes) -> None:
    assert isinstance(read(content, COLUMNS), Table | Refusal)


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp"]), max_size=12
)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=5))
def test_what_is_written_as_a_refused_row_is_read_back_as_it_was(
    rows: list[tuple[str, str, str]],
) -> None:
    wanted = [list(row) for row in rows if any(row) and not any(c.startswith("'") for c in row)]
    for content in (
        as_csv(HEADER, [[Text(text) for text in row] for row in wanted]),
        as_xlsx([("表", HEADER, [[Text(text) for text in row] for row in wanted])]),
    ):
        found = read(content, COLUMNS)
        assert isinstance(found, Table)
        assert texts(found) == [
            [text[2:-1] if text.startswith('="') and text[2:-1].isalnum() else text for text in row]
            for row in wanted
        ]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "=cmd|' /C'!A0"]
)
def test_no_cell_that_is_written_acts_as_a_formula(cell: str) -> None:
    (_, (written,)) = csv.reader(io.StringIO(as_csv(["a"], [[cell]]).decode("utf-8-sig")))
    assert written == "'" + cell
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx([("表", ["a"], [[cell]])])))
    assert book["表"]["A2"].data_type == "s"


@pytest.mark.parametrize(
    "cell", ["640104198503120021", "64032419920229002X", "20261124000001640104", "0012", "2019-01"]
)
def test_what_a_spreadsheet_would_change_stays_a_text(cell: str) -> None:
    (_, (written,)) = csv.reader(io.StringIO(as_csv(["a"], [[cell]]).decode("utf-8-sig")))
    assert written == "\t" + cell
