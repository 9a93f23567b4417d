"""Drafts at the edge of a request: which forms are kept, and when.

`@drafted` on the view that a form is posted to keeps what was typed

- while it is typed: the script posts the form with `_draft` and gets 204; the view is not called.
  Of a form that was submitted meanwhile, nothing is kept behind its back;
- whenever the view answers with a page instead of a success: refused, reckoned first, reviewed;
- when the session has ended by itself meanwhile (`keep_late`), or the page's token is stale
  (`keep_stale`); the guard and the error page ask for these, because no view runs then.

A success removes the draft in the transaction of its rows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response, current_app, g, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from wtforms import HiddenField
from wtforms.fields.core import UnboundField

from flexapp.people import drafts
from flexapp.people.drafts import Draft
from flexapp.people.service import Visitor
from flexapp.web.clock import utcnow
from flexapp.web.forms import DRAFT, PageForm, strip
from flexapp.web.idempotency import already_done
from flexapp.web.navigation import goes_on


@dataclass(frozen=True, slots=True)
class DraftSpec:
    """How the form of a view is kept. `form`: under which address; None: its own."""

    fields: frozenset[str]
    form: str | None

    @property
    def key(self) -> str | None:
        """Under which address; None for one that no form of ours is posted to."""
        form = self.form or request.path
        return form if re.fullmatch(r"/[\w/-]{1,80}", form, re.ASCII) else None

    def typed(self) -> Mapping[str, str]:
        """What the request carries in the fields that people fill in, and nothing else."""
        return {name: strip(request.form.get(name)) for name in sorted(self.fields)}


def drafted(
    fields: type[PageForm], *, form: str | None = None, finishes: bool = True
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Mark a POST view whose form is kept until it is submitted.

    `form`: the address of the form, where the view is that of its second button; `finishes`:
    whether success means that the form is done. Stands outside of `@once`.
    """

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        kept = DraftSpec(_names(fields), form)

        @functools.wraps(view)
        def guarded(**parts: Any) -> Response:
            if is_autosave():
                if not already_done():
                    _keep(g.visitor.account_id, kept)
                return make_response("", 204)
            response = view(**parts)
            if response.status_code == 303 and not goes_on():
                if finishes and kept.key is not None:
                    drafts.drop(account_id=g.visitor.account_id, form=kept.key)
            elif response.status_code < 500:
                _keep(g.visitor.account_id, kept)
            return response

        guarded.kept = kept  # type: ignore[attr-defined]
        return guarded

    return mark


def background_request(view: Callable[..., Response]) -> Callable[..., Response]:
    """Mark a GET view that the script asks while somebody types.

    When the session has ended, the page is not taken away from under their fingers.
    """
    view.beside_typing = True  # type: ignore[attr-defined]
    return view


def is_background_request() -> bool:
    """Whether this request is one of those."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "beside_typing", False) and "HX-Request" in request.headers


def load_draft(form: str) -> Draft | None:
    """What the visitor has typed into the form of that address."""
    return drafts.find(account_id=g.visitor.account_id, form=form, at=utcnow())


def is_drafted(form: str) -> bool:
    """Whether an address is one that a form is kept for."""
    kept = _kept_by(_endpoint(current_app.url_map, form))
    return kept is not None and kept.form is None


def is_autosave() -> bool:
    """Whether the script asks to keep what is typed, and nobody waits for an answer."""
    return DRAFT in request.form


def keep_late(who: Visitor | None) -> str | None:
    """Keep what came for a session that has ended by itself; the address of its form, or None."""
    kept = _kept_by(request.endpoint) if request.method == "POST" else None
    if kept is None or kept.key is None or who is None or who.person is None:
        return None
    if not (is_autosave() and already_done()):
        _keep(who.account_id, kept)
    return kept.key


def keep_stale(who: Visitor | None) -> None:
    """Keep what came with a stale token from a page that was drawn for this person."""
    kept = _kept_by(request.endpoint)
    if kept is not None and who is not None:
        _keep(who.account_id, kept)


@lru_cache(maxsize=256)
def _endpoint(addresses: Map, form: str) -> str | None:
    """What answers a POST to an address; remembered, because it is asked with every form drawn."""
    try:
        endpoint, _ = addresses.bind("").match(form, method="POST")
    except HTTPException:
        return None
    return str(endpoint)


def _kept_by(endpoint: str | None) -> DraftSpec | None:
    view = current_app.view_functions.get(endpoint or "")
    kept: DraftSpec | None = getattr(view, "kept", None)
    return kept


def _keep(account_id: int, kept: DraftSpec) -> None:
    if kept.key is not None:
        drafts.keep(account_id=account_id, form=kept.key, typed=kept.typed(), at=utcnow())


def _names(fields: type[PageForm]) -> frozenset[str]:
    return frozenset(
        name
        for name, field in vars(fields).items()
        if isinstance(field, UnboundField) and not issubclass(field.field_class, HiddenField)
    )
