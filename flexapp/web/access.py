"""Who may call each endpoint: said once, beside the route, and checked before the view runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., object])


class Access(StrEnum):
    """What a caller must have shown before a view runs."""

    PUBLIC = "public"
    ACCOUNT = "account"  # signed in with a phone number
    PERSON = "person"  # and real-name checked
    MACHINE = "machine"  # another system, whose every message is signed; the view checks it


def allow(access: Access) -> Callable[[View], View]:
    """Mark a view with the access it needs; every endpoint must carry one."""

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Access:
    """The access an endpoint was marked with; `LookupError` where somebody forgot."""
    marked: Access | None = getattr(app.view_functions[endpoint], "access", None)
    if marked is None:
        raise LookupError(f"the endpoint {endpoint} does not say who may call it")
    return marked


def check_marked(app: Flask) -> None:
    """Refuse to start with an endpoint that does not say who may call it."""
    for endpoint in app.view_functions:
        access_of(app, endpoint)
