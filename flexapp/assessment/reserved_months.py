"""Check that reserved months match the assessments, for `flask audit verify`.

The audit log protects assessments. Their reserved months follow from them.
"""

from __future__ import annotations

from collections.abc import Iterator

from flexapp.assessment import repository

MAX_NAMED = 20


def faults() -> Iterator[str]:
    """Yield a sentence for each difference between assessments and reserved months."""
    serials = repository.not_holding_their_months()
    for serial in serials[:MAX_NAMED]:
        yield f"assessment {serial} does not hold its months as its state says"
    months = repository.months_without_assessment()
    for person, month in months[:MAX_NAMED]:
        yield f"assessed_month {person}/{month} is held by no assessment over it"
    more = len(serials[MAX_NAMED:]) + len(months[MAX_NAMED:])
    if more:
        yield f"{more} more faults of held months"
