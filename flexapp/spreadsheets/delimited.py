"""Texts with separators: which characters, which separator, and the rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from flexapp.rules.refusal import Refusal
from flexapp.spreadsheets.model import Row

SEPARATORS = (",", "\t", ";", "，", "；", "|")

LONGEST_CELL = 100_000
"""Characters; a quotation mark that is never closed takes the rest of the file for one cell."""


def decoded(content: bytes) -> str:
    """The text of a file: Unicode by its mark or by itself, else as Excel saves it in China.

    Bytes that are no character of the encoding become U+FFFD, for whoever reads the cell.
    """
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next one
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    )
    for mark, encoding in marks:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    head = content[:4000]
    # The separators and digits of a table have a zero byte each in UTF-16.
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
    """The rows of a text, blank ones included; a refusal as the last where it cannot be read on."""
    csv.field_size_limit(LONGEST_CELL)
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
    """A cell without what keeps a spreadsheet from taking it for a number: ="…", ' or a tab."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        inner = text[2:-1]
        return inner if inner.isalnum() else text
    return text[1:] if text.startswith("'") else text
