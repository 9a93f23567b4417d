"""What a walk left in the databases, without what differs from run to run: ids, keys and times."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from flexapp.assessment.models import AssessedMonth, Assessment
from flexapp.audit.models import AuditEvent
from flexapp.db.session import db
from flexapp.people.models import Account, Person
from flexapp.registration.models import Registration, VirtualUnit
from flexapp.transmission.models import OutboxMessage, TaxEvent
from tests.journeys.site import Site

Row = tuple[object, ...]
Snapshot = dict[str, list[Row]]
"""Table name → rows in the order they were written."""

ASSESSMENT_FIELDS = [
    "serial",
    "division",
    "kind",
    "start_month",
    "end_month",
    "months",
    "entered",
    "meaning",
    "bound",
    "monthly_base",
    "period_base",
    "monthly_amount",
    "total",
    "parameters",
    "made_by_label",
    "by_proxy",
    "channel",
    "state",
    "claimed",
]
"""The serial is kept: it is counted for each day and place, so equal walks give equal serials."""


def take(site: Site) -> Snapshot:
    """The site's databases, once what is on its way to and from the tax bureau has arrived."""
    site.settle()
    with site.app.app_context():
        try:
            return _product() | _tax_bureau(site.tax_database)
        finally:
            db.session.remove()


def _product() -> Snapshot:
    session = db.session
    people = {row.id: row.identity for row in session.scalars(select(Person))}
    accounts = {row.id: row.phone for row in session.scalars(select(Account))}
    units = {row.id: row.name for row in session.scalars(select(VirtualUnit))}
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    places = {str(event.seq): place for place, event in enumerate(events)}
    return {
        "people": sorted(
            (row.identity, row.name, row.proxy_allowed) for row in session.scalars(select(Person))
        ),
        "accounts": sorted(
            (row.phone, people.get(row.person_id or 0)) for row in session.scalars(select(Account))
        ),
        "registrations": [
            (
                people[row.person_id],
                row.division,
                units[row.unit_id],
                row.ethnic_group,
                row.address,
                row.credit_code,
                row.work_start,
                row.superseded_at is None,
            )
            for row in session.scalars(select(Registration).order_by(Registration.id))
        ],
        "assessments": [
            (
                people[row.person_id],
                accounts.get(row.made_by or 0),  # none where a clerk made it
                units[row.unit_id],
                *(getattr(row, name) for name in ASSESSMENT_FIELDS),
            )
            for row in session.scalars(select(Assessment).order_by(Assessment.id))
        ],
        "months": sorted(
            (people[month.person_id], month.month, serial)
            for month, serial in session.execute(
                select(AssessedMonth, Assessment.serial).join(
                    Assessment, Assessment.id == AssessedMonth.assessment_id
                )
            )
        ),
        "outbox": [
            (row.serial, row.kind, row.reason, row.status, "once" if row.attempt < 2 else "again")
            for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at))
        ],
        "told by the tax bureau": [
            (row.serial, row.event, row.outcome)
            for row in session.scalars(select(TaxEvent).order_by(TaxEvent.cursor))
        ],
        "audit": [
            (
                event.action,
                people.get(event.person_id or 0),
                event.subject,
                event.actor_kind,
                event.actor_label,
                event.channel,
                _known(event.data, places),
            )
            for event in events
        ],
    }


def _known(data: str, places: Mapping[str, int]) -> str:
    """An event's data with the event it is about named by its place instead of its number."""
    found = json.loads(data)
    if "about" in found:
        found["about"] = places[found["about"]]
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def _tax_bureau(path: Path) -> Snapshot:
    questions = {
        "tax assessments": "SELECT serial, content, state, reason FROM assessments ORDER BY number",
        "tax requests": "SELECT serial, reason, answer FROM revocation_requests ORDER BY rowid",
        "tax history": "SELECT serial, what, state, reason FROM history ORDER BY number",
        "tax changes": "SELECT serial, event, reason FROM changes ORDER BY cursor",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(sql).fetchall() for name, sql in questions.items()}
