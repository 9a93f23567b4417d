"""The two kinds of contribution rate, which are also the two kinds of virtual unit."""

from enum import StrEnum


class RateKind(StrEnum):
    """FLEXIBLE: flexibly employed people (design 2.2). UNIT: make-up at unit rate (design 2.5)."""

    FLEXIBLE = "flexible"
    UNIT = "unit"

    @property
    def label(self) -> str:
        return "灵活就业人员费率" if self is RateKind.FLEXIBLE else "单位费率"
