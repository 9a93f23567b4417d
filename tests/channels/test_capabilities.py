"""What each kind of channel may do (2019 notice) holds in the services, whatever a page offers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.assessment.creation import (
    Assessed,
    AssessmentSubject,
    assess,
)
from flexapp.assessment.service import Record, find, transition
from flexapp.audit.service import Actor, ActorKind
from flexapp.people import service as people
from flexapp.people.service import PersonCard
from flexapp.registration import service as registration
from flexapp.registration.service import Details, RegistrationView
from flexapp.rules.capabilities import CAPABILITIES, Action, ChannelKind
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.transmission import service as transmission
from flexapp.web.clock import now, today
from flexapp.web.unit_of_work import write_transaction
from tests.support.walks import MA_LAN


def actor(kind: ChannelKind) -> Actor:
    """Ma Lan's account, at a channel of that kind."""
    return Actor(ActorKind.ACCOUNT, 1, "马*", kind.value, kind)


def ma_lan() -> tuple[PersonCard, RegistrationView]:
    person = people.find_person(IdentityNumber(MA_LAN.identity))
    assert person is not None
    registered = registration.current(person.id)
    assert registered is not None
    return person, registered


def register(kind: ChannelKind) -> object:
    person, registered = ma_lan()
    details: Details = registered.details
    return registration.register(
        person=person, details=details, actor=actor(kind), at=now(), today=today()
    )


def assess_a_month(kind: ChannelKind) -> Assessed | tuple[Refusal, ...]:
    return assess(
        subject=AssessmentSubject(*ma_lan(), by_proxy=False),
        start="2026-01",
        end="2026-01",
        base="60",
        actor=actor(kind),
        at=now(),
        today=today(),
    )


def a_record() -> Record:
    made = assess_a_month(ChannelKind.PHONE)
    assert isinstance(made, Assessed)
    record = find(made.serial)
    assert record is not None
    return record


def transmit(kind: ChannelKind) -> object:
    return transmission.transmit(record=a_record(), actor=actor(kind), at=now())


def revoke(kind: ChannelKind) -> object:
    return transition(record=a_record(), move=Move.REVOKE, actor=actor(kind), at=now())


def ask_tax(kind: ChannelKind) -> object:
    return transmission.ask_tax_to_revoke(
        record=a_record(), reason="填错了月份", actor=actor(kind), at=now()
    )


@pytest.mark.parametrize("kind", ChannelKind)
@pytest.mark.parametrize(
    ("action", "do"),
    [
        (Action.REGISTER, register),
        (Action.ASSESS, assess_a_month),
        (Action.TRANSMIT, transmit),
        (Action.REVOKE, revoke),
        (Action.REVOKE, ask_tax),
    ],
)
def test_a_channel_does_what_its_kind_may_and_nothing_else(
    inside: Flask, kind: ChannelKind, action: Action, do: Callable[[ChannelKind], object]
) -> None:
    with write_transaction():
        outcome = do(kind)
    refusals = outcome if isinstance(outcome, tuple) else (outcome,)
    reasons = [refusal.reason for refusal in refusals if isinstance(refusal, Refusal)]
    assert ("channel_cannot" in reasons) is (action not in CAPABILITIES[kind])
