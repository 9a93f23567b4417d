"""From an app to these pages: a signed message becomes a single-use link, the link a session.

The link holds nothing but a random code, of which only a digest is stored. Who it is for lies
encrypted beside it, until the code is used, refused or expired. Looking at the link costs nothing:
webviews fetch addresses ahead, so only the button spends the code.
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
    arrive,
    refuse_arrival,
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
"""How long a used or expired link is told from one that never was."""

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
"""The pages that a vendor may send people to."""

LONGEST_CLAIM = 100


class SandboxApps(Protocol):
    """Apps that vendors make for trying things out (demo only)."""

    def find_app(self, code: str, *, at: datetime) -> App | None:
        """The sandbox with this code, as long as it lasts."""

    def refuse_person(self, *, name: str, identity: str, phone: str) -> Refusal | None:
        """Why a sandbox may not bring this person in, if so."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can be used once. `code`: the secret part of its address, kept nowhere."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TooMany(Refusal):
    """A limit is used up. `within`: the time it is for; how much is left, nobody has to know."""

    within: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A link that can be used now, and who it is for."""

    app: App
    identity: IdentityNumber
    masked_name: str


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """A link was used: the token of the new session, its channel and where it leads."""

    token: str
    channel: str
    target: str


@dataclass(frozen=True, slots=True, repr=False)
class _Wanted:
    """What the claims of a message ask for."""

    arrival: Arrival
    target: str


def accept(
    *, message: str, sender: str, registry: PopulationRegistry, at: datetime, today: date
) -> Link | tuple[Refusal, ...]:
    """Make a link of a vendor's signed message, or say every reason why not.

    `sender`: the network address it came from, where what is not genuine is counted.
    Reasons: `launch_errors.LAUNCH_ERRORS`; those about a claim name it as their field.
    """
    # Anybody can post: no writer waits for a message before it is known to be a vendor's. And what
    # others send from a vendor's address uses up nothing of the vendor's: first the signature.
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
        # Used up is what the channel may do in an hour, or else what it may try for this number.
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
    """Whom a link is for and where from; nothing is spent by looking.

    Refusals: launch_unknown, launch_used, launch_expired, and those of an app that cannot be used.
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
    """Spend a code and begin a session; one that was open in this browser (`instead_of`) ends."""
    found = _usable(code, begins_at)
    if isinstance(found, Refusal):
        return found
    row, app = found
    arrival, target = _arrival(row), row.target
    if not repository.use_launch(_digest(code), begins_at):
        return USED
    signed_in = arrive(
        arrival=arrival, channel=app.code, instead_of=instead_of, at=at, begins_at=begins_at
    )
    if isinstance(signed_in, Refusal):
        return signed_in
    return Entered(signed_in.token, app.code, target)


def decline(*, code: str, at: datetime) -> None:
    """不是我: spend the code for nothing, and erase who it was for."""
    repository.use_launch(_digest(code), at)


def forget(*, at: datetime) -> int:
    """Erase who the expired links were for; how many that were."""
    return repository.forget_launches(expired_by=at, gone_by=at - KEPT)


def channel_of(code: str) -> str | None:
    """The channel that a link came from, whatever became of it since."""
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
    # Nothing is given away to whoever only claims to be the app: the channels page says the same.
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
    """Who the claims are about, and the page wanted; every fault at once."""
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
    return value if isinstance(value, str) and len(value) <= LONGEST_CLAIM else ""


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
    # 192 random bits need no salt: nobody can try them.
    return hashlib.sha256(code.encode()).hexdigest()
