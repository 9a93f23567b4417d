"""Access rule of each endpoint: declared beside the route, enforced before the view runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from flexapp.rules.roles import Role
from flexapp.services import AppValue

View = TypeVar("View", bound=Callable[..., object])


class Access(StrEnum):
    """The authentication that a view requires of its caller."""

    PUBLIC = "public"
    ACCOUNT = "account"  # signed in with a phone number
    PERSON = "person"  # signed in and real-name verified (实名)
    STAFF_BEGUN = "staff_begun"  # staff with a correct password, second factor still missing
    STAFF = "staff"  # staff with password and second factor; each view names its roles
    MACHINE = "machine"  # another system; it signs every message and the view verifies it


def allow(access: Access, *roles: Role) -> Callable[[View], View]:
    """Decorator that declares the access a view requires; every endpoint must have one.

    `roles` restricts a `STAFF` view to these roles; without any, all roles may call it. With any
    other access, `roles` raises `ValueError`.
    """
    if roles and access is not Access.STAFF:
        raise ValueError("only staff have roles")

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        view.roles = frozenset(roles or Role)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Access:
    """The access declared for an endpoint; `LookupError` if there is none."""
    marked: Access | None = getattr(app.view_functions[endpoint], "access", None)
    if marked is None:
        raise LookupError(f"the endpoint {endpoint} does not say who may call it")
    return marked


def roles_of(app: Flask, endpoint: str) -> frozenset[Role]:
    """The staff roles that may call an endpoint; empty if it is not marked."""
    roles: frozenset[Role] = getattr(app.view_functions[endpoint], "roles", frozenset())
    return roles


def check_marked(app: Flask) -> None:
    """Raise `LookupError` at start-up if any endpoint declares no access."""
    for endpoint in app.view_functions:
        access_of(app, endpoint)


Guard = Callable[[Access], Response | None]
"""Loads who is signed in; returns the response to somebody who may not call the view, else None."""


_GUARDS: AppValue[dict[Access, Guard]] = AppValue("guards", dict)


def add_guard(app: Flask, accesses: frozenset[Access], guard: Guard) -> None:
    """Register the guard of the views with these accesses."""
    _GUARDS.of(app).update(dict.fromkeys(accesses, guard))


def guard() -> Response | None:
    """Enforce the access of the requested view; an unknown URL is public, its page is the 404."""
    access = access_of(current_app, request.endpoint) if request.endpoint else Access.PUBLIC
    return _GUARDS.get()[access](access)
