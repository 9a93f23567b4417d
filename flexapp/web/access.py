"""Who may call each endpoint: said once, beside the route, and checked before the view runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask

from flexapp.rules.roles import Role

View = TypeVar("View", bound=Callable[..., object])


class Access(StrEnum):
    """What a caller must have shown before a view runs."""

    PUBLIC = "public"
    ACCOUNT = "account"  # signed in with a phone number
    PERSON = "person"  # and real-name checked
    STAFF_BEGUN = "staff_begun"  # of the counters, and their password was right
    STAFF = "staff"  # and their second factor; each view names the roles it is for
    MACHINE = "machine"  # another system, whose every message is signed; the view checks it


def allow(access: Access, *roles: Role) -> Callable[[View], View]:
    """Mark a view with the access it needs; every endpoint must carry one.

    `roles`: with `STAFF`, and only there, who of the staff; none named is everybody.
    """
    if roles and access is not Access.STAFF:
        raise ValueError("only staff have roles")

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        view.roles = frozenset(roles or Role)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Access:
    """The access an endpoint was marked with; `LookupError` where somebody forgot."""
    marked: Access | None = getattr(app.view_functions[endpoint], "access", None)
    if marked is None:
        raise LookupError(f"the endpoint {endpoint} does not say who may call it")
    return marked


def roles_of(app: Flask, endpoint: str) -> frozenset[Role]:
    """Who of the staff an endpoint is for."""
    roles: frozenset[Role] = getattr(app.view_functions[endpoint], "roles", frozenset())
    return roles


def check_marked(app: Flask) -> None:
    """Refuse to start with an endpoint that does not say who may call it."""
    for endpoint in app.view_functions:
        access_of(app, endpoint)
