"""Choosing a period by tapping its months: one tap for its start, another for its end.

The first tap chooses the month and the free months that follow it without a gap, its run: what
most people want, and a period that can be assessed as it stands. The second tap, on that month or a
later one of the same run, is where it ends. Any other tap begins anew: on a month before the start,
on one behind a month that cannot be assessed, and on any once both ends are chosen.

So the page has one thing to remember from tap to tap: whether the end may still be tapped. Without
the script it stands in the addresses that the months lead to. The script goes by the same rule, for
the time until the server's answer is there (static/src/js/choosing.js).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flexapp.rules.periods import Month


@dataclass(frozen=True, slots=True)
class Chosen:
    """The months chosen so far; `waits`: the next tap may set another end."""

    start: Month
    end: Month
    waits: bool = False


def tapped(month: Month, *, runs: Mapping[Month, Month], chosen: Chosen | None) -> Chosen:
    """What is chosen once `month` is tapped, which is one of `runs`.

    `runs`: every free month with the last month of the run it is in.
    """
    last = runs[month]
    if chosen and chosen.waits and chosen.start <= month and runs.get(chosen.start) == last:
        return Chosen(chosen.start, month)
    return Chosen(month, last, waits=last > month)
