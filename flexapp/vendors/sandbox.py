"""Sandbox channels, only in the demo: a vendor creates one by submitting a public key.

Anybody can create one, so it can do less than a real channel. It expires after one day, is in no
list that residents see, and can launch only the fictional residents of the demo. Every message and
every link checks that this is the demo, not only the registration of the pages: elsewhere no code
beginning with `sandbox-` is known, whatever the database contains.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from flexapp.channels import keys, public_keys, sandboxes
from flexapp.channels.catalogue import (
    SANDBOX,
    App,
    Category,
)
from flexapp.channels.keys import Key
from flexapp.config import Settings
from flexapp.db.session import advisory_lock
from flexapp.rules.refusal import Refusal
from flexapp.services import services

LIFE = timedelta(days=1)
MAX_SANDBOXES = 200
"""Maximum number of sandbox channels at a time."""
MAX_A_MINUTE = 10
"""Maximum number created per minute by all users together: nothing about a user is stored."""

KID = "sandbox-key"
"""The `kid` of a key that comes without one (PEM, or a JWK without kid)."""

NAME = "沙箱"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox channel and its key."""

    code: str
    key: Key
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Resident:
    """A fictional resident: the personal data of a launch."""

    name: str
    identity: str
    phone: str


def is_here() -> bool:
    """Return whether this deployment has sandboxes: only the demo has."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.is_demo


def residents() -> tuple[Resident, ...]:
    """Return who can be launched from a sandbox: the residents of the demo who have a phone."""
    demo = services().demo
    return tuple(
        Resident(one.name, one.identity, one.phone)
        for one in (demo.residents.values() if demo is not None else ())
        if one.phone is not None
    )


def refuse_person(*, name: str, identity: str, phone: str) -> Refusal | None:
    """Refuse anybody whose data is not exactly that of a fictional resident of the demo."""
    if Resident(name, identity, phone) in residents():
        return None
    return Refusal("sandbox_person", _FICTIONAL_ONLY, "id_number")


def make(*, text: str, at: datetime) -> Sandbox | Refusal:
    """Create a channel with this public key (JWK or PEM).

    Refusals of the key name the field `key`.
    """
    if not is_here():
        return Refusal("sandbox_absent", "沙箱只在演示环境里有。")
    new = keys.read(text, None)
    if isinstance(new, Refusal) and new.reason == "kid_missing":
        new = keys.read(text, KID)
    if isinstance(new, Refusal):
        return Refusal(new.reason, _sentence(new.reason), "key")
    advisory_lock("sandbox", "made")
    forget(at=at)
    made = sandboxes.made_since(at - timedelta(minutes=1))
    if made >= MAX_A_MINUTE:
        return Refusal("sandbox_too_soon", "现在做沙箱的人多，请过一分钟再试。")
    if sandboxes.made_since(at - LIFE) >= MAX_SANDBOXES:
        return Refusal("sandbox_full", "沙箱今天用完了，请明天再试。")
    code = SANDBOX + "".join(secrets.choice(_LETTERS) for _ in range(8))
    key = keys.add(code=code, new=new, at=at)
    if isinstance(key, Refusal):
        return Refusal(key.reason, _USED, "key")
    sandboxes.add({"code": code, "made_at": at})
    return Sandbox(code, key, at + LIFE)


def find(code: str, *, at: datetime) -> Sandbox | None:
    """Return the sandbox with this code; None if unknown or expired, and outside the demo."""
    if not code.startswith(SANDBOX) or not is_here():
        return None
    made_at = sandboxes.made_at(code)
    if made_at is None or made_at + LIFE <= at:
        return None
    found = keys.of_channel(code)
    return Sandbox(code, found[0], made_at + LIFE) if found else None


def find_app(code: str, *, at: datetime) -> App | None:
    """Return the sandbox as an app that launches can come from."""
    found = find(code, at=at)
    return None if found is None else App(code=code, name=NAME, category=Category.PLATFORM)


def forget(*, at: datetime) -> None:
    """Delete expired sandboxes with their keys, so that the keys can be submitted again."""
    sandboxes.drop(at - LIFE)


_USED = "这个公钥已经登记过了，请另外生成一对。"


def _sentence(reason: str) -> str:
    """Return the sentence for the field; it says first if the text is no P-256 key."""
    found = public_keys.SENTENCES[reason][1]
    other = reason in public_keys.OTHER_KINDS - public_keys.SECRETS
    return f"这不是 P-256 的公钥。{found}" if other else found


_FICTIONAL_ONLY = "沙箱只能带虚构居民进来，姓名、证件号、手机号要和沙箱页上的一样。"
