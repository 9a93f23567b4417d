"""The result of an experiment."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """Lines to print, and one sentence per violated requirement."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def require(self, holds: bool, otherwise: str) -> None:
        """Record the sentence if the requirement does not hold."""
        if not holds:
            self.wrong.append(otherwise)
