"""Files of old batch assessments as people save them: taken in, or refused row by row in a file
that is corrected and imported again."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from flask import Flask

from flexapp.assessment import batch
from flexapp.assessment.batch_rows import HEADER
from flexapp.office import batch_cli, batch_files
from tests.office.test_batch import (
    GOOD,
    UNPAID,
    changed,
    run,
    take,
)
from tests.support.database import execute, rows, stored

SECOND, THIRD = list(batch_files.sample(3))[1:]


def lines(data: Sequence[Sequence[object]], separator: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(data)
    return out.getvalue()


def save(path: Path, data: Sequence[Sequence[object]], **how: str) -> Path:
    path.write_bytes(
        lines(data, how.get("separator", ",")).encode(how.get("encoding", "utf-8-sig"))
    )
    return path


def book(path: Path, data: Sequence[Sequence[object]], name: str = "批量核定") -> Path:
    made = xlsxwriter.Workbook(path)
    day = made.add_format({"num_format": "yyyy/m/d"})
    sheet = made.add_worksheet(name)
    for line, row in enumerate(data):
        for place, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write_datetime(line, place, value, day)
            else:
                sheet.write(line, place, value)
    made.close()
    return path


def refused_csv(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.name}.refused.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            {name: text.removeprefix("\t") for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def refused_xlsx(path: Path) -> list[dict[str, object]]:
    found = openpyxl.load_workbook(path.with_name(f"{path.name}.refused.xlsx")).active
    assert found is not None
    header, *data = found.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in data]


def correct_csv(path: Path, **cells: str) -> Path:
    """The refused rows with these cells corrected, saved again as Excel does here."""
    found = refused_csv(path)
    data = [list(row | cells) for row in found[:1]]
    data += [list((row | cells).values()) for row in found]
    return save(path.with_name("corrected.csv"), data, encoding="gb18030")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_taken_in_however_it_was_saved(
    app: Flask, tmp_path: Path, encoding: str, separator: str
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, GOOD, SECOND], encoding=encoding, separator=separator)
    assert "2 rows taken in, 0 refused" in take(app, path)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("缴费开始年月", "2019/1"),
        ("缴费开始年月", "2019年1月"),
        ("缴费开始年月", "Jan-19"),
        ("缴费开始年月", "2019/1/1"),
        ("缴费开始年月", "201901"),
        ("缴费结束年月", "2019-01-31"),
        ("核定日期", "2019/3/1"),
        ("核定日期", "2019年3月1日"),
        ("核定日期", "1-Mar-19"),
        ("月缴费基数", " ¥3,103.00 "),
        ("缴费总额", "６２０．６０元"),
        ("参保地区代码", "兴庆区"),
        ("是否缴费", "已缴费"),
        ("身份证号", f'="{GOOD[2]}"'),
        ("身份证号", f"'{GOOD[2]}"),
        ("身份证号", f"\t{GOOD[2]}"),
        ("姓名", f" {GOOD[1]}\n"),
        ("批量核定编号", "ＰＬ２０１９－００"),
        ("批量核定编号", "12-ABC"),
    ],
)
def test_a_cell_is_read_as_people_and_spreadsheets_write_it(
    app: Flask, tmp_path: Path, column: str, text: str
) -> None:
    row = [text if name == column else cell for name, cell in zip(HEADER, GOOD, strict=True)]
    assert "1 rows taken in, 0 refused" in take(app, save(tmp_path / "f.csv", [HEADER, row]))
    assert rows(app, "SELECT start_month, end_month, total, division FROM assessment") == [
        ("2019-01", "2019-01", 62060, "640104")
    ]


def test_columns_in_another_order_with_blank_rows_and_more_columns(
    app: Flask, tmp_path: Path
) -> None:
    data = [
        ["2019年批量核定", *[""] * 11],
        [*reversed(HEADER), "", "备注"],
        [*reversed(GOOD), "", "迁入"],
        [""] * 12,
        [" "] * 3,
        [*reversed(SECOND), "", ""],
    ]
    said = take(app, save(tmp_path / "f.csv", data))
    assert "2 rows taken in, 0 refused" in said
    assert "columns that are not read: 备注" in said


def test_a_workbook_is_taken_in_with_numbers_and_days_as_it_keeps_them(
    app: Flask, tmp_path: Path
) -> None:
    row = [
        *GOOD[:3],
        640104,
        dt.date(2019, 1, 1),
        dt.date(2019, 1, 31),
        3103,
        620.6,
        dt.date(2019, 3, 1),
        "是",
    ]
    path = book(tmp_path / "f.xlsx", [HEADER, row])
    assert "1 rows taken in, 0 refused" in take(app, path)
    assert rows(app, "SELECT start_month, end_month, total FROM assessment") == [
        ("2019-01", "2019-01", 62060)
    ]


def test_a_sample_can_be_a_workbook_too(app: Flask, tmp_path: Path) -> None:
    run(app, "sample", 24, tmp_path / "f.xlsx")
    assert "24 rows taken in, 0 refused" in take(app, tmp_path / "f.xlsx")


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("身份证号", 640104198503120021, "科学计数法"),
        ("身份证号", "6.40104E+17", "科学计数法"),
        ("批量核定编号", 123456789012345678, "科学计数法"),
        ("批量核定编号", dt.date(2019, 1, 2), "变成了日期"),
        ("批量核定编号", "Jan-19", "变成了日期"),
        ("批量核定编号", "12-Jan", "变成了日期"),
        ("缴费开始年月", 43466, "日期序号（大概是 2019-01-01）"),
        ("缴费开始年月", 2019.1, "10 月"),
        ("缴费开始年月", "19-Jan", "哪一年"),
        ("核定日期", "3/4/2019", "哪个是月"),
        ("姓名", None, "合并的单元格要拆开"),
        ("缴费总额", "=1/0", "错误值"),
    ],
)
def test_what_a_spreadsheet_has_spoiled_is_named_and_never_guessed(
    app: Flask, tmp_path: Path, column: str, cell: object, says: str
) -> None:
    row = [cell if name == column else text for name, text in zip(HEADER, GOOD, strict=True)]
    path = tmp_path / "f.xlsx"
    made = xlsxwriter.Workbook(path)
    sheet = made.add_worksheet()
    day = made.add_format({"num_format": 14})
    for place, name in enumerate(HEADER):
        sheet.write(0, place, name)
        value = row[place]
        if isinstance(value, dt.date):
            sheet.write_datetime(1, place, value, day)
        elif value == "=1/0":
            sheet.write_formula(1, place, value, None, "#DIV/0!")
        else:
            sheet.write(1, place, value)
    made.close()
    assert "0 rows taken in, 1 refused" in take(app, path)
    (told,) = refused_xlsx(path)
    assert says in str(told["不能导入的原因"])
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]


def test_an_id_number_that_may_have_been_rounded_is_refused_in_csv_and_believed_as_text(
    app: Flask, tmp_path: Path
) -> None:
    # Its check digit is right, as it is by chance for one in eleven that were rounded.
    candidates = (f"640104191001{day:02d}{order}000" for day in range(1, 29) for order in range(10))
    rounded = next(number for number in candidates if _is_well_formed(number))
    row = changed(identity=rounded)
    path = save(tmp_path / "f.csv", [HEADER, row])
    assert "0 rows taken in, 1 refused" in take(app, path)
    assert "只保留 15 位" in refused_csv(path)[0]["不能导入的原因"]
    assert "1 rows taken in, 0 refused" in take(app, book(tmp_path / "f.xlsx", [HEADER, row]))


def _is_well_formed(number: str) -> bool:
    total = sum(int(d) * w for d, w in zip(number, batch_files.WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1]


def test_an_id_number_of_15_digits_is_not_converted_behind_peoples_backs(
    app: Flask, tmp_path: Path
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, changed(identity="640104850312002")])
    assert "0 rows taken in, 1 refused" in take(app, path)
    (told,) = refused_csv(path)
    assert "只有 15 位" in told["不能导入的原因"]
    assert "换算出来是 640104198503120028" in told["不能导入的原因"]
    ((kept,),) = rows(app, "SELECT reason FROM batch_refusal")
    assert "1985" not in str(kept)  # nothing of the row is in the database


@pytest.mark.parametrize(
    ("name", "stored_as"),
    [
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("⻢兰", "马兰"),
        ("O’BRIEN MARY", "O'BRIEN MARY"),
    ],
)
def test_names_go_through_the_one_normaliser(
    app: Flask, tmp_path: Path, name: str, stored_as: str
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, changed(name=name)])
    assert "1 rows taken in, 0 refused" in take(app, path)
    again = save(tmp_path / "g.csv", [HEADER, changed(name=stored_as)])
    assert "1 rows were in already" in take(app, again)


def test_refused_rows_are_written_as_they_were_with_every_reason(
    app: Flask, tmp_path: Path
) -> None:
    bad = changed(start="Q1", base="x", name='=cmd"甲')
    data = [[*HEADER, "备注"], [*GOOD, ""], [], [*bad, "电话联系过"]]
    path = save(tmp_path / "f.csv", data)
    take(app, path)
    (told,) = refused_csv(path)
    assert told.pop("原行号") == "4"
    reasons = told.pop("不能导入的原因").split("；")
    assert len(reasons) == 3
    assert told["姓名"] == "'=cmd\"甲"  # which no spreadsheet runs
    assert list(told.values()) == [bad[0], "'=cmd\"甲", *bad[2:], "电话联系过"]
    raw = (tmp_path / "f.csv.refused.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") == 2
    assert f'"\t{GOOD[2]}"'.encode() in raw  # 18 digits that Excel leaves alone


def test_the_corrected_file_is_imported_and_its_own_columns_are_passed_over(
    app: Flask, tmp_path: Path
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, GOOD, (*SECOND[:4], "Q1", *SECOND[5:])])
    assert "1 rows taken in, 1 refused" in take(app, path)
    corrected = correct_csv(path, 缴费开始年月="2019/1")
    said = take(app, corrected)
    assert "1 rows taken in, 0 refused" in said
    assert "columns that are not read" not in said
    assert rows(app, "SELECT count(*) FROM batch_row") == [(2,)]


def test_what_is_still_wrong_is_refused_again_with_the_new_reason_alone(
    app: Flask, tmp_path: Path
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, changed(start="Q1", name="")])
    take(app, path)
    corrected = correct_csv(path, 缴费开始年月="2019-01")
    take(app, corrected)
    (told,) = refused_csv(corrected)
    assert told["不能导入的原因"] == "姓名没有填"
    assert list(told) == [*HEADER, "不能导入的原因", "原行号"]


def test_a_workbook_is_corrected_and_imported_as_a_workbook(app: Flask, tmp_path: Path) -> None:
    path = book(tmp_path / "f.xlsx", [HEADER, GOOD, (*SECOND[:4], "Q1", *SECOND[5:])])
    take(app, path)
    again = path.with_name("f.xlsx.refused.xlsx")
    opened = openpyxl.load_workbook(again)
    sheet = opened.active
    assert sheet is not None
    assert sheet["C2"].value == SECOND[2]
    assert sheet["C2"].number_format == "@"  # what is typed there stays a text
    sheet["E2"].value = dt.date(2019, 1, 1)
    opened.save(again)
    assert "1 rows taken in, 0 refused" in take(app, again)


def test_a_row_shorter_or_longer_than_the_header_can_be_corrected_too(
    app: Flask, tmp_path: Path
) -> None:
    text = lines([HEADER, GOOD]) + ",".join((*SECOND[:6], "3,104.00", *SECOND[7:])) + "\r\n"
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    assert "1 rows taken in, 1 refused" in take(app, path)
    content = (tmp_path / "f.csv.refused.csv").read_bytes().decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(content, newline=""))
    assert "第 11 列还有内容" in row[header.index("不能导入的原因")]
    # What stood beyond the columns still does; the two halves of the amount are put together.
    corrected = [*row[:6], "3,104.00", *row[8:10], row[12], "", ""]
    path = save(tmp_path / "corrected.csv", [header, corrected])
    assert "1 rows taken in, 0 refused" in take(app, path)


def test_the_whole_file_corrected_takes_in_what_was_missing_and_leaves_the_rest(
    app: Flask, tmp_path: Path
) -> None:
    save(tmp_path / "f.csv", [HEADER, GOOD, changed(start="Q1"), UNPAID])
    save(tmp_path / "g.csv", [HEADER, GOOD, SECOND, THIRD])
    take(app, tmp_path / "f.csv")
    before = rows(app, "SELECT serial FROM assessment")
    said = take(app, tmp_path / "g.csv")
    assert "2 rows taken in, 0 refused" in said
    assert "1 rows were in already" in said
    assert rows(app, "SELECT serial FROM assessment ORDER BY id")[:1] == before
    after = stored(app)
    assert "2 rows taken in, 0 refused" in take(app, tmp_path / "g.csv")
    assert stored(app) == after


@pytest.mark.parametrize(
    "other",
    [
        {"end": "2019-02", "total": "1241.20"},
        {"base": "3104", "total": "620.80"},
        {"area": "640105"},
        {"identity": SECOND[2]},
    ],
)
def test_a_number_that_is_known_with_something_else_is_refused(
    app: Flask, tmp_path: Path, other: dict[str, str]
) -> None:
    take(app, save(tmp_path / "f.csv", [HEADER, GOOD]))
    path = save(tmp_path / "g.csv", [HEADER, changed(**other)])
    take(app, path)
    assert "编号重复，前面已有一笔不同的" in refused_csv(path)[0]["不能导入的原因"]


def test_what_was_paid_since_is_the_same_row_and_what_is_called_paid_and_is_not_is_another(
    app: Flask, tmp_path: Path
) -> None:
    take(app, save(tmp_path / "f.csv", [HEADER, UNPAID]))
    paid = save(tmp_path / "g.csv", [HEADER, GOOD])
    take(app, paid)
    assert "编号重复" in refused_csv(paid)[0]["不能导入的原因"]
    execute(app, "UPDATE assessment SET state = 'paid'")
    save(tmp_path / "h.csv", [HEADER, UNPAID, ["", ""]])
    assert "1 rows were in already" in take(app, tmp_path / "h.csv")


def test_rows_counted_otherwise_than_before_are_not_gone_on_with(
    app: Flask, tmp_path: Path
) -> None:
    path = save(tmp_path / "f.csv", [HEADER, GOOD, SECOND])
    take(app, path)
    execute(app, "UPDATE batch_import SET total = 9")
    assert "另存一份再导入" in take(app, path, code=1)


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        b"PK\x03\x04",
        b"",
        lines([[*HEADER[:6], "缴费基数", *HEADER[7:]], GOOD]).encode(),
        lines([[*HEADER, "姓名"], GOOD]).encode(),
        (lines([HEADER, GOOD]) + '"A').encode(),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused_with_a_sentence(
    app: Flask, tmp_path: Path, content: bytes
) -> None:
    before = stored(app)
    (tmp_path / "f.csv").write_bytes(content)
    said = take(app, tmp_path / "f.csv", code=1).strip()
    assert said.endswith("。")
    assert stored(app) == before


def test_stopped_in_the_middle_a_workbook_goes_on(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_cli, "CHUNK", 4)
    run(app, "sample", 12, tmp_path / "f.xlsx")
    real, calls = batch.take, []

    def dying(**given: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "take", dying)
    take(app, tmp_path / "f.xlsx", code=1)
    assert rows(app, "SELECT count(*) FROM assessment") == [(4,)]
    assert "12 rows taken in, 0 refused" in take(app, tmp_path / "f.xlsx")
    assert rows(app, "SELECT count(*) FROM assessment") == [(12,)]
