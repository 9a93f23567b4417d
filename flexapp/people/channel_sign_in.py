"""Arriving from an app that has already identified the person (渠道).

The channel vouches for name, ID number and mobile number together. What it says is believed only
where it contradicts nothing we know: one ID number is one person, with one account, with one
number, by however many channels they come. Every contradiction gets one and the same refusal, so
that no channel can find out who is registered, or with which number.

A channel's word opens the sessions that channels begin. It does not open the account to whoever
holds the number: a vendor that mistook a number would hand a stranger somebody else's account. So
the first time somebody signs in with that number and a code, they prove their real name before
they see anything (`Account.vouched_by`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import advisory_lock
from flexapp.people import name_attempts, repository
from flexapp.people.external_services import GatewayDown, PopulationRegistry
from flexapp.people.models import Account
from flexapp.people.service import (
    PersonCard,
    add_account,
    add_person,
    find_person,
    mask_phone,
    phone_index,
)
from flexapp.people.sessions import (
    SignedIn,
    sign_out,
    start_session,
)
from flexapp.rules.identity import IdentityNumber, mask_name, same_name
from flexapp.rules.limits import LAUNCHES_UNCONFIRMED
from flexapp.rules.refusal import Refusal
from flexapp.web import rate_limit
from flexapp.web.unit_of_work import outside_transaction

NOT_CONFIRMED = Refusal(
    "not_confirmed",
    "姓名、身份证号和手机号没有通过核验，或者和以前登记的不一致。"
    "请本人核对在 App 里登记的信息；换了手机号的，请带身份证到社保服务大厅更换。",
)
"""One answer for every mismatch."""

TOO_MANY = Refusal("too_many_unconfirmed", "too many people whom nobody confirms")


@dataclass(frozen=True, slots=True, repr=False)
class Arrival:
    """Whom a channel vouches for; name, ID number and phone as the parsers give them."""

    name: str
    identity: IdentityNumber
    phone: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What we know of an arrival already. `bound`: the account is that of the person."""

    person: PersonCard | None
    account: Account | None

    @property
    def bound(self) -> bool:
        return self.account is not None and self.account.person_id is not None


def refuse_arrival(
    *, arrival: Arrival, channel: str, registry: PopulationRegistry
) -> Refusal | None:
    """Why this person cannot come in so; None where they can.

    Who is not known yet is asked for at the population registry, with no transaction open. Names
    that are not confirmed are counted for the channel: it may not find out whose a number is by
    trying, nor who is registered.
    """
    known = _known(arrival)
    if isinstance(known, _Known) and known.bound:
        return None
    tried = name_attempts.try_name(
        asker=f"channel:{channel}",
        kind="launch",
        identity=arrival.identity,
        name=arrival.name,
        alone=True,
    )
    if not isinstance(tried, name_attempts.NameTry):
        return TOO_MANY
    if (
        tried.tries is not None
        and rate_limit.retry_after(LAUNCHES_UNCONFIRMED, channel) is not None
    ):
        tried.was_not_judged()
        return TOO_MANY
    if isinstance(known, Refusal):
        _note_unconfirmed(tried, channel)
        return known
    try:
        with outside_transaction():
            confirmed = registry.confirms(arrival.name, arrival.identity, arrival.phone)
    except GatewayDown:
        tried.was_not_judged()
        return Refusal("registry_down", "现在连不上核验系统，请稍后再试。")
    if confirmed:
        tried.was_right()
        return None
    _note_unconfirmed(tried, channel)
    return NOT_CONFIRMED


def _note_unconfirmed(tried: name_attempts.NameTry, channel: str) -> None:
    if tried.tries is not None:
        rate_limit.hit(LAUNCHES_UNCONFIRMED, channel)


def arrive(
    *,
    arrival: Arrival,
    channel: str,
    instead_of: str | None,
    at: datetime,
    begins_at: datetime,
) -> SignedIn | Refusal:
    """A new session in a channel; the first time, person and account are made.

    Only after `refuse_arrival` found nothing; what may have changed since is looked at again. The
    session of the token `instead_of`, open in the same browser, ends: whoever it belongs to is not
    the one who goes on. `at`: when the real name counts as checked, `begins_at`: the real moment.
    """
    advisory_lock("phone", phone_index(arrival.phone))
    advisory_lock("person", arrival.identity.value)
    known = _known(arrival)
    if isinstance(known, Refusal):
        return known
    if instead_of is not None:
        sign_out(token=instead_of, at=begins_at)
    if known.bound:
        assert known.account is not None
        account_id = known.account.id
        assert known.person is not None
        person = known.person
    else:
        person = known.person or add_person(name=arrival.name, identity=arrival.identity, at=at)
        account_id = _bind(known.account, person, arrival.phone, channel, at)
    return start_session(
        account_id=account_id,
        phone=arrival.phone,
        person_id=person.id,
        at=begins_at,
        channel=channel,
    )


def _known(arrival: Arrival) -> _Known | Refusal:
    person = find_person(arrival.identity)
    account = repository.account_by_phone(phone_index(arrival.phone))
    if person is not None and not same_name(person.name, arrival.name):
        return NOT_CONFIRMED
    persons = None if person is None else repository.account_of_person(person.id)
    if persons is not None and (account is None or account.id != persons.id):
        return NOT_CONFIRMED  # the person has an account, with another number
    if account is not None and account.person_id is not None and persons is None:
        return NOT_CONFIRMED  # the number is somebody else's
    return _Known(person, account)


def _bind(
    account: Account | None, person: PersonCard, phone: str, channel: str, at: datetime
) -> int:
    if account is None:
        account = repository.account(add_account(phone=phone, person=person, at=at))
    account.person_id = person.id
    account.real_name_at = at
    account.vouched_by = channel
    repository.changed(account)
    audit.record(
        action="person.real_name",
        person_id=person.id,
        subject="real-name",
        actor=Actor(
            ActorKind.ACCOUNT,
            account.id,
            f"{mask_name(person.name)}（{mask_phone(phone)}）",
            channel,
        ),
        at=at,
    )
    return account.id
