"""Views of /, /social-security, /social-security/affairs, and /me with its subpages."""

from __future__ import annotations

from flask import Response, abort, g, request, url_for

from flexapp.agency.service import shown as announced
from flexapp.people import handover_codes
from flexapp.people.forms import HandOverForm
from flexapp.people.handover_codes import Place
from flexapp.portal import blueprint, pages, service
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.error_pages import Area, Link
from flexapp.web.formatting import greeting
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, before_row, see_other

AREA = Area(
    prefix="",
    layout="layouts/page.html",
    home="portal.home",
    home_label="回到首页",
    links=(
        Link("portal.me", "me", "我的", "登录、月份、消息"),
        Link("guide.index", "book", "办事指南", "看图办、大家常问"),
    ),
)
"""Error pages of residents, and of every path outside the other areas."""


@blueprint.get("/")
@allow(Access.PUBLIC)
def home() -> Response:
    """Show 首页: the menu, and the visitor's months if they are registered."""
    person = g.visitor.person if g.visitor else None
    months = service.my_months(g.visitor, today()) if person else None
    page = pages.HomePage(
        greeting=greeting(now()),
        name=person.masked_name if person else None,
        year=today().year,
        announcements=tuple(announced(today())),
        months=months,
    )
    return render("portal/home.html", page=page, tab="home")


@blueprint.get("/social-security")
@allow(Access.PUBLIC)
def social_security() -> Response:
    """Show 社保专题."""
    return render("portal/social_security.html")


@blueprint.get("/social-security/affairs")
@allow(Access.PUBLIC)
def affairs() -> Response:
    """Show 社保办事: 登记 and 核定."""
    return render("portal/affairs.html")


@blueprint.get("/me")
@allow(Access.PUBLIC)
def me() -> Response:
    """Show 我的: the menu, and the visitor's months if they are registered."""
    person = g.visitor.person if g.visitor else None
    page = pages.MePage(
        year=today().year, months=service.my_months(g.visitor, today()) if person else None
    )
    return render("portal/me.html", page=page, tab="me")


@blueprint.get("/me/messages")
@allow(Access.PERSON)
def messages() -> Response:
    """Show 消息: what was done in the visitor's name."""
    return _messages_page(None)


@blueprint.post(f"/me/messages/<int(max={HIGHEST_ROW}):seq>/not-me")
@allow(Access.PERSON)
@idempotent
def not_me(seq: int) -> Response:
    """不是我办的: open a dispute about a message."""
    refusal = service.dispute(visitor=g.visitor, seq=seq, at=now())
    if refusal is None:
        return see_other(url_for("portal.messages"))
    if refusal.reason == "message_unknown":
        abort(404)
    return _messages_page(refusal)


@blueprint.post(f"/me/disputes/<int(max={HIGHEST_ROW}):number>/withdraw")
@allow(Access.PERSON)
@idempotent
def withdraw_dispute(number: int) -> Response:
    """说错了，是我同意办的: withdraw a dispute."""
    refusal = service.withdraw_dispute(visitor=g.visitor, number=number, at=now())
    if refusal is None:
        return see_other(url_for("portal.messages"))
    if refusal.reason == "dispute_unknown":
        abort(404)
    return _messages_page(refusal)


@blueprint.get("/me/proxy-handling")
@allow(Access.PERSON)
def proxy_handling() -> Response:
    """Show whether others may act for the visitor (他人代办)."""
    return render("portal/proxy_handling.html")


@blueprint.post("/me/proxy-handling")
@allow(Access.PERSON)
@idempotent
def set_proxy_handling() -> Response:
    """Switch 他人代办 on or off."""
    wanted = request.form.get("allowed")
    if RESUBMIT not in request.form and wanted in ("yes", "no"):
        service.set_proxy_handling(
            visitor=g.visitor, allowed=wanted == "yes", actor=g.visitor.actor, at=now()
        )
    return see_other(url_for("portal.proxy_handling"))


@blueprint.get("/me/hand-over")
@allow(Access.PERSON)
def hand_over() -> Response:
    """Show 办理码: the codes to read out at a counter, and the form to enter one from a counter."""
    return _hand_over_page(HandOverForm())


@blueprint.post("/me/hand-over")
@allow(Access.PERSON)
@idempotent
def go_on() -> Response:
    """Continue a case from a counter: redirect to its form, filled with the clerk's input."""
    form = HandOverForm()
    if not form.submitted():
        return _hand_over_page(form)
    found = service.go_on(visitor=g.visitor, code=form.code.data, at=now())
    if isinstance(found, Refusal):
        form.refuse(found)
        return _hand_over_page(form)
    if found.action is Action.REGISTER:
        return see_other(url_for("registration.form", continued=found.id))
    return see_other(url_for("assessment.new", who="self", continued=found.id))


@blueprint.post(f"/me/hand-over/<int(max={HIGHEST_ROW}):number>/give-up")
@allow(Access.PERSON)
def give_up(number: int) -> Response:
    """不用了: discard a code."""
    handover_codes.cancel(number=number, person_id=g.visitor.me.id, actor=g.visitor.actor, at=now())
    return see_other(url_for("portal.hand_over"))


def _hand_over_page(form: HandOverForm) -> Response:
    codes = handover_codes.waiting(person_id=g.visitor.me.id, place=Place.COUNTER)
    return render(
        "portal/hand_over.html",
        form.status,
        form=form,
        codes=[pages.CodeCard.of(each) for each in codes],
    )


def _messages_page(refusal: Refusal | None) -> Response:
    found = service.messages(g.visitor, before_row())
    return render(
        "portal/messages.html",
        200 if refusal is None else 422,
        page=pages.MessagesPage.of(found),
        refusal=refusal,
    )
