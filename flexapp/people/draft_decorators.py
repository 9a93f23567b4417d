"""Decorators that save form input as drafts.

`@drafted` on the view that receives a form saves the input

- on autosave: the script posts the form with `_draft` and gets 204; the view is not called. If the
  form has been submitted in the meantime, the autosave is ignored;
- when the view responds with a page instead of a success, such as a refusal, a calculation or a
  review;
- when the session has expired (`keep_expired`) or the CSRF token is stale (`keep_stale`).
  The guard and the error page call these, because no view runs then.

A success removes the draft in the same transaction.
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
    """How the input of a view is saved.

    `fields`: names of the saved fields. `form`: path used as the key of the draft; None for the
    path of the request.
    """

    fields: frozenset[str]
    form: str | None

    @property
    def key(self) -> str | None:
        """The path used as the key of the draft; None if it is not a valid path of a form."""
        form = self.form or request.path
        return form if re.fullmatch(r"/[\w/-]{1,80}", form, re.ASCII) else None

    def typed(self) -> Mapping[str, str]:
        """The input of the request in the saved fields, by name."""
        return {name: strip(request.form.get(name)) for name in sorted(self.fields)}


def drafted(
    fields: type[PageForm], *, form: str | None = None, finishes: bool = True
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Save the input of a POST view as a draft until the form is submitted.

    `form` is the path of the form, if the view handles its second button. `finishes` is true if a
    success completes the form. Apply outside of `@idempotent`.
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
    """Mark a GET view that the script requests while the person types.

    If the session has expired, such a request does not redirect the page to sign-in.
    """
    view.beside_typing = True  # type: ignore[attr-defined]
    return view


def is_background_request() -> bool:
    """Whether this is an htmx request to a view marked with `background_request`."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "beside_typing", False) and "HX-Request" in request.headers


def load_draft(form: str) -> Draft | None:
    """Return the visitor's draft of the form with this path, or None."""
    return drafts.find(account_id=g.visitor.account_id, form=form, at=utcnow())


def is_drafted(form: str) -> bool:
    """Whether drafts are saved under this path."""
    kept = _kept_by(_endpoint(current_app.url_map, form))
    return kept is not None and kept.form is None


def is_autosave() -> bool:
    """Whether this request is an autosave by the script."""
    return DRAFT in request.form


def keep_expired(who: Visitor | None) -> str | None:
    """Save the input of a POST after the session has expired.

    Returns the path of the form; None if nothing is saved for this view or visitor.
    """
    kept = _kept_by(request.endpoint) if request.method == "POST" else None
    if kept is None or kept.key is None or who is None or who.person is None:
        return None
    if not (is_autosave() and already_done()):
        _keep(who.account_id, kept)
    return kept.key


def keep_stale(who: Visitor | None) -> None:
    """Save the input of a POST with a stale CSRF token.

    The caller checks that the page was rendered for this visitor.
    """
    kept = _kept_by(request.endpoint)
    if kept is not None and who is not None:
        _keep(who.account_id, kept)


@lru_cache(maxsize=256)
def _endpoint(addresses: Map, form: str) -> str | None:
    """Return the endpoint for a POST to a path. Cached, because every rendered form needs it."""
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
