"""The demo's fictional staff and their current TOTP codes. Demo only."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from cryptography.exceptions import InvalidTag

from flexapp.agency import service as agency
from flexapp.audit.service import SYSTEM
from flexapp.encryption import row_key, vault
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff import repository
from flexapp.staff.service import (
    Clerk,
    add,
    clerk_from,
    hasher,
)
from flexapp.web.clock import today, utcnow

PASSWORD = "demo-counter-2026"  # noqa: S105
"""The password of all fictional staff; published in the README."""


ANNOUNCEMENT = "手机办理为主渠道，民生服务中心和社保大厅同步受理。"


@dataclass(frozen=True, slots=True)
class FictionalClerk:
    """A member of staff to sign in as in the demo."""

    user_name: str
    name: str
    role: Role
    places: tuple[str, ...] = ()


STAFF = (
    FictionalClerk("xz01", "马建军", Role.TOWNSHIP, ("640202", "640104")),
    FictionalClerk("dt01", "李秀梅", Role.HALL, ("640202", "640104")),
    FictionalClerk("jb01", "王淑华", Role.AGENCY),
    FictionalClerk("jb02", "哈国强", Role.AGENCY),
    FictionalClerk("sj01", "田文静", Role.AUDITOR),
)


def load(at: datetime) -> int:
    """Add the missing staff, ready to sign in; return how many were added."""
    added = 0
    for each in STAFF:
        if repository.by_user_name(each.user_name) is not None:
            continue
        outcome = add(
            user_name=each.user_name,
            name=each.name,
            role=each.role,
            places=each.places,
            actor=SYSTEM,
            at=at,
        )
        assert not isinstance(outcome, Refusal), outcome
        row = repository.by_user_name(each.user_name)
        assert row is not None
        repository.change(
            row.id,
            password_hash=hasher.hash(PASSWORD),
            must_change=False,
            secret=_secret(each.user_name),
        )
        if each.role is Role.AGENCY and not agency.announcements(today()):
            _announce(clerk_from(row), at)
        added += 1
    return added


def _announce(officer: Clerk, at: datetime) -> None:
    """Publish the demo's announcement on 首页."""
    outcome = agency.announce(
        text=ANNOUNCEMENT,
        first=today().isoformat(),
        last=(today() + timedelta(days=365)).isoformat(),
        actor=officer.actor,
        at=at,
        today=today(),
    )
    assert isinstance(outcome, int), outcome


def stored() -> list[str]:
    """Return the user names in the database that have the demo's published TOTP secret.

    The user name alone is not enough: a deployment may have a clerk xz01 of its own. Every command
    calls this function, including `flask db upgrade`, so it must work on the schema of any version.
    """
    if not repository.table_exists():
        return []
    return [each.user_name for each in STAFF if _has_demo_secret(each.user_name)]


def _has_demo_secret(user_name: str) -> bool:
    found = repository.stored_secret(user_name)
    if found is None:
        return False
    staff_id, stored = found
    try:
        secret = vault().decrypt(stored, "staff.secret", row_key(staff_id))
    except (InvalidTag, KeyError, ValueError):
        return False  # Encrypted with an unknown data key; the check of the data keys reports this.
    return secret == _secret(user_name)


def current(clerk: Clerk) -> str | None:
    """Return the current TOTP code of one of the fictional staff; None for any other clerk."""
    if clerk.user_name not in {each.user_name for each in STAFF}:
        return None
    row = repository.by_id(clerk.id)
    secret = _secret(clerk.user_name)
    if row is None or row.secret != secret:
        return None  # the clerk set up a new secret on a phone
    return pyotp.TOTP(secret).at(utcnow())


def _secret(user_name: str) -> str:
    digest = hashlib.sha256(f"demo second factor of {user_name}".encode()).digest()
    return base64.b32encode(digest[:20]).decode()
