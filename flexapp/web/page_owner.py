"""For whom a page was drawn: carried by its forms, and compared when one of them comes back stale.

The token of a form (CSRF) belongs to one session, so nothing that is posted from another person's
page takes effect. Whether its content may be shown again is decided by the owner: the same person
may have signed in again meanwhile, or another one on the same phone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from flask import Flask, current_app, g, request

from flexapp.web.access import Access, access_of
from flexapp.web.forms import MARK, PAGE_OWNER

OF = "of"
"""The name in an address of for whom it was made."""

IN_ADDRESS = 8
"""Letters of the digest there: two people of one phone are told apart, nothing is kept out."""

_LOADERS = "page_owners"


def init_app(app: Flask) -> None:
    """Give the templates what a form carries."""
    app.extensions[_LOADERS] = {}
    app.jinja_env.globals["page_owner"] = lambda: _digest(g.get("page_owner"))
    # Another name with every page: browsers then take the form for a new one (form_open).
    app.jinja_env.globals["page_mark"] = lambda: MARK + secrets.token_urlsafe(6)


def loaded_by(app: Flask, accesses: frozenset[Access], load: Callable[[], str | None]) -> None:
    """`load` says who is signed in, for requests to views of these accesses.

    The guards also set `g.page_owner`, such as "account:12", which new pages are drawn for.
    """
    app.extensions[_LOADERS].update(dict.fromkeys(accesses, load))


def is_of_another() -> bool:
    """Whether the form that the request carries was drawn for somebody else than who is signed in.

    Asked where the guards did not run: the token is checked before them.
    """
    return PAGE_OWNER in request.form and not is_own()


def in_address() -> str:
    """What an address carries that says something of who is signed in; "" for nobody."""
    return _digest(g.get("page_owner"))[:IN_ADDRESS]


def address_is_of_another() -> bool:
    """Whether the address was made for somebody else: one that Back led to, or that was kept.

    An address without an owner is one that somebody typed.
    """
    return request.args.get(OF, in_address()) != in_address()


def is_own() -> bool:
    """Whether it was drawn for who is signed in. A form of nobody's page is nobody's own."""
    access = access_of(current_app, request.endpoint) if request.endpoint else Access.PUBLIC
    load: Callable[[], str | None] | None = current_app.extensions[_LOADERS].get(access)
    owner = None if load is None else load()
    carried = request.form.get(PAGE_OWNER, "").encode()
    return owner is not None and hmac.compare_digest(carried, _digest(owner).encode())


def _digest(owner: str | None) -> str:
    """What the forms of an owner's pages carry; "" where nobody is signed in."""
    if owner is None:
        return ""
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"page:{owner}".encode(), hashlib.sha256).hexdigest()[:32]
