"""Sign-in from an app (渠道) that has already identified the person.

The channel vouches for name, ID number and mobile number together. The statement is accepted only
if it does not contradict stored data: one ID number is one person with one account and one mobile
number, whichever channels are used. Every contradiction gets the same refusal, so that a channel
cannot find out who is registered or with which number.

The statement of a channel only opens sessions that a channel starts. It does not open the account
to the holder of the number, because a wrong number from a vendor would give a stranger access. So
the first sign-in with that number and a code requires real-name verification before anything is
shown (`Account.vouched_by`).
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
"""The single refusal for every mismatch."""

TOO_MANY = Refusal("too_many_unconfirmed", "too many people whom nobody confirms")


@dataclass(frozen=True, slots=True, repr=False)
class Arrival:
    """The person that a channel vouches for; all fields are already parsed."""

    name: str
    identity: IdentityNumber
    phone: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The stored person and account of an arrival. `bound`: the account belongs to the person."""

    person: PersonCard | None
    account: Account | None

    @property
    def bound(self) -> bool:
        return self.account is not None and self.account.person_id is not None


def refuse_arrival(
    *, arrival: Arrival, channel: str, registry: PopulationRegistry
) -> Refusal | None:
    """Return a refusal if the arrival may not sign in, else None.

    If person and account are not linked yet, the population registry is queried, with no
    transaction open. Unconfirmed names are counted per channel, so that it cannot find out by
    trial who owns an ID number or who is registered. Refusals: `too_many_unconfirmed`,
    `not_confirmed`, `registry_down`.
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


def sign_in_from_channel(
    *,
    arrival: Arrival,
    channel: str,
    instead_of: str | None,
    at: datetime,
    begins_at: datetime,
) -> SignedIn | Refusal:
    """Start a session in a channel; the first time, create the person and the account.

    Call after `refuse_arrival` returned None; the stored data is checked again under locks. The
    session of the token `instead_of`, open in the same browser, ends, because it may belong to
    somebody else. `at` is the business time of the real-name verification; `begins_at` is the real
    time. Refusal: `not_confirmed`.
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
        return NOT_CONFIRMED  # the person has an account with another number
    if account is not None and account.person_id is not None and persons is None:
        return NOT_CONFIRMED  # the number belongs to another person
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
