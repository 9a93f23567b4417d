"""Staff accounts: add, reset, disable, look up."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import advisory_lock
from flexapp.rules import divisions
from flexapp.rules.identity import mask_name
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.text import normalise
from flexapp.staff import repository

PASSWORD_LEAST, PASSWORD_MOST = 12, 128
USER_NAME = re.compile(r"[a-z][a-z0-9.-]{2,31}")

hasher = PasswordHasher()
"""argon2id with the default parameters of the library (RFC 9106, low memory)."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """A member of staff: a clerk or an officer."""

    id: int
    user_name: str
    name: str
    role: Role
    divisions: tuple[str, ...]
    """Division codes of a local role; empty for roles that see the whole region."""

    @property
    def actor(self) -> Actor:
        """The audit actor, as events record it and as the affected person sees it."""
        return Actor(
            ActorKind.STAFF,
            self.id,
            f"{self.role.label} {mask_name(self.name)}（{self.user_name}）",
            self.role.value,
            self.role.channel_kind,
        )


def clerk(staff_id: int) -> Clerk | None:
    """Return the clerk with this id, or None if unknown or disabled."""
    row = repository.by_id(staff_id)
    return None if row is None or row.disabled_at is not None else clerk_from(row)


def find_any(user_name: str) -> Clerk | None:
    """Return the clerk with this user name, disabled or not."""
    row = repository.by_user_name(user_name)
    return None if row is None else clerk_from(row)


def any_by_id(staff_id: int) -> Clerk | None:
    """Return the clerk with this id, disabled or not."""
    row = repository.by_id(staff_id)
    return None if row is None else clerk_from(row)


def clerk_from(row: repository.Row, divisions: Sequence[str] | None = None) -> Clerk:
    """Build a clerk from a stored row; reads the divisions of a local role unless given."""
    role = Role(row.role)
    if divisions is None and role.is_local:
        divisions = repository.divisions_of(row.id)
    places = tuple(divisions or ()) if role.is_local else ()
    return Clerk(row.id, row.user_name, row.name, role, places)


def add(
    *,
    user_name: str,
    name: str,
    role: Role,
    places: Sequence[str],
    actor: Actor,
    at: datetime,
) -> str | Refusal:
    """Add an account and return its first password, which only allows choosing a new one.

    Refusals: `user_name`, `user_name_taken`, `name`, `division`.
    """
    if not USER_NAME.fullmatch(user_name):
        return Refusal("user_name", "a user name is 3 to 32 of a-z, 0-9, . and -")
    if repository.by_user_name(user_name) is not None:
        return Refusal("user_name_taken", f"{user_name} is there already")
    name = normalise(name)
    if not 1 <= len(name) <= 60:
        return Refusal("name", "a name is 1 to 60 characters")
    unknown = [code for code in places if divisions.find(code) is None]
    if unknown:
        return Refusal("division", f"no such division: {', '.join(unknown)}")
    if role.is_local != bool(places):
        need = "needs at least one division" if role.is_local else "takes no division"
        return Refusal("division", f"the role {role.value} {need}")
    password = secrets.token_urlsafe(12)
    staff_id = repository.add(
        _row(user_name=user_name, name=name, role=role, password=password, at=at),
        sorted(set(places)),
    )
    audit.record(
        action="staff.added",
        person_id=None,
        subject=f"staff:{staff_id}",
        actor=actor,
        at=at,
        data={"role": role.value, "divisions": " ".join(sorted(set(places)))},
    )
    return password


def reset(*, user_name: str, actor: Actor, at: datetime) -> str | Refusal:
    """Enable an account, remove its second factor and end its sessions; a new first password.

    Refusal: `user_name_unknown`.
    """
    row = repository.by_user_name(user_name)
    if row is None:
        return Refusal("user_name_unknown", f"there is no {user_name}")
    # `sessions.choose_password` takes the same lock and then reads the account again.
    advisory_lock("staff", user_name)
    password = secrets.token_urlsafe(12)
    repository.change(
        row.id,
        password_hash=hasher.hash(password),
        must_change=True,
        secret=None,
        disabled_at=None,
    )
    repository.end_sessions_of(row.id)
    _note("staff.reset", row.id, actor, at)
    return password


def disable(*, user_name: str, actor: Actor, at: datetime) -> Refusal | None:
    """Disable an account and end its sessions; `reset` enables it again."""
    row = repository.by_user_name(user_name)
    if row is None:
        return Refusal("user_name_unknown", f"there is no {user_name}")
    advisory_lock("staff", user_name)
    repository.change(row.id, disabled_at=at)
    repository.end_sessions_of(row.id)
    _note("staff.disabled", row.id, actor, at)
    return None


def has_accounts() -> bool:
    """Whether any staff account exists; also works before the schema is upgraded."""
    return repository.table_exists() and repository.anybody()


def everybody() -> tuple[tuple[Clerk, bool], ...]:
    """Return all staff, each with whether the account is enabled."""
    return tuple((clerk_from(row), row.disabled_at is None) for row in repository.everybody())


def _note(action: str, staff_id: int, actor: Actor, at: datetime) -> None:
    audit.record(action=action, person_id=None, subject=f"staff:{staff_id}", actor=actor, at=at)


def _row(
    *, user_name: str, name: str, role: Role, password: str, at: datetime
) -> dict[str, object]:
    return {
        "user_name": user_name,
        "name": name,
        "role": role.value,
        "password_hash": hasher.hash(password),
        "must_change": True,
        "secret": None,
        "last_step": 0,
        "disabled_at": None,
        "created_at": at,
    }
