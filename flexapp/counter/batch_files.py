"""Files of old batch assessments: read, reported on in a file of their own, and made up to try."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from flexapp.assessment.batch import Line
from flexapp.assessment.batch_rows import HEADER
from flexapp.rules import divisions
from flexapp.rules.money import plain, round_to_fen
from flexapp.rules.refusal import Refusal

MOST_BYTES = 200 * 1024 * 1024
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class File:
    """A file whose form is right; its rows are not looked at yet."""

    digest: str
    lines: tuple[Line, ...]


def load(path: Path) -> File | Refusal:
    """Read a file, in UTF-8 or as Excel writes it here (GB 18030); or why none of it can be."""
    if path.stat().st_size > MOST_BYTES:
        return Refusal("file_large", "the file is larger than 200 MB: split it")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = next(reader, [])
        lines = tuple((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        return Refusal("file_form", f"line {reader.line_num} is no CSV: {error}")
    if tuple(name.strip() for name in header) != HEADER:
        return Refusal("file_header", f"the first line must be {','.join(HEADER)}")
    return File(hashlib.sha256(content).hexdigest(), lines)


def report(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a report that Excel opens as text: nothing in it can act as a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes for text, whatever it begins with."""
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def write_sample(path: Path, count: int) -> None:
    """A file of made-up rows, as the import takes them."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(sample(count))


def sample(count: int) -> Iterator[tuple[str, ...]]:
    """Rows of people who do not exist: born before 1920, every eighth has paid."""
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
    """A well-formed ID number, another one for each number below three million."""
    day, rest = divmod(number, 900)
    year, within = divmod(day, 336)
    body = f"640104{1910 + year}{within // 28 + 1:02d}{within % 28 + 1:02d}{rest + 100:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]
