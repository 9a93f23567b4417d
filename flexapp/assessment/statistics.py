"""Statistics of assessment events in a time range, counted in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from flexapp.assessment.models import Assessment
from flexapp.audit.service import happened
from flexapp.db.session import (
    day_of,
    db,
    table_of,
)
from flexapp.rules.statistics import Count

_assessment = table_of(Assessment)


def counts(action: str, since: datetime, until: datetime) -> Sequence[Count]:
    """Count assessments with an event of this action by day, channel and division.

    The day is that of the event. Channel and division are those in which the assessment was
    created.
    """
    event = happened(action, since, until)
    groups = (day_of(event.c.at), _assessment.c.channel, _assessment.c.division)
    query = (
        select(*groups, func.count(), func.sum(_assessment.c.total))
        .select_from(event)
        .join(_assessment, _assessment.c.serial == event.c.subject)
        .group_by(*groups)
    )
    rows = db.session.execute(query)
    return [Count(date.fromisoformat(row[0]), row[1], row[2], row[3], int(row[4])) for row in rows]
