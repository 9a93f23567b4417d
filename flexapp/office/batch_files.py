"""Files of legacy batch assessments: read them, report refused rows, and generate samples."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, count
from pathlib import Path

from flexapp.assessment.batch import Line
from flexapp.assessment.batch_rows import COLUMNS, CONVERTED_FROM_15, HEADER
from flexapp.rules import divisions
from flexapp.rules.identity import IdentityNumber, parse_identity
from flexapp.rules.money import plain, round_to_fen
from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets import (
    Table,
    Text,
    Value,
    as_csv,
    as_xlsx,
    read,
)
from flexapp.spreadsheets.model import simplified
from flexapp.spreadsheets.reading import MAX_BYTES, TOO_LARGE

REASON, ROW_NUMBER = "不能导入的原因", "原行号"
"""Columns of a report of refused rows. They are ignored when it is imported again."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class File:
    """A file whose format is valid. The content of its rows is not yet validated."""

    digest: str
    table: Table

    def lines(self, first: int, number: int) -> list[Line]:
        """Return `number` rows from index `first`, in the form that the import takes."""
        table = self.table
        return [
            (row.number, table.shape_fault(row) or table.cells(row))
            for row in table.rows[first : first + number]
        ]


def load(path: Path) -> File | Refusal:
    """Read a CSV file or workbook, or return why it cannot be read."""
    if path.stat().st_size > MAX_BYTES:
        return TOO_LARGE
    content = path.read_bytes()
    table = read(content, COLUMNS, ignored=(REASON, ROW_NUMBER))
    if isinstance(table, Refusal):
        return table
    return File(hashlib.sha256(content).hexdigest(), table)


def report_path(path: Path, loaded: File) -> Path:
    """Return the path of a new report of refused rows: beside the file, in the same format.

    Never an existing path, because somebody may be correcting that report.
    """
    names = chain([""], (f"-{number}" for number in count(2)))
    paths = (path.with_name(f"{path.name}.refused{n}.{loaded.table.form}") for n in names)
    return next(each for each in paths if not each.exists())


def write_refused(
    path: Path, loaded: File, reasons: Iterable[tuple[int, str]], *, today: date
) -> None:
    """Write the refused rows unchanged, each with its reason, to be corrected and imported again.

    For an ID number of 15 digits the reason contains the converted number of 18 digits. It is added
    here because the database stores none of a row's content.
    """
    table = loaded.table
    by_number = {row.number: row for row in table.rows}
    dropped = {
        place
        for place, name in enumerate(table.header)
        if simplified(name) in (simplified(REASON), simplified(ROW_NUMBER))
    }

    def kept(texts: Iterable[str]) -> list[str]:
        return [text for place, text in enumerate(texts) if place not in dropped]

    header = kept(table.header)
    rows: list[list[Value]] = []
    for number, reason in reasons:
        row = by_number[number]
        if CONVERTED_FROM_15 in reason:
            identity = parse_identity(row.cell(table.places[HEADER[2]]).text, today)
            if isinstance(identity, IdentityNumber):
                reason = reason.replace(
                    CONVERTED_FROM_15, f"{CONVERTED_FROM_15}（换算出来是 {identity.value}）"
                )
        texts = kept(row.texts)
        texts += [""] * (len(header) - len(texts))
        # Keep cells beyond the columns where they were, because they are the fault.
        within, beyond = texts[: len(header)], texts[len(header) :]
        rows.append([*map(Text, within), reason, number, *map(Text, beyond)])
    names = [*header, REASON, ROW_NUMBER]
    if path.suffix.casefold() == ".xlsx":
        path.write_bytes(as_xlsx([("不能导入的行", names, rows)]))
    else:
        path.write_bytes(as_csv(names, rows))


def report(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a report as a CSV file for spreadsheet programs."""
    path.write_bytes(as_csv(header, rows))


def write_sample(path: Path, count: int) -> None:
    """Write a file of fictional rows in the format that the import takes."""
    if path.suffix.casefold() == ".xlsx":
        rows = ([Text(text) for text in row] for row in sample(count))
        path.write_bytes(as_xlsx([("批量核定", HEADER, rows)]))
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(sample(count))


def sample(count: int) -> Iterator[tuple[str, ...]]:
    """Yield rows of fictional people. They are born before 1920, and every eighth has paid."""
    places = [place.code for _, group in divisions.choices() for place in group]
    for number in range(count):
        place = places[number % len(places)]
        base = Decimal(3103 + number % 2000)
        months = number % 12 + 1
        yield (
            f"PL2019-{number:08d}",
            "演示" + "甲乙丙丁戊己庚辛壬癸"[number % 10],
            _identity(number),
            place,
            "2019-01",
            f"2019-{months:02d}",
            plain(base),
            plain(round_to_fen(base * Decimal("0.20")) * months),
            "2019-03-01",
            "是" if number % 8 == 0 else "否",
        )


def _identity(number: int) -> str:
    """Return a valid ID number, a different one for each `number` below 2.9 million.

    None has 00 before the check digit, because a number that ends with 000 looks rounded.
    """
    day, rest = divmod(number, 891)
    year, within = divmod(day, 336)
    order = rest + rest // 99 + 101
    body = f"640104{1910 + year}{within // 28 + 1:02d}{within % 28 + 1:02d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]
