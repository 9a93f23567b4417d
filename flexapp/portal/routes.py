"""/, /social-security, /social-security/affairs, /me, /me/messages."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for

from flexapp.agency.service import shown as announced
from flexapp.portal import pages, service
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.forms import RESUME
from flexapp.web.htmx import render
from flexapp.web.navigation import HIGHEST_ROW, before_row, see_other
from flexapp.web.once import once
from flexapp.web.wording import greeting

blueprint = Blueprint("portal", __name__)


@blueprint.get("/")
@allow(Access.PUBLIC)
def home() -> Response:
    """首页: the entries, and one's own months where there are any."""
    person = g.visitor.person if g.visitor else None
    months = service.my_months(person, today()) if person else None
    page = pages.HomePage(
        greeting=greeting(now()),
        name=person.masked_name if person else None,
        year=today().year,
        announcements=tuple(announced(today())),
        months=tuple(pages.MonthBox.of(cell) for cell in months) if months else None,
    )
    return render("portal/home.html", "portal/_home.html", page=page, tab="home")


@blueprint.get("/social-security")
@allow(Access.PUBLIC)
def social_security() -> Response:
    """社保专题."""
    return render("portal/social_security.html", "portal/_social_security.html")


@blueprint.get("/social-security/affairs")
@allow(Access.PUBLIC)
def affairs() -> Response:
    """社保办事: 登记 and 核定."""
    return render("portal/affairs.html", "portal/_affairs.html")


@blueprint.get("/me")
@allow(Access.PUBLIC)
def me() -> Response:
    """我的."""
    return render("portal/me.html", "portal/_me.html", tab="me")


@blueprint.get("/me/messages")
@allow(Access.PERSON)
def messages() -> Response:
    """What was done in my name."""
    return _messages_page(None)


@blueprint.post(f"/me/messages/<int(max={HIGHEST_ROW}):seq>/not-me")
@allow(Access.PERSON)
@once
def not_me(seq: int) -> Response:
    """不是我办的."""
    refusal = service.dispute(visitor=g.visitor, seq=seq, at=now())
    if refusal is None:
        return see_other(url_for("portal.messages"))
    if refusal.reason == "message_unknown":
        abort(404)
    return _messages_page(refusal)


@blueprint.get("/me/proxy-handling")
@allow(Access.PERSON)
def proxy_handling() -> Response:
    """May others handle for me?"""
    return render("portal/proxy_handling.html", "portal/_proxy_handling.html")


@blueprint.post("/me/proxy-handling")
@allow(Access.PERSON)
@once
def set_proxy_handling() -> Response:
    """Switch handling by others on or off."""
    wanted = request.form.get("allowed")
    if RESUME not in request.form and wanted in ("yes", "no"):
        service.set_proxy_handling(
            visitor=g.visitor, allowed=wanted == "yes", actor=g.visitor.actor, at=now()
        )
    return see_other(url_for("portal.proxy_handling"))


def _messages_page(refusal: Refusal | None) -> Response:
    found = service.messages(g.visitor, before_row())
    return render(
        "portal/messages.html",
        "portal/_messages.html",
        200 if refusal is None else 422,
        page=pages.MessagesPage.of(found),
        refusal=refusal,
    )
