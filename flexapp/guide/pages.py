"""View models of the illustrated steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flexapp.guide.annexes import ANNEXES
from flexapp.guide.model import Annex


@dataclass(frozen=True, slots=True)
class StepsPage:
    """One annex, or the document of all annexes. `pictures`: URLs of the pictures that exist."""

    title: str
    annexes: tuple[Annex, ...]
    pictures: Mapping[str, str]

    @classmethod
    def of(cls, annex: Annex | None, find: Callable[[str], str | None]) -> StepsPage:
        """Return the page of one annex, or of all.

        `find` returns the URL of a built file or None.
        """
        annexes = (annex,) if annex else ANNEXES
        steps = [step for each in annexes for step in each.steps]
        return cls(
            annex.title if annex else f"图解：{'、'.join(each.name for each in ANNEXES)}",
            annexes,
            {step.picture: found for step in steps if (found := find(step.file))},
        )

    @property
    def whole(self) -> bool:
        """Whether this is the document of all annexes."""
        return len(self.annexes) > 1
