"""The chain of events: whole after everything people do, broken by whatever else is done to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from flexapp.audit import repository, verification
from flexapp.audit import service as audit
from flexapp.db.session import db
from tests.support import postgresql
from tests.support.client import LintingClient
from tests.support.database import (
    REFUSED,
    copy,
    drop,
    execute,
    raw_bytes,
    rows,
    stored,
    tamper,
)
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    assess,
    clerk,
    proxy_for,
    register,
    revoke,
    sign_in,
    transmit,
    work,
)

MISFIT = "event {} does not fit the chain"


def broken(app: Flask) -> list[int]:
    """The events that do not fit."""
    with app.app_context():
        return list(verification.verify().broken)


def faults(app: Flask) -> list[str]:
    """Everything that is wrong with the chain."""
    with app.app_context():
        return list(verification.verify().faults)


@pytest.fixture
def busy(app: Flask, client: LintingClient, another: Callable[[], LintingClient]) -> Flask:
    """A site on which everything has been done once."""
    sign_in(client, MA_LAN.phone)
    first = assess(client, "2026-01", "2026-06")
    revoke(client, first)
    second = assess(client, "2026-01", "2026-06", "100")
    transmit(client, second)
    work(app)
    clerk(client, second, "标记已缴费")
    work(app)
    case = proxy_for(client, DING).path.rpartition("/")[2]
    assess(client, "2026-01", "2026-01", "60", case)
    other = another()
    sign_in(other, YANG.phone)
    register(other)
    other.submit(other.page("/me/proxy-handling"), "关闭他人代办")
    return app


def test_the_chain_is_whole_after_everything(busy: Flask) -> None:
    actions = {action for (action,) in rows(busy, "SELECT action FROM audit_event")}
    assert {
        "account.signed_in",
        "registration.made",
        "assessment.assess",
        "assessment.revoke",
        "assessment.transmit",
        "assessment.receive",
        "assessment.pay",
        "proxy.opened",
        "person.proxy_off",
    } <= actions
    assert faults(busy) == []


@pytest.mark.parametrize(
    "column", ["action", "subject", "actor_label", "channel", "data", "at", "actor_id", "person_id"]
)
def test_a_changed_event_is_found(busy: Flask, column: str) -> None:
    changed = {"at": "2020-01-01 00:00:00.000000", "actor_id": 7, "person_id": 77}
    tamper(busy, f"UPDATE audit_event SET {column} = '{changed.get(column, 'x')}' WHERE seq = 5")
    assert faults(busy) == [MISFIT.format(5)]


def test_a_changed_event_with_its_digest_reckoned_anew_is_found_by_the_next(busy: Flask) -> None:
    tamper(busy, f"UPDATE audit_event SET digest = '{'0' * 64}' WHERE seq = 5")
    assert faults(busy) == [MISFIT.format(5), MISFIT.format(6)]


def test_a_removed_event_is_found_by_the_next(busy: Flask) -> None:
    tamper(busy, "DELETE FROM audit_event WHERE seq = 5")
    assert faults(busy) == [MISFIT.format(6)]


def test_a_removed_beginning_is_found(busy: Flask) -> None:
    tamper(busy, "DELETE FROM audit_event WHERE seq <= 3")
    assert faults(busy) == [MISFIT.format(4)]


def test_reordered_events_are_found(busy: Flask) -> None:
    tamper(
        busy,
        "UPDATE audit_event SET seq = -1 WHERE seq = 5",
        "UPDATE audit_event SET seq = 5 WHERE seq = 6",
        "UPDATE audit_event SET seq = 6 WHERE seq = -1",
    )
    assert set(faults(busy)) >= {MISFIT.format(5), MISFIT.format(6)}


def reckon_anew(app: Flask) -> None:
    """The whole chain made to fit again, as anybody can who reads this program."""
    with app.app_context():
        found = list(repository.all_rows())
    previous, statements = audit.GENESIS, []
    for row in found:
        previous_row = {**row, "previous": previous}
        digest = audit.digest(previous_row)
        statements.append(
            f"UPDATE audit_event SET previous = '{previous}', digest = '{digest}'"
            f" WHERE seq = {row['seq']}"
        )
        previous = digest
    tamper(app, *statements)


def test_a_chain_reckoned_anew_after_a_change_is_found_by_its_seal(busy: Flask) -> None:
    tamper(busy, "UPDATE audit_event SET action = 'x' WHERE seq = 5")
    reckon_anew(busy)
    assert broken(busy) == []
    (fault,) = faults(busy)
    assert "was sealed as the last" in fault


def test_an_end_that_was_cut_off_is_found(busy: Flask) -> None:
    tamper(busy, "DELETE FROM audit_event WHERE seq > 10")
    ((last,),) = rows(busy, "SELECT seq FROM audit_anchor")
    assert faults(busy) == [f"the chain ends at event 10, but event {last} was sealed as the last"]


def test_an_end_that_was_cut_off_is_not_covered_up_by_what_is_done_next(
    busy: Flask, client: LintingClient
) -> None:
    tamper(busy, "DELETE FROM audit_event WHERE seq > 10")
    assess(client, "2026-07", "2026-07")
    ((next_one,),) = rows(busy, "SELECT min(seq) FROM audit_event WHERE seq > 10")
    assert faults(busy) == [MISFIT.format(next_one)]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit_anchor",
        "UPDATE audit_anchor SET seal = 'x'",
        "UPDATE audit_anchor SET (seq, digest) = "
        "(SELECT seq, digest FROM audit_event ORDER BY seq LIMIT 1)",
    ],
)
def test_a_false_or_missing_seal_is_found_and_what_is_done_next_does_not_mend_it(
    busy: Flask, client: LintingClient, change: str
) -> None:
    execute(busy, change)
    wrong = ["the seal of the chain's end is gone or false"]
    assert faults(busy) == wrong
    assess(client, "2026-07", "2026-07")
    assert faults(busy) == wrong


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x' WHERE seq = 5",
        "DELETE FROM audit_event WHERE seq = 5",
        # What each engine has for taking a row away without a DELETE.
        "TRUNCATE audit_event"
        if postgresql.is_running()
        else "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 5",
    ],
)
def test_the_database_itself_refuses_to_change_an_event(busy: Flask, statement: str) -> None:
    before = stored(busy)
    with pytest.raises(REFUSED, match="only ever added"):
        execute(busy, statement)
    assert stored(busy) == before


def test_a_removed_guard_of_the_database_is_found(busy: Flask) -> None:
    on_table = " ON audit_event" if postgresql.is_running() else ""
    execute(busy, f"DROP TRIGGER audit_event_kept{on_table}")
    (fault,) = faults(busy)
    assert "audit_event_kept is missing" in fault


def test_the_command_says_what_it_found_and_where_the_chain_ends(busy: Flask) -> None:
    run = busy.test_cli_runner().invoke
    whole = run(args=["audit", "verify"])
    assert whole.exit_code == 0
    ((count,),) = rows(busy, "SELECT count(*) FROM audit_event")
    said, end = whole.output.splitlines()
    assert said == f"the chain is whole: {count} events"
    tamper(busy, "DELETE FROM audit_event WHERE seq = 5")
    torn = run(args=["audit", "verify"])
    assert torn.exit_code == 1
    (first, *of_rows, last) = torn.output.splitlines()
    assert (first, last) == (MISFIT.format(6), end)
    # What the removed event vouched for has no event any more.
    assert all("no event vouches for it" in fault for fault in of_rows)


def let_go(app: Flask) -> None:
    """Nothing is connected to the application's database any more."""
    with app.app_context():
        db.engine.dispose()


def test_a_database_put_back_to_an_older_copy_is_found_by_a_noted_end(
    busy: Flask, client: LintingClient, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    let_go(busy)
    copy(tmp_path, backup)
    assess(client, "2026-07", "2026-07")
    run = busy.test_cli_runner().invoke
    noted = run(args=["audit", "verify"]).output.split()[-1]
    assert run(args=["audit", "verify", "--noted", noted]).exit_code == 0
    let_go(busy)
    copy(backup, tmp_path)
    drop(backup)
    assert run(args=["audit", "verify"]).exit_code == 0
    found = run(args=["audit", "verify", "--noted", noted])
    assert found.exit_code == 1
    assert "is not in the chain" in found.output
    assert run(args=["audit", "verify", "--noted", "12"]).exit_code == 2


def test_no_event_holds_anything_personal(busy: Flask) -> None:
    events = str(rows(busy, "SELECT * FROM audit_event"))
    for person in (MA_LAN, YANG, DING):
        assert person.name not in events
        assert person.identity not in events
        assert not person.phone or person.phone not in events
    assert "演示路" not in events
    assert MA_LAN.name.encode() not in raw_bytes(busy)


def test_every_move_of_an_assessment_is_one_event(busy: Flask) -> None:
    serials = [serial for (serial,) in rows(busy, "SELECT serial FROM assessment ORDER BY id")]
    told = [
        [
            action.removeprefix("assessment.")
            for (action,) in rows(
                busy, "SELECT action FROM audit_event WHERE subject = ? ORDER BY seq", serial
            )
            if isinstance(action, str)
        ]
        for serial in serials
    ]
    assert told == [["assess", "revoke"], ["assess", "transmit", "receive", "pay"], ["assess"]]
