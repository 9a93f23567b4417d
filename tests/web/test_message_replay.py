"""A signed message is taken once, and remembered for as long as it could be believed again."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from flexapp.signing import VerifiedMessage
from flexapp.web.clock import utcnow
from flexapp.web.message_replay import is_first
from flexapp.web.unit_of_work import write_transaction
from tests.support.clock import Clock
from tests.support.database import rows


def message(identifier: str, issuer: str = "bank") -> VerifiedMessage:
    return VerifiedMessage(issuer, identifier, "key", utcnow() + timedelta(seconds=90), {})


def taken(app: Flask, one: VerifiedMessage) -> bool:
    with app.app_context(), write_transaction():
        return is_first(one)


def test_a_message_is_taken_once_and_another_issuers_same_id_too(app: Flask) -> None:
    assert taken(app, message("a"))
    assert not taken(app, message("a"))
    assert taken(app, message("a", "another"))
    assert taken(app, message("b"))


def test_what_could_not_be_believed_any_more_is_forgotten(app: Flask, clock: Clock) -> None:
    first = message("a")
    assert taken(app, first)
    clock.advance(seconds=89)
    assert not taken(app, first)
    clock.advance(seconds=2)
    assert taken(app, message("b"))
    assert rows(app, "SELECT id FROM seen_message") == [("b",)]
