"""Two virtual units an area: former ones merged into them, and no way to a third."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from flexapp.audit import verification
from flexapp.audit.service import SYSTEM
from flexapp.office import unit_merge as merging
from flexapp.registration import units
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import now
from flexapp.web.unit_of_work import write_transaction
from tests.support.client import LintingClient
from tests.support.database import REFUSED, execute, rows, stored
from tests.support.walks import sign_in

FORMER = "兴庆区第二灵活就业虚拟单位（演示）"
ONE, OTHER = "兴庆区灵活就业人员虚拟单位", "兴庆区以单位费率缴费虚拟单位"
UNDER = (
    "SELECT count(*) FROM {} AS it JOIN virtual_unit AS u ON u.id = it.unit_id"
    " WHERE u.kind LIKE 'former:%' AND {}"
)
PEOPLE = UNDER.format("registration", "superseded_at IS NULL")
LIVE = UNDER.format("assessment", "state <> 'revoked'")


def run(app: Flask, *words: str, code: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def old(app: Flask) -> Flask:
    """The demo with former units."""
    assert run(app, "demo", "legacy-units") == "3 former units added\n"
    return app


def take_over(**other: object) -> int | Refusal:
    given = {
        "division": "640104",
        "name": "兴庆区另一个虚拟单位",
        "opened_on": date(2015, 1, 1),
    }
    with write_transaction():
        return units.adopt_unit(**(given | other), actor=SYSTEM, at=now())  # type: ignore[arg-type]


def test_people_and_live_assessments_move_each_with_an_event_and_history_stays(
    old: Flask,
) -> None:
    execute(old, "UPDATE assessment SET state = 'revoked' WHERE id = 1")
    assert (rows(old, PEOPLE), rows(old, LIVE)) == ([(12,)], [(11,)])
    ((before,),) = rows(old, "SELECT count(*) FROM registration")
    said = run(old, "units", "merge", "--by", "王")
    assert f"640104 {FORMER}: 4 people, 3 live assessments" in said
    assert "3 units were merged" in said
    assert (rows(old, PEOPLE), rows(old, LIVE)) == ([(0,)], [(0,)])
    assert rows(old, "SELECT count(*) FROM registration") == [(before + 12,)]  # type: ignore[operator]
    assert rows(old, UNDER.format("assessment", "state = 'revoked'")) == [(1,)]
    assert rows(
        old,
        "SELECT action, count(*), count(DISTINCT person_id), min(actor_label) FROM audit_event"
        " WHERE action LIKE '%.unit_moved' OR action = 'unit.merged' GROUP BY 1 ORDER BY 1",
    ) == [
        ("assessment.unit_moved", 11, 11, "经办机构（王）"),
        ("registration.unit_moved", 12, 12, "经办机构（王）"),
        ("unit.merged", 3, 0, "经办机构（王）"),
    ]
    with old.app_context():
        assert verification.verify().faults == ()


def test_assessments_go_to_the_unit_of_their_rate_and_people_to_the_flexible_one(
    old: Flask,
) -> None:
    execute(old, "UPDATE assessment SET kind = 'unit' WHERE id = 1")
    run(old, "units", "merge", "--area", "640104")
    assert rows(
        old,
        "SELECT u.name, count(*) FROM assessment AS a JOIN virtual_unit AS u ON u.id = a.unit_id"
        " WHERE u.division = '640104' GROUP BY 1 ORDER BY 2",
    ) == [(OTHER, 1), (ONE, 7)]
    listed = run(old, "units", "list", "--area", "640104").splitlines()
    assert f"640104 {ONE}: 9 people" in listed
    assert f"640104 {OTHER}: 0 people" in listed
    assert any(line.startswith(f"640104 {FORMER}: 0 people; merged 2026-11-2") for line in listed)
    assert "640202 大武口区个体工商户虚拟单位（演示）: 4 people; former, to be merged" in run(
        old, "units", "list"
    )


def test_again_there_is_nothing_to_do(old: Flask) -> None:
    run(old, "units", "merge")
    before = stored(old)
    assert "there is nothing to merge" in run(old, "units", "merge")
    assert stored(old) == before


@pytest.mark.parametrize("steps", range(1, 8))
def test_stopped_anywhere_the_next_run_goes_on(
    old: Flask, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(merging, "CHUNK", 1)
    with old.app_context():
        found = merging.left(area="640202")
        assert not isinstance(found, Refusal)
        going = merging.merge(found[0], actor=SYSTEM)
        for _ in range(steps):
            next(going)
    run(old, "units", "merge")
    assert (rows(old, PEOPLE), rows(old, LIVE)) == ([(0,)], [(0,)])
    assert rows(
        old, "SELECT count(*) FROM audit_event WHERE action = 'registration.unit_moved'"
    ) == [(12,)]


def test_whoever_was_moved_is_told(old: Flask, client: LintingClient) -> None:
    run(old, "units", "merge")
    sign_in(client, "19900009000")
    assert f"虚拟单位归并，参保单位改为 {ONE}" in client.page("/me/messages").words


def test_an_unknown_area_is_said(app: Flask) -> None:
    assert "there is no area 1" in run(app, "units", "merge", "--area", "1", code=1)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"opened_on": date(2020, 1, 1)}, "unit_new"),
        ({"division": "110101"}, "division_unknown"),
        ({"name": ONE}, "unit_known"),
        ({"name": OTHER}, "unit_known"),
        ({"name": FORMER}, "unit_known"),
        ({"name": "短"}, "unit_name"),
    ],
)
def test_the_service_refuses_a_further_unit(
    old: Flask, given: dict[str, object], reason: str
) -> None:
    before = stored(old)
    with old.app_context():
        outcome = take_over(**given)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == reason
    assert stored(old) == before


def test_once_an_area_is_merged_not_even_an_old_one_comes_in(old: Flask) -> None:
    run(old, "units", "merge")
    with old.app_context():
        outcome = take_over()
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "units_merged"
    assert run(old, "demo", "legacy-units") == "0 former units added\n"


ADD = "INSERT INTO virtual_unit (division, kind, name) VALUES ('640104', '{}', '{}')"
LIST = (
    "INSERT INTO former_unit (division, name, opened_on) VALUES ('640104', '第三个虚拟单位', '{}')"
)


@pytest.mark.parametrize(
    "statement",
    [
        ADD.format("flexible", "另一个灵活就业人员虚拟单位"),
        ADD.format("flexible", "第三个虚拟单位"),
        ADD.format("unit", "第三个虚拟单位"),
        ADD.format("third", "第三个虚拟单位"),
        ADD.format("former:1", "第三个虚拟单位"),
        ADD.format("former:99", "第三个虚拟单位"),
        "UPDATE virtual_unit SET kind = 'third' WHERE kind = 'flexible'",
        "UPDATE virtual_unit SET name = '第三个虚拟单位' WHERE kind = 'flexible'",
        "UPDATE virtual_unit SET division = '640105' WHERE kind LIKE 'former:%'",
        LIST.format("2012-01-01"),
        LIST.format("2020-01-01"),
    ],
)
def test_the_database_refuses_a_third(old: Flask, statement: str) -> None:
    run(old, "units", "merge", "--area", "640104")
    before = stored(old)
    with pytest.raises(REFUSED):
        execute(old, statement)
    assert stored(old) == before


def test_the_database_refuses_a_former_unit_opened_after_the_notice(app: Flask) -> None:
    with pytest.raises(REFUSED, match="opened_before_2020"):
        execute(app, LIST.format("2020-01-01"))
