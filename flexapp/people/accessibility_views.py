"""/display: switch 长辈版 on or off."""

from __future__ import annotations

from flask import Response, g, request

from flexapp.people import accessibility_mode, blueprint
from flexapp.web.access import Access, allow
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import is_local, see_other


@blueprint.post("/display")
@allow(Access.PUBLIC)
def choose_display() -> Response:
    """Set the mode and redirect back to the page of the switch. Idempotent."""
    back = request.form.get("back", "")
    answer = see_other(back if is_local(back) else page_url(Page.HOME))
    look = request.form.get("look")
    if look in (accessibility_mode.ELDER, accessibility_mode.USUAL):
        elder = look == accessibility_mode.ELDER
        accessibility_mode.choose(
            elder=elder, account_id=g.visitor.account_id if g.visitor else None
        )
        accessibility_mode.remember_on_this_phone(answer, elder=elder)
    return answer
