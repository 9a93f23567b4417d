"""/draft/clear: discard a draft (清除重填)."""

from __future__ import annotations

from flask import Response, g, request

from flexapp.people import blueprint, draft_decorators, drafts
from flexapp.web.access import Access, allow
from flexapp.web.forms import RESUBMIT
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import see_other


@blueprint.post("/draft/clear")
@allow(Access.PERSON)
def clear_draft() -> Response:
    """Delete the draft of a form and redirect to the form."""
    form = request.form.get("form", "")
    if not draft_decorators.is_drafted(form):
        return see_other(page_url(Page.HOME))
    if RESUBMIT not in request.form:
        drafts.drop(account_id=g.visitor.account_id, form=form)
    return see_other(form)
