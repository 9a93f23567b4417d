"""No month is in two live assessments: the database decides, whatever was seen before."""

from __future__ import annotations

from flask import Flask

from flexapp.assessment import repository
from flexapp.web.unit_of_work import write_transaction
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.walks import MA_LAN, assess, sign_in

HELD = "SELECT month, assessment_id FROM assessed_month ORDER BY month"


def test_a_rival_for_a_held_month_adds_nothing_and_spoils_nothing(
    app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-03", "2026-04")
    before = rows(app, HELD)
    assert [month for month, _ in before] == ["2026-03", "2026-04"]
    with app.app_context(), write_transaction():
        row = dict(repository.by_serial(serial) or {})
        del row["id"]
        # As if the months had still been free when somebody looked.
        assert not repository.add(row | {"serial": "rival"}, ["2026-02", "2026-03", "2026-05"])
        assert repository.add(row | {"serial": "next"}, ["2026-05"])
    assert [serial for (serial,) in rows(app, "SELECT serial FROM assessment ORDER BY id")] == [
        serial,
        "next",
    ]
    after = rows(app, HELD)
    assert after[:2] == before
    assert [month for month, _ in after[2:]] == ["2026-05"]
