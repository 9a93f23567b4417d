"""The chain of events: whole after everything people do, broken by whatever else is done to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.audit import service as audit
from tests.support.client import LintingClient
from tests.support.database import execute, raw_bytes, rows
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


def broken(app: Flask) -> list[int]:
    """The events that do not fit."""
    with app.app_context():
        return list(audit.broken_links())


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
    assert broken(busy) == []


@pytest.mark.parametrize(
    "column", ["action", "subject", "actor_label", "channel", "data", "at", "actor_id", "person_id"]
)
def test_a_changed_event_is_found(busy: Flask, column: str) -> None:
    changed = {"at": "2020-01-01 00:00:00.000000", "actor_id": 7, "person_id": 77}
    value = changed.get(column, "changed")
    execute(busy, f"UPDATE audit_event SET {column} = ? WHERE seq = 5", value)
    assert broken(busy) == [5]


def test_a_changed_event_with_its_digest_reckoned_anew_is_found_by_the_next(busy: Flask) -> None:
    execute(busy, "UPDATE audit_event SET digest = ? WHERE seq = 5", "0" * 64)
    assert broken(busy) == [5, 6]


def test_a_removed_event_is_found_by_the_next(busy: Flask) -> None:
    execute(busy, "DELETE FROM audit_event WHERE seq = 5")
    assert broken(busy) == [6]


def test_a_removed_beginning_is_found(busy: Flask) -> None:
    execute(busy, "DELETE FROM audit_event WHERE seq <= 3")
    assert broken(busy) == [4]


def test_reordered_events_are_found(busy: Flask) -> None:
    execute(busy, "UPDATE audit_event SET seq = -1 WHERE seq = 5")
    execute(busy, "UPDATE audit_event SET seq = 5 WHERE seq = 6")
    execute(busy, "UPDATE audit_event SET seq = 6 WHERE seq = -1")
    assert set(broken(busy)) >= {5, 6}


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
