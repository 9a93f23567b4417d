"""Pages for 传输 and 申请税务撤销 of a record."""

from __future__ import annotations

from flask import Response, abort, g, url_for

from flexapp.assessment.service import Record, find_for, list_url, refuse_mover
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, apply
from flexapp.transmission import blueprint, service
from flexapp.transmission.forms import AskTaxForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other


@blueprint.post("/assessment/records/<serial>/transmit")
@allow(Access.PERSON)
@idempotent
def transmit(serial: str) -> Response:
    """Queue the assessment (传输), then show the list with its new state."""
    record = _visible(serial)
    outcome = refuse_mover(record, g.visitor) or service.transmit(
        record=record, actor=g.visitor.actor, at=now()
    )
    if isinstance(outcome, Refusal):
        return render_refused(outcome, list_url(record, g.visitor))
    return see_other(list_url(record, g.visitor))


@blueprint.get("/assessment/records/<serial>/ask-tax")
@allow(Access.PERSON)
def ask_tax(serial: str) -> Response:
    """Show the reason form."""
    return _ask_page(_visible(serial), AskTaxForm())


@blueprint.post("/assessment/records/<serial>/ask-tax")
@allow(Access.PERSON)
@idempotent
def send_ask_tax(serial: str) -> Response:
    """Send the revocation request (申请税务撤销)."""
    record = _visible(serial)
    form = AskTaxForm()
    if not form.submitted():
        return _ask_page(record, form)
    outcome = refuse_mover(record, g.visitor) or service.ask_tax_to_revoke(
        record=record, reason=form.reason.data, actor=g.visitor.actor, at=now()
    )
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _ask_page(record, form)
    return see_other(list_url(record, g.visitor))


def _visible(serial: str) -> Record:
    record = find_for(serial, g.visitor)
    if record is None:
        abort(404)
    return record


def _ask_page(record: Record, form: AskTaxForm) -> Response:
    target = apply(record.state, Move.ASK)
    refusal = refuse_mover(record, g.visitor) or (target if isinstance(target, Refusal) else None)
    return render(
        "transmission/ask_tax.html",
        form.status,
        form=form,
        refusal=refusal,
        action=url_for("transmission.send_ask_tax", serial=record.serial),
        back=list_url(record, g.visitor),
    )
