"""Selecting a period by tapping months: the first tap sets the start, the second the end.

A run is a sequence of free months without a gap. The first tap selects the tapped month and the
rest of its run: most people want that period, and it can be assessed as it is. The second tap, on
the same or a later month of the run, sets the end. Any other tap starts a new selection: on a month
before the start, on a month of another run, or on any month once both ends are set.

The only state between taps is whether the next tap may set the end. Without the script the links
of the months carry it. The script applies the same rule until the response of the server arrives
(static/src/js/choosing.js).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flexapp.rules.periods import Month


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected months. `waits`: the next tap may set the end."""

    start: Month
    end: Month
    waits: bool = False


def after_tap(month: Month, *, runs: Mapping[Month, Month], chosen: Chosen | None) -> Chosen:
    """The selection after a tap on `month`, which must be a key of `runs`.

    `runs`: maps every free month to the last month of its run.
    """
    last = runs[month]
    if chosen and chosen.waits and chosen.start <= month and runs.get(chosen.start) == last:
        return Chosen(chosen.start, month)
    return Chosen(month, last, waits=last > month)
