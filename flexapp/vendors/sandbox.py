"""Channels for trying things out, in the demo alone: a vendor makes one by handing in a public key.

Whoever asks gets one, so it may do less than a real one: it lasts a day, is in no list that
residents see, and brings in nobody but the demo's fictional residents. That it is the demo is asked
again with every message and every link, not only where the pages are: outside the demo no code
beginning with `sandbox-` is known, whatever the database holds.
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
MOST = 200
"""Sandbox channels at a time."""
MOST_A_MINUTE = 10
"""Made by everybody together: nothing is kept about who asks."""

KID = "sandbox-key"
"""The name of a key that comes without one (PEM, a JWK without kid)."""

NAME = "沙箱"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A channel of one's own and its key."""

    code: str
    key: Key
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Resident:
    """A fictional person, with what a launch says of them."""

    name: str
    identity: str
    phone: str


def is_here() -> bool:
    """Whether this deployment has sandboxes at all: only the demo does."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.is_demo


def residents() -> tuple[Resident, ...]:
    """Who can be brought in from a sandbox: the demo's residents with a phone."""
    demo = services().demo
    return tuple(
        Resident(one.name, one.identity, one.phone)
        for one in (demo.residents.values() if demo is not None else ())
        if one.phone is not None
    )


def refuse_person(*, name: str, identity: str, phone: str) -> Refusal | None:
    """Nobody but the fictional residents comes in from a sandbox, as the demo knows them."""
    if Resident(name, identity, phone) in residents():
        return None
    return Refusal("sandbox_person", _FICTIONAL_ONLY, "id_number")


def make(*, text: str, at: datetime) -> Sandbox | Refusal:
    """A channel with this public key (JWK or PEM). Refusals name the field `key`."""
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
    if made >= MOST_A_MINUTE:
        return Refusal("sandbox_too_soon", "现在做沙箱的人多，请过一分钟再试。")
    if sandboxes.made_since(at - LIFE) >= MOST:
        return Refusal("sandbox_full", "沙箱今天用完了，请明天再试。")
    code = SANDBOX + "".join(secrets.choice(_LETTERS) for _ in range(8))
    key = keys.add(code=code, new=new, at=at)
    if isinstance(key, Refusal):
        return Refusal(key.reason, _USED, "key")
    sandboxes.add({"code": code, "made_at": at})
    return Sandbox(code, key, at + LIFE)


def find(code: str, *, at: datetime) -> Sandbox | None:
    """The sandbox channel with this code, as long as it lasts; never outside the demo."""
    if not code.startswith(SANDBOX) or not is_here():
        return None
    made_at = sandboxes.made_at(code)
    if made_at is None or made_at + LIFE <= at:
        return None
    found = keys.of_channel(code)
    return Sandbox(code, found[0], made_at + LIFE) if found else None


def find_app(code: str, *, at: datetime) -> App | None:
    """It as an app, such as launches come from."""
    found = find(code, at=at)
    return None if found is None else App(code=code, name=NAME, category=Category.PLATFORM)


def forget(*, at: datetime) -> None:
    """Drop those that are over, and their keys: they can be handed in again."""
    sandboxes.drop(at - LIFE)


_USED = "这个公钥已经登记过了，请另外生成一对。"


def _sentence(reason: str) -> str:
    """Beside the field; what is no P-256 key is called so first."""
    found = public_keys.SENTENCES[reason][1]
    other = reason in public_keys.OTHER_KINDS - public_keys.SECRETS
    return f"这不是 P-256 的公钥。{found}" if other else found


_FICTIONAL_ONLY = "沙箱只能带虚构居民进来，姓名、证件号、手机号要和沙箱页上的一样。"
