"""View models of residents' rating pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flexapp.rating.forms import RatingForm
from flexapp.rating.service import PAGE_SIZE, Case, RatingView
from flexapp.rules.personal_numbers import hide
from flexapp.rules.ratings import Level

LEVELS = tuple((str(level.value), level.label) for level in sorted(Level, reverse=True))
"""(value, label), best first, in the order of the standard."""


def stored_comment(form: RatingForm) -> str | None:
    """Return the comment as stored, with numbers hidden, if it differs from what was typed."""
    words = form.sentence.data or ""
    hidden = hide(words)
    return None if hidden == words else hidden


@dataclass(frozen=True, slots=True)
class RatingPage:
    """/rating/<case>: the case and its rating, if there is one."""

    case: int
    business: str
    about: str
    at: object
    said: RatingView | None

    @classmethod
    def of(cls, case: Case, said: RatingView | None) -> RatingPage:
        """Build the page of a case."""
        return cls(case.seq, case.business.label, case.about, case.at, said)


@dataclass(frozen=True, slots=True)
class OwnRatingsPage:
    """/rating: the visitor's ratings, newest first.

    `older`: the id before which the next page starts; None on the last page.
    """

    ratings: tuple[RatingView, ...]
    older: int | None

    @classmethod
    def of(cls, found: Sequence[RatingView]) -> OwnRatingsPage:
        """Build one page from at most `PAGE_SIZE` + 1 ratings."""
        shown = tuple(found[:PAGE_SIZE])
        return cls(shown, shown[-1].id if len(found) > PAGE_SIZE else None)
