"""What residents see of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flexapp.rating.forms import RatingForm
from flexapp.rating.service import RATINGS_A_PAGE, Case, Said
from flexapp.rules.personal_numbers import hide
from flexapp.rules.ratings import Level

LEVELS = tuple((str(level.value), level.label) for level in sorted(Level, reverse=True))
"""(value, words), the best first, as the standard lists them."""


def kept_as(form: RatingForm) -> str | None:
    """What is kept of the sentence where that differs from what was typed: numbers are hidden."""
    words = form.sentence.data or ""
    hidden = hide(words)
    return None if hidden == words else hidden


@dataclass(frozen=True, slots=True)
class RatingPage:
    """/rating/<case>: what was done, and what was said of it, if anything was."""

    case: int
    business: str
    about: str
    at: object
    said: Said | None

    @classmethod
    def of(cls, case: Case, said: Said | None) -> RatingPage:
        """The page of a case."""
        return cls(case.seq, case.business.label, case.about, case.at, said)


@dataclass(frozen=True, slots=True)
class MinePage:
    """/rating: newest first."""

    ratings: tuple[Said, ...]
    older: int | None

    @classmethod
    def of(cls, found: Sequence[Said]) -> MinePage:
        """A page of ratings."""
        shown = tuple(found[:RATINGS_A_PAGE])
        return cls(shown, shown[-1].id if len(found) > RATINGS_A_PAGE else None)
