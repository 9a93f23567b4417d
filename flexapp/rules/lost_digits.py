"""What spreadsheets do to numbers that are none: ID numbers, serials and codes of many digits.

A spreadsheet keeps 15 digits of a number and shows long ones as 6.40104E+17. What is lost cannot be
found again, so such a cell is refused and never guessed.
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


def spoiled_number(text: str, *, as_text: bool) -> str | None:
    """Why a cell can no longer be a number of many digits; None where nothing points to it.

    `as_text`: the cell is known to have been kept as text, so that its digits are those typed.
    """
    plain = normalise(text).strip("'")
    if _SCIENTIFIC.fullmatch(plain) and re.search(r"[.+]", plain):
        return SCIENTIFIC
    # Of 18 digits three are lost; fewer zeros at the end of longer numbers are nothing odd.
    if not as_text and len(plain) > 15 and _ROUNDED.fullmatch(plain):
        return ROUNDED
    return None
