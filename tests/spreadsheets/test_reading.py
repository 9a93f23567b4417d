"""A table is found in whatever file people save it in, and what is none is named in a sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets import (
    Column,
    Table,
    Text,
    as_csv,
    as_xlsx,
    read,
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
