"""Two who change the same row at once: neither vouches for a row as the other found it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.audit import verification
from flexapp.audit.service import SYSTEM, Actor, ActorKind
from flexapp.db.session import advisory_lock, db
from flexapp.people import (
    account_closure,
    corrections,
    service,
)
from flexapp.people.models import Account, Person
from flexapp.people.service import PersonCard, Visitor
from flexapp.registration import repository as registrations
from flexapp.registration import units
from flexapp.rules.capabilities import ChannelKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.retirement import OriginalAge
from flexapp.web.clock import now
from flexapp.web.unit_of_work import read_transaction, write_transaction
from tests.support.database import execute, rows
from tests.support.walks import MA_LAN

HALL = Actor(ActorKind.STAFF, 2, "大厅", "hall", ChannelKind.HALL)


def person(app: Flask, number: int = 1) -> PersonCard:
    with app.app_context(), read_transaction():
        found = service.person_by_id(number)
    assert found is not None
    return found


def at_the_same_time(app: Flask, first: Callable[[], object], second: Callable[[], object]) -> None:
    """`first` is done and not yet committed when `second` begins and has to wait."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context(), write_transaction():
                second()
        except BaseException as fault:
            faults.append(fault)

    other = threading.Thread(target=run)
    with app.app_context(), write_transaction():
        first()
        other.start()
        until = time.monotonic() + 5
        while rows(app, "SELECT 1 FROM pg_locks WHERE NOT granted") == []:
            assert time.monotonic() < until, "the second one does not wait"
            time.sleep(0.01)
    other.join()
    if faults:
        raise faults[0]


def tampered(app: Flask) -> tuple[str, ...]:
    with app.app_context(), read_transaction():
        return verification.verify().rows


def turn_off(card: PersonCard) -> None:
    service.set_proxy_handling(person=card, allowed=False, actor=SYSTEM, at=now())


def retire(card: PersonCard) -> None:
    outcome = service.record_retirement(
        person=card, original=OriginalAge.F50, approved=None, actor=HALL, at=now()
    )
    assert not isinstance(outcome, Refusal), outcome


@pytest.mark.parametrize("turned_off_first", [True, False])
def test_proxy_handling_and_retirement_changed_at_once_are_no_tampering(
    app: Flask, turned_off_first: bool
) -> None:
    card = person(app)
    both = [lambda: turn_off(card), lambda: retire(card)]
    at_the_same_time(app, *(both if turned_off_first else reversed(both)))
    assert rows(app, "SELECT proxy_allowed, original_age FROM person WHERE id = 1") == [(0, "F50")]
    assert tampered(app) == ()


def test_what_was_loaded_before_somebody_was_waited_for_is_read_again(app: Flask) -> None:
    with app.app_context(), write_transaction():
        loaded = db.session.get_one(Person, 1)
        assert loaded.original_age is None
        execute(app, "UPDATE person SET original_age = 'F50' WHERE id = 1")
        assert loaded.original_age is None
        advisory_lock("person", "1")
        assert loaded.original_age == "F50"


def change_phone(card: PersonCard, phone: str) -> Refusal | None:
    return corrections.change_phone(person=card, phone=phone, actor=HALL, at=now())


def test_a_number_changed_by_two_at_once_is_changed_once_and_the_other_is_told(app: Flask) -> None:
    card, told = person(app), list[Refusal | None]()
    at_the_same_time(
        app,
        lambda: change_phone(card, "13900000042"),
        lambda: told.append(change_phone(card, "13900000043")),
    )
    assert told == [corrections.PHONE_CHANGED]
    with app.app_context(), read_transaction():
        assert db.session.get_one(Account, 1).phone == "13900000042"
    assert tampered(app) == ()


def visitor(card: PersonCard) -> Visitor:
    at = now()
    return Visitor(1, 1, MA_LAN.phone, "phone", at, at, card)


def test_an_account_whose_number_is_changed_meanwhile_is_not_closed(app: Flask) -> None:
    card, told = person(app), list[Refusal | None]()
    at_the_same_time(
        app,
        lambda: change_phone(card, "13900000042"),
        lambda: told.append(account_closure.hold_open(visitor(card))),
    )
    assert told == [account_closure.SIGNED_OUT]


def test_whoever_registers_anew_while_a_unit_is_merged_is_not_moved_from_where_they_were(
    app: Flask,
) -> None:
    ((person_id, unit_id),) = rows(
        app,
        "SELECT person_id, unit_id FROM registration WHERE superseded_at IS NULL"
        " ORDER BY id LIMIT 1",
    )
    assert isinstance(person_id, int)
    assert isinstance(unit_id, int)
    card = person(app, person_id)
    source = units.Unit(unit_id, "640104", "原单位", True, None, 1)

    def register() -> None:
        advisory_lock("person", card.identity.value)
        found = registrations.current(person_id)
        assert found is not None
        found[0].superseded_at = now()
        db.session.flush()

    def move() -> None:
        units.move_people(source=source, target_id=unit_id, limit=1, actor=SYSTEM, at=now())

    at_the_same_time(app, register, move)
    ((number,),) = rows(app, "SELECT count(*) FROM registration WHERE person_id = ?", person_id)
    assert number == 1
