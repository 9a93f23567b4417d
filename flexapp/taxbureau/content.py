"""What an assessment sent to the tax bureau must look like, field by field, and its digest."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from flexapp.rules import divisions
from flexapp.rules.identity import mask_name
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import is_printable

_SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,11})\.[0-9]{2}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")
REASON_LIMIT = 200
_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Content:
    """An assessment as it was sent: text only, amounts in yuan with two places ("37236.00")."""

    serial: str
    person_name: str
    id_number: str
    division_code: str
    unit_name: str
    start_month: str
    end_month: str
    period_base: str
    monthly_base: str
    total: str
    kind: str

    def canonical(self) -> str:
        """The one JSON text of this content: keys sorted, no spaces, characters as they are."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of `canonical()` in UTF-8, 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @property
    def masked_name(self) -> str:
        """Surname only: "马*"."""
        return mask_name(self.person_name)[:4]

    @property
    def masked_id_number(self) -> str:
        """Division and last four: "640104********1234"."""
        return f"{self.id_number[:6]}********{self.id_number[-4:]}"

    @property
    def division_label(self) -> str:
        division = divisions.find(self.division_code)
        return f"{division.name}（{self.division_code}）" if division else self.division_code

    @property
    def kind_label(self) -> str:
        return RateKind(self.kind).label


def is_serial(text: str) -> bool:
    """Whether `text` can be a serial at all: 4 to 40 letters, digits and hyphens."""
    return _SERIAL.fullmatch(text) is not None


def parse_content(sent: object) -> Content | tuple[Refusal, ...]:
    """The content of a decoded JSON body, or one refusal for each field that is wrong."""
    if not isinstance(sent, dict):
        return (Refusal("invalid_body", "请求内容必须是一个 JSON 对象。"),)
    names = list(_CHECKS)
    wrong = [
        Refusal("unknown_field", "没有这个字段，请对照接口说明。", _shown(name))
        for name in sent
        if name not in _CHECKS
    ]
    for name, check in _CHECKS.items():
        sentence = check(sent[name]) if name in sent else "缺少这个字段。"
        if sentence is not None:
            wrong.append(Refusal("invalid_field", sentence, name))
    if not wrong:
        wrong = list(_check_together(sent))
    return tuple(wrong) if wrong else Content(**{name: sent[name] for name in names})


def parse_request(sent: object) -> tuple[str, str] | tuple[Refusal, ...]:
    """`(request_id, reason)` of a revocation request, or a tuple of refusals, one a field."""
    if not isinstance(sent, dict):
        return (Refusal("invalid_body", "请求内容必须是一个 JSON 对象。"),)
    wrong = [
        Refusal("unknown_field", "没有这个字段，请对照接口说明。", _shown(name))
        for name in sent
        if name not in ("request_id", "reason")
    ]
    request_id, reason = sent.get("request_id"), sent.get("reason")
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        wrong.append(Refusal("invalid_field", "要 1 到 64 个字母、数字或 . _ : -。", "request_id"))
    checked = parse_reason(reason) if isinstance(reason, str) else _NO_REASON
    if isinstance(checked, Refusal):
        wrong.append(checked)
    if wrong:
        return tuple(wrong)
    return str(request_id), str(checked)


_NO_REASON = Refusal("invalid_field", "请填写原因。", "reason")


def parse_reason(text: str) -> str | Refusal:
    """The reason without spaces around it, 1 to 200 printable characters, or why not."""
    reason = text.strip()
    if not reason:
        return _NO_REASON
    if len(reason) > REASON_LIMIT:
        return Refusal("invalid_field", f"原因最多 {REASON_LIMIT} 个字，请缩短一些。", "reason")
    if not is_printable(reason):
        return Refusal("invalid_field", "原因请写成一行普通文字，不要换行。", "reason")
    return reason


def _shown(name: str) -> str:
    """A field name from outside, short and printable enough for an answer."""
    return ascii(name)[1:-1][:40]


def _matches(pattern: re.Pattern[str], sentence: str) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        fits = isinstance(value, str) and pattern.fullmatch(value) is not None
        return None if fits else sentence

    return check


def _text(value: object) -> str | None:
    # `is_printable` also turns away lone surrogates, which no digest could be made of.
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        return "要填文字，前后不能有空格。"
    if len(value) > _NAME_LIMIT or not is_printable(value):
        return f"最多 {_NAME_LIMIT} 个普通字符。"
    return None


def _id_number(value: object) -> str | None:
    # Not the check digit: that is the sender's duty, and the demo's fictional people have wrong
    # ones on purpose, so that no real person can be meant.
    if not isinstance(value, str) or not _ID_NUMBER.fullmatch(value):
        return "要 18 位身份证号，最后一位可以是大写 X。"
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return "身份证号里的出生日期不存在。"
    return None


def _division(value: object) -> str | None:
    known = isinstance(value, str) and divisions.find(value) is not None
    return None if known else "没有这个参保地区代码。"


def _month(value: object) -> str | None:
    try:
        Month.parse(value if isinstance(value, str) else "")
    except ValueError:
        return "年月要写成 2026-01 这样。"
    return None


def _kind(value: object) -> str | None:
    if isinstance(value, str) and value in {kind.value for kind in RateKind}:
        return None
    return f"类别只能是 {'、'.join(kind.value for kind in RateKind)}。"


def _amount(value: object) -> str | None:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        return '金额要写成两位小数的文字，例如 "37236.00"。'
    return None if Decimal(value) > 0 else "金额必须大于 0。"


_CHECKS: Mapping[str, Callable[[object], str | None]] = {
    "serial": _matches(_SERIAL, "要 4 到 40 个字母、数字或连字符。"),
    "person_name": _text,
    "id_number": _id_number,
    "division_code": _division,
    "unit_name": _text,
    "start_month": _month,
    "end_month": _month,
    "period_base": _amount,
    "monthly_base": _amount,
    "total": _amount,
    "kind": _kind,
}


def _check_together(sent: Mapping[str, str]) -> tuple[Refusal, ...]:
    """What single fields cannot show (design 2.2): one year, base = months, a part of the base."""
    start, end = Month.parse(sent["start_month"]), Month.parse(sent["end_month"])
    if start > end:
        return (Refusal("invalid_field", "结束年月不能早于开始年月。", "end_month"),)
    if start.year != end.year:
        return (Refusal("invalid_field", "一笔核定不能跨年。", "end_month"),)
    base = Decimal(sent["period_base"])
    if base != Decimal(sent["monthly_base"]) * (start.months_until(end) + 1):
        return (Refusal("invalid_field", "缴费基数要等于月缴费基数乘以月数。", "period_base"),)
    # The rate is not sent, so this is all that can be said of the sum to collect.
    if Decimal(sent["total"]) >= base:
        return (Refusal("invalid_field", "缴费总额要小于缴费基数。", "total"),)
    return ()
