"""The retirement boundary: the last month that may be assessed (2019 notice).

Original ages: men 60, flexibly employed women 55, or 50 where the agency has recorded it.
From 2025 the ages rise gradually, as set by
全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定 (2024-09-13).
The formula reproduces the tables in its appendix. People born before the start month keep the
original age, so one formula covers both cases.
"""

from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.identity import Sex
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal


class OriginalAge(StrEnum):
    """The statutory age before the delay. F50 only where the agency has recorded it."""

    M60 = "M60"
    F55 = "F55"
    F50 = "F50"

    @property
    def years(self) -> int:
        return _DELAYS[self].original_years


@dataclass(frozen=True, slots=True)
class _Delay:
    """One month of delay per `step` months of birth from `start` on, at most `cap` months."""

    original_years: int
    start: Month
    step: int
    cap: int


_DELAYS = {
    OriginalAge.M60: _Delay(60, Month(1965, 1), step=4, cap=36),
    OriginalAge.F55: _Delay(55, Month(1970, 1), step=4, cap=36),
    OriginalAge.F50: _Delay(50, Month(1975, 1), step=2, cap=60),
}


def default_original_age(sex: Sex) -> OriginalAge:
    """Men 60, flexibly employed women 55. F50 applies only when the agency has recorded it."""
    return OriginalAge.M60 if sex is Sex.MALE else OriginalAge.F55


def delay_months(*, birth: Month, original: OriginalAge) -> int:
    """Months of delay after the original age; 0 for births before the start month."""
    rule = _DELAYS[original]
    after_start = rule.start.months_until(birth)
    if after_start < 0:
        return 0
    return min(after_start // rule.step + 1, rule.cap)


def statutory_month(*, birth: Month, original: OriginalAge) -> Month:
    """The month in which a person born in `birth` reaches the statutory retirement age."""
    return birth.plus(original.years * 12 + delay_months(birth=birth, original=original))


APPROVED_WITHIN = 36
"""Maximum months between the statutory and the approved month. Flexible retirement is at most three
years earlier or later (实施弹性退休制度暂行办法, 2024). A larger difference is a typing error."""


def check_approved(
    *, birth: Month, sex: Sex, original: OriginalAge, approved: Month | None
) -> Refusal | None:
    """Check whether these values can be recorded for a person; `None` when they can.

    Refusals: `original_age` when the age does not match the sex, `approved_far` when the approved
    month is too far from the statutory one.
    """
    if (original is OriginalAge.M60) is not (sex is Sex.MALE):
        return Refusal("original_age", "请选择与性别相符的原法定退休年龄。", "original")
    statutory = statutory_month(birth=birth, original=original)
    if approved is not None and abs(statutory.months_until(approved)) > APPROVED_WITHIN:
        return Refusal(
            "approved_far",
            f"法定退休年月是{statutory.label}，批准的年月最多早或晚三年，请对照批准文件核对。",
            "approved",
        )
    return None


def last_assessable_month(*, birth: Month, original: OriginalAge, approved: Month | None) -> Month:
    """The last month that may be assessed, inclusive.

    The approved retirement month; the statutory month until the agency has approved one.
    """
    return approved if approved is not None else statutory_month(birth=birth, original=original)
