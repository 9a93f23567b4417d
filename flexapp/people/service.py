"""Public API for other slices: the visitor, persons and accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from flask import g

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import advisory_lock, prefill, read_once
from flexapp.encryption import vault
from flexapp.people import repository
from flexapp.people.cards import PERSON, PersonCard, card_from, card_of
from flexapp.people.models import Account, Person
from flexapp.people.name_attempts import NameTry, try_name
from flexapp.people.repository import asked_on
from flexapp.people.visitor_repository import PERSON_ID, Joined, hand_on, read_with_visitor
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.identity import IdentityNumber, parse_identity
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.rules.retirement import OriginalAge, check_approved, default_original_age
from flexapp.services import services

__all__ = [
    "PERSON",
    "PERSON_ID",
    "AccountView",
    "Joined",
    "NameTry",
    "PersonCard",
    "PersonIds",
    "PersonSeed",
    "Visitor",
    "account_of",
    "add_account",
    "add_people",
    "add_person",
    "asked_on",
    "find_person",
    "hand_on",
    "known",
    "mask_phone",
    "may_ask_about",
    "people_by_ids",
    "person_by_id",
    "person_of_account",
    "read_identity_number",
    "read_with_visitor",
    "record_retirement",
    "set_proxy_handling",
    "try_name",
    "visitor",
]

PersonIds = tuple[int, int | None]
"""Id of a person and of their account; None if they have no account."""


def mask_phone(phone: str) -> str:
    """Mask a phone number: "199****0001"."""
    return f"{phone[:3]}****{phone[-4:]}"


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """The signed-in resident of a request."""

    account_id: int
    sign_in_id: int
    phone: str
    channel: str
    """Code of the app that started the session; "phone" for a sign-in by number and code."""
    started_at: datetime
    seen_at: datetime
    person: PersonCard | None
    elder: bool | None = None
    """Whether 长辈版 is chosen; None if never chosen."""

    @property
    def masked_phone(self) -> str:
        """The phone number masked, such as "199****0001"."""
        return mask_phone(self.phone)

    @property
    def me(self) -> PersonCard:
        """The visitor's person; only for views that require real-name verification."""
        assert self.person is not None
        return self.person

    @property
    def actor(self) -> Actor:
        """The visitor as an audit actor."""
        label = f"手机号 {self.masked_phone}"
        if self.person is not None:
            label = f"{self.person.masked_name}（{self.masked_phone}）"
        return Actor(ActorKind.ACCOUNT, self.account_id, label, self.channel)


def visitor() -> Visitor | None:
    """Return the visitor of this request, loaded by the guard, or None."""
    found: Visitor | None = g.get("visitor")
    return found


@dataclass(frozen=True, slots=True, repr=False)
class AccountView:
    """An account, as its holder sees it. `sign_ins`: (channel, started, last seen)."""

    phone: str
    created_at: datetime
    real_name_at: datetime | None
    elder: bool | None
    sign_ins: tuple[tuple[str, datetime, datetime], ...]


def account_of(visitor: Visitor) -> AccountView:
    """Return all stored data of the visitor's account."""
    row = repository.account(visitor.account_id)
    return AccountView(
        phone=row.phone,
        created_at=row.created_at,
        real_name_at=row.real_name_at,
        elder=row.elder,
        sign_ins=tuple(repository.sign_ins(visitor.account_id)),
    )


def visitor_from(row: Mapping[str, object]) -> Visitor:
    """Build a visitor from a row of `visitor_repository.visitor`."""
    person = None
    if row["person_id"] is not None:
        person = card_from(row["person_id"], row)  # type: ignore[arg-type]
        prefill(("person", person.id), person)
    return Visitor(
        account_id=row["account_id"],  # type: ignore[arg-type]
        sign_in_id=row["sign_in_id"],  # type: ignore[arg-type]
        phone=row["phone"],  # type: ignore[arg-type]
        channel=row["channel"],  # type: ignore[arg-type]
        started_at=row["started_at"],  # type: ignore[arg-type]
        seen_at=row["seen_at"],  # type: ignore[arg-type]
        elder=row["elder"],  # type: ignore[arg-type]
        person=person,
    )


def read_identity_number(text: str, *, today: date, field: str) -> IdentityNumber | Refusal:
    """Parse an ID number; the demo also accepts the numbers of its fictional residents."""
    demo = services().demo
    fictional = demo.residents.keys() if demo is not None else ()
    return parse_identity(text, today, field=field, fictional=fictional)


def identity_index(identity: IdentityNumber) -> str:
    """Return the blind index of an ID number, used for look-ups."""
    return vault().index(identity.value, "person.identity")


def tables_exist() -> bool:
    """Whether the person table exists; false before the migrations."""
    return repository.tables_exist()


def anybody() -> bool:
    """Whether any person is stored; needs no key."""
    return repository.anybody()


def is_stored(identity: IdentityNumber) -> bool:
    """Whether a person with this ID number is stored; needs no data key."""
    return repository.is_stored(identity_index(identity))


def find_person(identity: IdentityNumber) -> PersonCard | None:
    """Return the person with this ID number, or None."""
    row = repository.person_by_identity(identity_index(identity))
    return None if row is None else card_of(row)


def person_by_id(person_id: int) -> PersonCard | None:
    """Return the person with this id, or None."""

    def load() -> PersonCard | None:
        row = repository.person(person_id)
        return None if row is None else card_of(row)

    return read_once(("person", person_id), load)


def people_by_ids(person_ids: Collection[int]) -> Mapping[int, PersonCard]:
    """Return the persons with these ids, by id, in one query."""
    return {row.id: card_of(row) for row in repository.people(person_ids)}


def person_of_account(account_id: int) -> int | None:
    """Return the id of an account's person; None if it is not verified yet, or closed."""
    return repository.account(account_id).person_id


def add_person(*, name: str, identity: IdentityNumber, at: datetime) -> PersonCard:
    """Insert a new person; a unique constraint allows one person per ID number."""
    row = Person(
        name=name,
        identity=identity.value,
        identity_index=identity_index(identity),
        proxy_allowed=True,
        created_at=at,
    )
    repository.add(row)
    return card_of(row)


def add_account(*, phone: str, person: PersonCard | None, at: datetime) -> int:
    """Insert an account for an 11-digit number, real-name verified at `at` if there is a person."""
    row = Account(
        phone=phone,
        phone_index=phone_index(phone),
        person_id=None if person is None else person.id,
        created_at=at,
        real_name_at=None if person is None else at,
    )
    repository.add(row)
    return row.id


class PersonSeed(NamedTuple):
    """A person for `add_people`; with `phone`, also a real-name verified account."""

    name: str
    identity: IdentityNumber
    phone: str | None
    at: datetime


def add_people(newcomers: Sequence[PersonSeed]) -> Sequence[PersonIds]:
    """Insert many people, none of whom is stored yet; return their ids in the same order."""
    persons: list[dict[str, object]] = [
        {
            "name": new.name,
            "identity": new.identity.value,
            "identity_index": identity_index(new.identity),
            "proxy_allowed": True,
            "created_at": new.at,
        }
        for new in newcomers
    ]
    numbers = repository.add_people(persons)
    accounts: list[dict[str, object]] = [
        {
            "phone": new.phone,
            "phone_index": phone_index(new.phone),
            "person_id": number,
            "created_at": new.at,
            "real_name_at": new.at,
        }
        for new, number in zip(newcomers, numbers, strict=True)
        if new.phone is not None
    ]
    given = iter(repository.add_accounts(accounts))
    return [
        (number, None if new.phone is None else next(given))
        for new, number in zip(newcomers, numbers, strict=True)
    ]


def known(identities: Sequence[IdentityNumber]) -> Sequence[PersonIds | None]:
    """Return the ids for these ID numbers, in the same order; None for unknown ones."""
    indexes = [identity_index(identity) for identity in identities]
    found = repository.by_identities(indexes)
    return [found.get(index) for index in indexes]


def phone_index(phone: str) -> str:
    """Return the blind index of a phone number, used for look-ups."""
    return vault().index(phone, "account.phone")


def set_proxy_handling(*, person: PersonCard, allowed: bool, actor: Actor, at: datetime) -> None:
    """Allow or forbid that others act for this person (代办); no effect if unchanged."""
    advisory_lock("person", person.identity.value)
    row = repository.reload_person(person.id)
    if row.proxy_allowed == allowed:
        return
    row.proxy_allowed = allowed
    repository.changed(row)
    audit.record(
        action="person.proxy_on" if allowed else "person.proxy_off",
        person_id=person.id,
        subject="proxy",
        actor=actor,
        at=at,
    )


def record_retirement(
    *, person: PersonCard, original: OriginalAge, approved: Month | None, actor: Actor, at: datetime
) -> PersonCard | Refusal:
    """Record the original retirement age and the approved month (None: not yet), from papers.

    Refusals: those of `why_not` and `check_approved`, and `nothing_changed`.
    """
    refusal = why_not(actor.channel_kind, Action.SPECIAL) or check_approved(
        birth=person.birth_month, sex=person.sex, original=original, approved=approved
    )
    if refusal is not None:
        return refusal
    advisory_lock("person", person.identity.value)
    row = repository.reload_person(person.id)
    before = card_of(row)
    if (original, approved) == (before.original_age, before.approved_month):
        return Refusal("nothing_changed", "填的内容和已记录的一样，不用再提交。")
    row.original_age = None if original is default_original_age(person.sex) else original.value
    row.approved_month = None if approved is None else str(approved)
    repository.changed(row)
    audit.record(
        action="person.retirement",
        person_id=person.id,
        subject="retirement",
        actor=actor,
        at=at,
        data={
            "original": original.value,
            "approved": str(approved or ""),
            "original_before": before.original_age.value,
            "approved_before": str(before.approved_month or ""),
        },
    )
    return card_of(row)


def may_ask_about(
    *, account_id: int, kind: str, identity: IdentityNumber, today: date, limit: int
) -> bool:
    """Record a query about an ID number; False if it exceeds `limit` different ones per day."""
    subject = vault().index(identity.value, f"daily.{kind}")
    return repository.note_daily_use(account_id, kind, today, subject, limit)
