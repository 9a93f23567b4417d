"""Old batch assessments: files taken in row by row, and the unpaid ones revoked by the agency."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask

from flexapp.assessment import batch
from flexapp.assessment.batch_rows import HEADER
from flexapp.audit import verification
from flexapp.office import batch_cli, batch_files
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.walks import MA_LAN, assess, revoke, sign_in, transmit, work

GOOD = next(iter(batch_files.sample(1)))
"""A row with nothing wrong: 2019-01, paid."""
UNPAID = (*GOOD[:9], "否")
NUMBER, NAME, IDENTITY, AREA, START, END, BASE, TOTAL, MADE_ON, PAID = range(10)


def write(path: Path, *lines: Sequence[str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return path


def run(app: Flask, *words: object, code: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=["batch", *map(str, words)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def take(app: Flask, path: Path, code: int = 0) -> str:
    return run(app, "import", path, "--by", "jb01", code=code)


def report_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def refused(path: Path) -> list[tuple[str, str]]:
    """(row, reason) of each refused row of a file."""
    with path.with_name(f"{path.name}.refused.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["原行号"], row["不能导入的原因"]) for row in csv.DictReader(file)]


def changed(**cells: str) -> tuple[str, ...]:
    """The good row with other cells, named as above."""
    names = ("number", "name", "identity", "area", "start", "end", "base", "total", "on", "paid")
    return tuple(cells.get(name, value) for name, value in zip(names, GOOD, strict=True))


BAD = {
    "应有 10 列，实有 9 列": GOOD[:9],
    "应有 10 列，第 11 列还有内容": (*GOOD, "x"),
    "姓名超过 200 个字": changed(name="甲" * 300),
    "姓名有乱码或换行等不能显示的字符": changed(name="演示\t甲\x07"),
    "姓名没有填": changed(name=" "),
    "批量核定编号应为": changed(number="=1+1"),
    "姓名：": changed(name="=cmd()"),
    "身份证号不对": changed(identity="640104191001011019"),
    "没有这个参保地区代码": changed(area="640100"),
    "缴费开始年月应写成": changed(start="2019 1"),
    "缴费结束年月里没有这个月": changed(end="2019-13"),
    "结束年月早于": changed(start="2019-02"),
    "跨了年度": changed(start="2018-12"),
    "还没有到": changed(start="2026-12", end="2026-12"),
    "月缴费基数应为": changed(base="3,10"),
    "缴费总额应为": changed(total="0"),
    "与基数对不上，按费率应为 620.60": changed(total="620.61"),
    "费率：": changed(start="2005-01", end="2005-01"),
    "核定日期应写成": changed(on="三月一日"),
    "核定日期在将来": changed(on="2027-01-01"),
    "只能填": changed(paid="缴"),
    "另一个姓名": changed(number="PL-OTHER", identity=MA_LAN.identity),
    "编号重复": changed(identity=list(batch_files.sample(2))[1][IDENTITY]),
    "有月份已经在另一笔有效的核定里": changed(number="PL-OTHER"),
}
"""What is wrong, and a row of which nothing else is."""


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_refused_with_line_and_reason_and_the_good_ones_come_in(
    app: Flask, tmp_path: Path, reason: str
) -> None:
    last = list(batch_files.sample(3))[2]
    path = write(tmp_path / "f.csv", GOOD, BAD[reason], last)
    assert "2 rows taken in, 1 refused" in take(app, path)
    ((line, why),) = refused(path)
    assert line == "3"
    assert reason in why
    assert rows(app, "SELECT number FROM batch_row ORDER BY 1") == [(GOOD[0],), (last[0],)]


def test_every_reason_of_a_row_is_said_at_once_and_nothing_personal(
    app: Flask, tmp_path: Path
) -> None:
    row = changed(identity="123456789012345678", area="1", base="x", paid="?")
    path = write(tmp_path / "f.csv", row)
    take(app, path)
    ((_, why),) = refused(path)
    assert len(why.split("；")) == 4
    assert "123456789012345678" not in why


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_cell_of_a_report_can_act_as_a_formula(tmp_path: Path, cell: str) -> None:
    batch_files.report(tmp_path / "r.csv", ("原因",), [(cell,)])
    assert report_of(tmp_path / "r.csv") == [["'" + cell]]


def test_what_comes_in_holds_its_months_and_is_paid_or_assessed(app: Flask, tmp_path: Path) -> None:
    run(app, "sample", 24, tmp_path / "f.csv")
    take(app, tmp_path / "f.csv")
    assert rows(app, "SELECT state, count(*), min(made_by_label) FROM assessment GROUP BY 1") == [
        ("assessed", 21, "经办机构管理员 王**（jb01）"),
        ("paid", 3, "经办机构管理员 王**（jb01）"),
    ]
    ((months,),) = rows(app, "SELECT sum(months) FROM assessment")
    assert rows(app, "SELECT count(*) FROM assessed_month") == [(months,)]
    assert rows(
        app,
        "SELECT count(*), count(DISTINCT person_id) FROM audit_event WHERE action = ?",
        "assessment.imported",
    ) == [(24, 24)]
    with app.app_context():
        assert verification.verify().whole


def test_again_the_same_file_changes_nothing(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", GOOD, changed(number="="))
    first = take(app, path)
    before = stored(app)
    again = take(app, path).splitlines()
    assert again[-2] == first.splitlines()[1]
    # What is being corrected is not written over.
    assert again[-1] == first.splitlines()[-1].replace(".refused.csv", ".refused-2.csv")
    assert (tmp_path / "f.csv.refused.csv").read_text() == (
        tmp_path / "f.csv.refused-2.csv"
    ).read_text()
    assert stored(app) == before


def test_stopped_in_the_middle_the_same_file_goes_on(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_cli, "CHUNK", 4)
    run(app, "sample", 12, tmp_path / "f.csv")
    real, calls = batch.take, []

    def dying(**given: object) -> None:
        calls.append(1)
        real(**given)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise KeyboardInterrupt  # its rows are written and not committed

    monkeypatch.setattr(batch, "take", dying)
    take(app, tmp_path / "f.csv", code=1)
    assert rows(app, "SELECT done, accepted FROM batch_import") == [(4, 4)]
    assert rows(app, "SELECT count(*) FROM assessment") == [(4,)]
    assert "12 rows taken in, 0 refused" in take(app, tmp_path / "f.csv")
    assert rows(app, "SELECT count(*) FROM assessment") == [(12,)]
    assert rows(app, "SELECT count(*) FROM batch_import WHERE finished_at IS NOT NULL") == [(1,)]


def test_a_file_as_excel_writes_it_here_is_read(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", GOOD, encoding="gb18030")
    assert "1 rows taken in, 0 refused" in take(app, path)


def test_a_file_of_another_form_is_refused_whole(app: Flask, tmp_path: Path) -> None:
    before = stored(app)
    for content in ("", "姓名,身份证号\n甲,1\n", "\x00\x01"):
        (tmp_path / "f.csv").write_text(content)
        take(app, tmp_path / "f.csv", code=1)
    assert stored(app) == before


@pytest.mark.parametrize("user_name", ["dt01", "xz01", "sj01", "nobody"])
def test_only_the_agency_takes_files_in_and_revokes(
    app: Flask, tmp_path: Path, user_name: str
) -> None:
    path = write(tmp_path / "f.csv", UNPAID)
    run(app, "import", path, "--by", user_name, code=1)
    assert rows(app, "SELECT count(*) FROM batch_import") == [(0,)]
    take(app, path)
    run(app, "revoke", "--by", user_name, "--yes", code=1)
    assert rows(app, "SELECT state FROM assessment") == [("assessed",)]


def test_the_preview_revokes_nothing_and_yes_revokes_the_unpaid_ones_of_the_area(
    app: Flask, tmp_path: Path
) -> None:
    run(app, "sample", 48, tmp_path / "f.csv")
    take(app, tmp_path / "f.csv")
    before = stored(app)
    said = run(app, "revoke", "--by", "jb01", "--area", "640104")
    assert "640104 已核定: " in said
    assert "nothing was revoked" in said
    assert stored(app) == before
    run(app, "revoke", "--by", "jb01", "--area", "640104", "--yes")
    gone = "SELECT DISTINCT division FROM assessment WHERE state = 'revoked'"
    assert rows(app, gone) == [("640104",)]
    run(app, "revoke", "--by", "jb01", "--yes")
    assert rows(app, "SELECT state, count(*) FROM assessment GROUP BY 1 ORDER BY 1") == [
        ("paid", 6),
        ("revoked", 42),
    ]
    ((months,),) = rows(app, "SELECT sum(months) FROM assessment WHERE state = 'paid'")
    assert rows(app, "SELECT count(*) FROM assessed_month") == [(months,)]
    assert "0 revoked" in run(app, "revoke", "--by", "jb01", "--yes")


def test_what_the_tax_bureau_has_stays_and_is_reported_with_the_reason(
    app: Flask, client: LintingClient, tmp_path: Path
) -> None:
    row = (*changed(name=MA_LAN.name, identity=MA_LAN.identity)[:9], "否")
    take(app, write(tmp_path / "f.csv", row))
    sign_in(client, MA_LAN.phone)
    ((serial,),) = rows(app, "SELECT serial FROM assessment")
    transmit(client, str(serial))
    work(app)
    report = tmp_path / "left.csv"
    said = run(app, "revoke", "--by", "jb01", "--yes", "--report", report)
    assert "0 revoked" in said
    ((left, why),) = report_of(report)
    assert left.strip() == serial
    assert "税务" in why


def test_revoking_leaves_alone_what_people_made_themselves_and_tells_them_of_theirs(
    app: Flask, client: LintingClient, tmp_path: Path
) -> None:
    sign_in(client, MA_LAN.phone)
    own = assess(client, "2026-01", "2026-03")
    row = (*changed(name=MA_LAN.name, identity=MA_LAN.identity)[:9], "否")
    take(app, write(tmp_path / "f.csv", row))
    run(app, "revoke", "--by", "jb01", "--yes")
    assert rows(app, "SELECT serial FROM assessment WHERE state = 'assessed'") == [(own,)]
    assert client.page("/me/messages").texts("h2")[0] == "撤销 2019年1月 的核定"
    revoke(client, own)
