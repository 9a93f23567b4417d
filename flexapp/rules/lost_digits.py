"""Detecting identifiers that a spreadsheet has damaged: ID numbers, serials and long codes.

A spreadsheet stores 15 significant digits of a number and shows long ones as 6.40104E+17. The lost
digits cannot be restored, so such a cell is refused and never guessed.
"""

import re

from flexapp.rules.text import normalise

_SCIENTIFIC = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?E[+]?[0-9]{1,3}", re.IGNORECASE)
_ROUNDED = re.compile(r"[0-9]{15}0+")

SCIENTIFIC = (
    "表格软件把它变成了科学计数法，后面几位已经丢失；"
    "请把这一列设成文本格式，重新填写完整号码，再保存"
)
ROUNDED = (
    "末尾是一串 0，表格软件存数字只保留 15 位，后面几位可能已经丢失；请核对，"
    "并用 Excel 文件（.xlsx）把这一列设成文本格式后再导入"
)


def lost_digits_fault(text: str, *, as_text: bool) -> str | None:
    """Why the digits of a cell are lost, as a sentence; `None` without a sign of loss.

    `as_text`: the cell is stored as text, so its digits are those that were typed.
    """
    plain = normalise(text).strip("'")
    if _SCIENTIFIC.fullmatch(plain) and re.search(r"[.+]", plain):
        return SCIENTIFIC
    # An 18-digit number loses three digits. Longer numbers may end in a few zeros by themselves.
    if not as_text and len(plain) > 15 and _ROUNDED.fullmatch(plain):
        return ROUNDED
    return None
