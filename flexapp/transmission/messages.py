"""Content of the messages to the tax bureau: all values are text, amounts have two decimals."""

from __future__ import annotations

from flexapp.assessment.service import Record
from flexapp.people.service import person_by_id
from flexapp.registration import service as registration
from flexapp.rules.money import plain
from flexapp.transmission.protocol import canonical


def submission(record: Record) -> str:
    """Return an assessment as canonical JSON in the format of the protocol (`Assessment`)."""
    person = person_by_id(record.person_id)
    assert person is not None
    return canonical(
        {
            "serial": record.serial,
            "person_name": person.name,
            "id_number": person.identity.value,
            "division_code": record.division,
            "unit_name": registration.unit_name(record.unit_id),
            "start_month": str(record.period.start),
            "end_month": str(record.period.end),
            "monthly_base": plain(record.monthly_base),
            "period_base": plain(record.period_base),
            "total": plain(record.total),
            "kind": record.kind.value,
        }
    )
