"""Delimited text files: character encoding, separator and rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets.model import Row

SEPARATORS = (",", "\t", ";", "，", "；", "|")

MAX_CELL = 100_000
"""Maximum characters of a cell; after an unclosed quote the rest of the file would be one cell."""


def decoded(content: bytes) -> str:
    """Decode a file: Unicode, with or without a byte order mark, else GB 18030 as saved by Excel.

    Invalid bytes become U+FFFD; the reader of the cell handles them.
    """
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16 LE, whose mark is a prefix of this one
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    )
    for mark, encoding in marks:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    head = content[:4000]
    # In UTF-16 every separator and digit contains a zero byte.
    if head.count(0) > len(head) // 10:
        little = head[1::2].count(0) > head[0::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    texts = [content.decode(encoding, errors="replace") for encoding in ("utf-8", "gb18030")]
    return min(texts, key=lambda text: text.count("\ufffd"))


def rows(text: str, separator: str) -> Iterator[Row | Refusal]:
    """Yield the rows of a text, including blank ones; a `Refusal` ends them on a quoting error."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            texts = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Refusal(
                "file_quotes", f"第 {number} 行的引号没有配对，后面的内容读不出来，请检查这一行。"
            )
            return
        yield Row(number, tuple(map(_plain, texts)))


def _plain(text: str) -> str:
    """A cell without the markers that force text in a spreadsheet: ="…", ' or a tab."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        inner = text[2:-1]
        return inner if inner.isalnum() else text
    return text[1:] if text.startswith("'") else text
