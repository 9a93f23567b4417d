"""Views of /counter/transmission: monitor transmission to the tax bureau and settle problems."""

from __future__ import annotations

from flask import Response, g, url_for

from flexapp.office import blueprint
from flexapp.office.forms import GiveBackForm
from flexapp.office.pages import ReasonPage
from flexapp.office.transmission_pages import TransmissionPage
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.services import services
from flexapp.staff.forms import ReasonForm
from flexapp.transmission import service as transmission
from flexapp.transmission.service import TaxGateway, TaxUnreachable
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other

UNREACHABLE = Refusal(
    "tax_unreachable", "现在问不到税务，不知道它收到没有，所以不能退回；请稍后再试。"
)


@blueprint.get("/transmission")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def transmission_list() -> Response:
    """Show the state of transmission."""
    page = TransmissionPage.of(transmission.transmission_status(), g.counter_session.clerk)
    return render("office/transmission.html", page=page)


@blueprint.post("/transmission/<serial>/retry")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def retry_message(serial: str) -> Response:
    """Retry a parked message (重新传输)."""
    if not transmission.retry(serial=serial, actor=g.counter_session.clerk.actor):
        return render_refused(
            Refusal("not_parked", "这个流水号没有搁置的消息，可能已经有人处理过。"), _back()
        )
    return see_other(_back())


@blueprint.get("/transmission/<serial>/give-back")
@allow(Access.STAFF, Role.AGENCY)
def ask_reject_message(serial: str) -> Response:
    """Show the form that asks for the reason."""
    return _give_back_page(serial, GiveBackForm())


@blueprint.post("/transmission/<serial>/give-back")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def reject_message(serial: str) -> Response:
    """Return a parked assessment to the person, with a reason that they can read (退回)."""
    form = GiveBackForm()
    if not form.submitted():
        return _give_back_page(serial, form)
    gateway: TaxGateway = services().tax
    try:
        outcome = transmission.give_back(
            gateway=gateway,
            serial=serial,
            reason=form.reason.data,
            actor=g.counter_session.clerk.actor,
        )
    except TaxUnreachable:
        outcome = UNREACHABLE
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _give_back_page(serial, form)
    return see_other(_back())


@blueprint.get("/transmission/pause")
@allow(Access.STAFF, Role.AGENCY)
def ask_pause_transmission() -> Response:
    """Show the form that asks for the reason."""
    return _pause_page(ReasonForm())


@blueprint.post("/transmission/pause")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def pause_transmission() -> Response:
    """Stop all transmission in an emergency (暂停传输)."""
    form = ReasonForm()
    if not form.submitted():
        return _pause_page(form)
    refusal = transmission.pause(
        reason=form.reason.data, actor=g.counter_session.clerk.actor, at=now()
    )
    if refusal is not None:
        form.refuse(refusal)
        return _pause_page(form)
    return see_other(_back())


@blueprint.post("/transmission/resume")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def resume_transmission() -> Response:
    """Resume transmission (恢复传输)."""
    refusal = transmission.resume(actor=g.counter_session.clerk.actor, at=now())
    return see_other(_back()) if refusal is None else render_refused(refusal, _back())


def _pause_page(form: ReasonForm) -> Response:
    page = ReasonPage(
        title="暂停传输",
        back=_back(),
        lead="暂停后不再向税务发送任何记录，直到有人恢复。正在发送的会发完；居民照常登记和核定，"
        "等待的记录可以撤销。",
        action=url_for("office.pause_transmission"),
        button="确认暂停传输",
        hint="2 至 100 个字，记入办理记录",
    )
    return render("office/reason.html", form.status, form=form, page=page)


def _give_back_page(serial: str, form: GiveBackForm) -> Response:
    page = ReasonPage(
        title="退回核定",
        back=_back(),
        lead="退回后，送核定的成为“税务退回”，参保人可以撤销并重新核定；申请税务撤销的视为没有同意，"
        "参保人可以再申请。只有税务没有收到的才能退回。",
        action=url_for("office.reject_message", serial=serial),
        button="确认",
        hint="参保人会看到，2 至 100 个字",
        serial=serial,
    )
    return render("office/reason.html", form.status, form=form, page=page)


def _back() -> str:
    return url_for("office.transmission_list")
