"""Parsing the unified social credit code of a business (统一社会信用代码, GB 32100-2015)."""

import re

from stdnum.cn import ric, uscc

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise

# Letters of other scripts that look like letters of a code, and the letters O and I, which codes
# do not contain because they look like digits.
_LOOK_ALIKES = str.maketrans("АВЕКМНРСТУХΑΒΕΗΚΜΝΡΤΥΧOОΟIІΙ", "ABEKMHPCTYXABEHKMNPTYX000111")


def parse_credit_code(text: str, *, field: str | None = "credit_code") -> str | Refusal | None:
    """Parse a code into its 18 characters.

    Returns `None` for empty input and for words such as 无. Refusals: credit_code_is_id,
    credit_code_wrong.
    """
    typed = normalise(text).upper().translate(_LOOK_ALIKES)
    code = re.sub(r"[^0-9A-Z]", "", typed)
    if not code and not re.search(r"[^\W\u3400-\u9fff]", typed):
        return None
    if uscc.is_valid(code):
        return code
    if ric.is_valid(code):
        return Refusal(
            "credit_code_is_id",
            "这是身份证号。请照营业执照填 18 位统一社会信用代码；不是个体工商户的请留空。",
            field,
        )
    return Refusal(
        "credit_code_wrong",
        "统一社会信用代码不对，请照营业执照填 18 位；不是个体工商户的请留空。",
        field,
    )
