"""Statistics of registrations, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from flexapp.audit.service import happened
from flexapp.db.session import (
    day_of,
    db,
    table_of,
)
from flexapp.registration.models import Registration
from flexapp.rules.statistics import Count

_registration = table_of(Registration)


def counts(action: str, since: datetime, until: datetime) -> Sequence[Count]:
    """Count the registrations with an event of this action, by day, channel and area.

    `since` and `until` bound the time of the event.
    """
    event = happened(action, since, until)
    groups = (day_of(event.c.at), event.c.channel, _registration.c.division)
    # A registration and its event have the same timestamp.
    query = (
        select(*groups, func.count())
        .select_from(event)
        .join(
            _registration,
            (_registration.c.person_id == event.c.person_id)
            & (_registration.c.registered_at == event.c.at),
        )
        .group_by(*groups)
    )
    rows = db.session.execute(query)
    return [Count(date.fromisoformat(row[0]), row[1], row[2], row[3]) for row in rows]
