"""The owner of a page: the person it was rendered for, checked when a stale form is submitted.

A CSRF token belongs to one session, so a form from another person's page never takes effect. The
owner decides whether its content may be shown again: since the page was rendered, the same person
may have signed in again, or another person on the same phone.

A form carries the owner as a digest in a hidden field.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from flask import Flask, current_app, g, request

from flexapp.services import AppValue
from flexapp.web.access import Access, access_of
from flexapp.web.forms import MARK, PAGE_OWNER

OF = "of"
"""Query parameter with the owner of a URL."""

IN_ADDRESS = 8
"""Length of the digest in a URL, in characters. Enough to distinguish two people who share a
phone; it is not an access check."""

Load = Callable[[], str | None]

_LOADERS: AppValue[dict[Access, Load]] = AppValue("page_owners", dict)


def init_app(app: Flask) -> None:
    """Add `page_owner()` and `page_mark()`, for hidden fields of forms, to the template globals."""
    app.jinja_env.globals["page_owner"] = lambda: _digest(g.get("page_owner"))
    # A different name on every page, so that browsers treat the form as new (form_open).
    app.jinja_env.globals["page_mark"] = lambda: MARK + secrets.token_urlsafe(6)


def loaded_by(app: Flask, accesses: frozenset[Access], load: Load) -> None:
    """Register the function that returns the signed-in owner, for views with these accesses.

    An owner is a text such as "account:12". The authentication hooks also set it as
    `g.page_owner`, for the pages that are rendered.
    """
    _LOADERS.of(app).update(dict.fromkeys(accesses, load))


def is_of_another() -> bool:
    """Whether the submitted form was rendered for another person than the one signed in.

    Usable before the authentication hooks have run: the CSRF check comes before them.
    """
    return PAGE_OWNER in request.form and not is_own()


def in_address() -> str:
    """The value of the parameter `OF` for the signed-in person; "" for nobody."""
    return _digest(g.get("page_owner"))[:IN_ADDRESS]


def address_is_of_another() -> bool:
    """Whether the URL was made for another person (reached with Back, or stored).

    A URL without an owner counts as the person's own, because it was typed.
    """
    return request.args.get(OF, in_address()) != in_address()


def is_own() -> bool:
    """Whether the submitted form was rendered for the signed-in person.

    False if nobody is signed in, or if the page was rendered for nobody.
    """
    access = access_of(current_app, request.endpoint) if request.endpoint else Access.PUBLIC
    load = _LOADERS.get().get(access)
    owner = None if load is None else load()
    carried = request.form.get(PAGE_OWNER, "").encode()
    return owner is not None and hmac.compare_digest(carried, _digest(owner).encode())


def _digest(owner: str | None) -> str:
    """Keyed digest of an owner, 32 hexadecimal digits; "" if nobody is signed in."""
    if owner is None:
        return ""
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"page:{owner}".encode(), hashlib.sha256).hexdigest()[:32]
