"""Launch: a signed message of a vendor becomes a single-use link, and the link a session.

The link contains only a random code, of which the digest is stored. The personal data is stored
encrypted in the same row, until the code is used, declined or expired. Webviews prefetch addresses,
so GET does not use up the code; only the button does.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from flexapp import signing
from flexapp.channels import (
    keys,
    repository,
    service,
)
from flexapp.channels.catalogue import SANDBOX, App
from flexapp.channels.models import Launch
from flexapp.people import service as people
from flexapp.people.channel_sign_in import TOO_MANY as TOO_MANY_UNCONFIRMED
from flexapp.people.channel_sign_in import (
    Arrival,
    refuse_arrival,
    sign_in_from_channel,
)
from flexapp.people.external_services import PopulationRegistry
from flexapp.rules.identity import IdentityNumber, mask_name, parse_name
from flexapp.rules.limits import LAUNCHES, LAUNCHES_FALSE, LAUNCHES_UNCONFIRMED, NAMES_BY
from flexapp.rules.phone import parse_phone
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.web import rate_limit
from flexapp.web.message_replay import is_first
from flexapp.web.unit_of_work import early_read

AUDIENCE = "nx-flexible-employment"
LIFE = timedelta(seconds=60)
KEPT = timedelta(days=1)
"""How long a used or expired link can be distinguished from an unknown one."""

DEFAULT_TARGET = "/social-security"
TARGETS = frozenset(
    {
        "/",
        DEFAULT_TARGET,
        "/social-security/affairs",
        "/registration",
        "/assessment",
        "/me",
        "/me/messages",
    }
)
"""The pages that a vendor may send residents to."""

MAX_CLAIM = 100


class SandboxApps(Protocol):
    """Sandbox channels that vendors create in the demo."""

    def find_app(self, code: str, *, at: datetime) -> App | None:
        """Return the sandbox with this code; None if unknown or expired."""

    def refuse_person(self, *, name: str, identity: str, phone: str) -> Refusal | None:
        """Return why a sandbox may not launch this person; None if it may."""


@dataclass(frozen=True, slots=True)
class Link:
    """A single-use link. `code`: the secret part of its address, which is not stored."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TooMany(Refusal):
    """A rate limit is exhausted. `within`: the period of the limit; what is left of it is not
    disclosed.
    """

    within: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A usable link and the person it is for."""

    app: App
    identity: IdentityNumber
    masked_name: str


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """Result of a used link: the token of the new session, its channel and the target page."""

    token: str
    channel: str
    target: str


@dataclass(frozen=True, slots=True, repr=False)
class _Wanted:
    """The validated claims of a message."""

    arrival: Arrival
    target: str


def accept(
    *, message: str, sender: str, registry: PopulationRegistry, at: datetime, today: date
) -> Link | tuple[Refusal, ...]:
    """Create a link for a vendor's signed message, or return every reason why not.

    `sender` is the network address of the request; invalid messages are counted per address. The
    reasons are those of `launch_errors.LAUNCH_ERRORS`; reasons about a claim name it as their
    field.
    """
    # Verify the signature first, without the write lock: anybody can post, and writers must not
    # wait for messages that are not from a vendor. Invalid messages do not use up the rate limit of
    # the vendor they name.
    with early_read():
        app = _sender(message, at)
        genuine = app if isinstance(app, Refusal) else _verified(message, app, at)
        refused = next((each for each in (app, genuine) if isinstance(each, Refusal)), None)
        if refused is not None and rate_limit.retry_after(LAUNCHES_FALSE, sender) is not None:
            return (TOO_MANY,)
    if refused is not None:
        rate_limit.hit(LAUNCHES_FALSE, sender)
        return (refused,)
    assert isinstance(app, App)
    assert isinstance(genuine, signing.VerifiedMessage)
    if rate_limit.hit(LAUNCHES, app.code) > LAUNCHES.most:
        return (TOO_MANY,)
    if not is_first(genuine):
        return (Refusal("replayed", "this message was taken before (jti)"),)
    wanted = _read(genuine.claims, today)
    if not isinstance(wanted, _Wanted):
        return wanted
    arrival = wanted.arrival
    demo = services().demo
    if app.code.startswith(SANDBOX) and demo is not None:
        refusal = demo.sandbox.refuse_person(
            name=arrival.name, identity=arrival.identity.value, phone=arrival.phone
        )
        if refusal is not None:
            return (refusal,)
    refusal = refuse_arrival(arrival=arrival, channel=app.code, registry=registry)
    if refusal == TOO_MANY_UNCONFIRMED:
        # Either the channel's hourly limit is exhausted, or the limit for this ID number.
        used_up = rate_limit.number(LAUNCHES_UNCONFIRMED, app.code) >= LAUNCHES_UNCONFIRMED.most
        within = (LAUNCHES_UNCONFIRMED if used_up else NAMES_BY).within
        return (TooMany(refusal.reason, refusal.sentence, within=within),)
    if refusal is not None:
        return (refusal,)
    forget(at=at)
    link = Link(secrets.token_urlsafe(24), at + LIFE)
    repository.add_launch(
        {
            "code_digest": _digest(link.code),
            "channel": app.code,
            "name": arrival.name,
            "identity": arrival.identity.value,
            "phone": arrival.phone,
            "target": wanted.target,
            "made_at": at,
            "expires_at": link.expires_at,
            "used_at": None,
        }
    )
    return link


def look(*, code: str, at: datetime) -> Waiting | Refusal:
    """Return for whom a link is and from which app; the link stays unused.

    Refusals: launch_unknown, launch_used, launch_expired, and those of an unusable app.
    """
    found = _usable(code, at)
    if isinstance(found, Refusal):
        return found
    row, app = found
    arrival = _arrival(row)
    return Waiting(app, arrival.identity, mask_name(arrival.name))


def go_on(
    *, code: str, instead_of: str | None, at: datetime, begins_at: datetime
) -> Entered | Refusal:
    """Use up a code and begin a session. `instead_of` is the browser's open session, which ends."""
    found = _usable(code, begins_at)
    if isinstance(found, Refusal):
        return found
    row, app = found
    arrival, target = _arrival(row), row.target
    if not repository.use_launch(_digest(code), begins_at):
        return USED
    signed_in = sign_in_from_channel(
        arrival=arrival, channel=app.code, instead_of=instead_of, at=at, begins_at=begins_at
    )
    if isinstance(signed_in, Refusal):
        return signed_in
    return Entered(signed_in.token, app.code, target)


def decline(*, code: str, at: datetime) -> None:
    """不是我: use up the code without a session, and erase the personal data."""
    repository.use_launch(_digest(code), at)


def forget(*, at: datetime) -> int:
    """Erase the personal data of expired links; return how many."""
    return repository.forget_launches(expired_by=at, gone_by=at - KEPT)


def channel_of(code: str) -> str | None:
    """Return the channel of a link, also of a used or expired one."""
    row = repository.launch(_digest(code))
    return None if row is None else row.channel


TOO_MANY = TooMany("too_many", "too many within a minute", within=LAUNCHES.within)
USED = Refusal("launch_used", "这个链接已经用过了。")
UNKNOWN = Refusal("launch_unknown", "没有找到这个链接。")
EXPIRED = Refusal("launch_expired", "这个链接已经过期了。")


def _sender(message: str, at: datetime) -> App | Refusal:
    issuer = signing.claimed_issuer(message)
    if issuer is None and message.count(".") != 2:
        return Refusal("malformed", "not a compact JWS")
    app = None if issuer is None else _find_app(issuer, at)
    if app is None:
        return Refusal("unknown_channel", "iss names no app of the registry")
    # No secret: the channels page shows the same.
    return service.refuse_unusable(app) or app


def _verified(message: str, app: App, at: datetime) -> signing.VerifiedMessage | Refusal:
    known = keys.of_channel(app.code)
    valid = keys.key_set(tuple(key for key in known if key.valid))
    if valid is None:
        return Refusal(_unknown_or_retired(message, app, known, at), "no key of it is valid")
    try:
        return signing.verify(message, valid, issuer=app.code, audience=AUDIENCE, at=at)
    except signing.InvalidMessage as fault:
        reason = fault.reason
        if reason == "unknown_key":
            reason = _unknown_or_retired(message, app, known, at)
        return Refusal(reason, str(fault))


def _unknown_or_retired(message: str, app: App, known: tuple[keys.Key, ...], at: datetime) -> str:
    retired = keys.key_set(tuple(key for key in known if not key.valid))
    if retired is None:
        return "unknown_key"
    try:
        signing.verify(message, retired, issuer=app.code, audience=AUDIENCE, at=at)
    except signing.InvalidMessage as fault:
        return fault.reason if fault.reason in ("unknown_key", "malformed") else "retired_key"
    return "retired_key"


def _read(claims: Mapping[str, object], today: date) -> _Wanted | tuple[Refusal, ...]:
    """Validate the claims; return all faults at once."""
    name = parse_name(_text(claims, "name"))
    identity = people.read_identity_number(
        _text(claims, "id_number"), today=today, field="id_number"
    )
    phone = parse_phone(_text(claims, "phone"))
    target = claims.get("target", DEFAULT_TARGET)
    page: str | Refusal = Refusal("target_unknown", "target 不是可以直达的页面。", "target")
    if isinstance(target, str) and target in TARGETS:
        page = target
    refusals = tuple(
        answer for answer in (name, identity, phone, page) if isinstance(answer, Refusal)
    )
    if (
        isinstance(name, Refusal)
        or isinstance(identity, Refusal)
        or isinstance(phone, Refusal)
        or isinstance(page, Refusal)
    ):
        return refusals
    return _Wanted(Arrival(name, identity, phone), page)


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= MAX_CLAIM else ""


def _usable(code: str, at: datetime) -> tuple[Launch, App] | Refusal:
    row = repository.launch(_digest(code))
    if row is None:
        return UNKNOWN
    if row.used_at is not None:
        return USED
    if row.expires_at <= at:
        return EXPIRED
    app = _find_app(row.channel, at)
    if app is None:
        return UNKNOWN
    refusal = service.refuse_unusable(app)
    return refusal if refusal is not None else (row, app)


def _find_app(code: str, at: datetime) -> App | None:
    demo = services().demo
    sandbox = demo.sandbox.find_app(code, at=at) if demo is not None else None
    return service.find_app(code) or sandbox


def _arrival(row: Launch) -> Arrival:
    assert row.name is not None
    assert row.identity is not None
    assert row.phone is not None
    return Arrival(row.name, IdentityNumber(row.identity), row.phone)


def _digest(code: str) -> str:
    # 192 random bits need no salt: they cannot be guessed.
    return hashlib.sha256(code.encode()).hexdigest()
