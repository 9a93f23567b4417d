"""Views of /assessment/records/<serial>: one record, its card, its receipt and 撤销."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for

from flexapp.assessment import disputes, pages, proxy, receipts
from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.creation import AssessmentSubject
from flexapp.assessment.eligibility import eligibility
from flexapp.assessment.months import YearMonths, listed_months
from flexapp.assessment.queries import (
    Record,
    find_for,
    list_url,
    refuse_mover,
    who_for,
)
from flexapp.assessment.receipt_pages import ReceiptPage
from flexapp.assessment.service import own_subject
from flexapp.assessment.transitions import transition
from flexapp.audit import service as audit
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other

blueprint = Blueprint("record", __name__, url_prefix="/assessment/records")


def visible(serial: str) -> Record:
    """Return the record of the address; 404 if it is unknown or not visible to the visitor."""
    record = find_for(serial, g.visitor)
    if record is None:
        abort(404)
    return record


@blueprint.get("/<serial>")
@allow(Access.PERSON)
def detail(serial: str) -> Response:
    """Show one record: amounts, their calculation and its history."""
    record = visible(serial)
    page = pages.DetailPage.of(
        record,
        who=who_for(record, g.visitor),
        back=list_url(record, g.visitor),
        events=audit.of_subject(subject=record.serial),
        own=record.person_id == g.visitor.me.id,
        blocked=refuse_mover(record, g.visitor),
        case=disputes.latest_of(record),
        months=_months(record) if record.state is State.REVOKED else (),
    )
    return render("assessment/record.html", page=page)


@blueprint.get("/<serial>/explained")
@allow(Access.PERSON)
def explained(serial: str) -> Response:
    """Show every step of the calculation and the source of its figures (怎么算的)."""
    record = visible(serial)
    back = url_for("record.detail", serial=serial)
    page = ExplainedPage.of(record, back=back)
    return render("assessment/explained.html", page=page)


@blueprint.get("/<serial>/receipt")
@allow(Access.PERSON)
def receipt(serial: str) -> Response:
    """Show the receipt (缴费核定凭证), to be shown, sent as a picture or printed."""
    issued = receipts.issue(visible(serial))
    page = ReceiptPage.of(issued, at=now(), back=url_for("record.detail", serial=serial))
    return render("assessment/receipt.html", page=page)


@blueprint.get("/<serial>/card")
@allow(Access.PERSON)
def card(serial: str) -> Response:
    """Return one record's card, polled while the tax bureau's answer is awaited.

    For a list, the months above the list are included.
    """
    record = visible(serial)
    polls = max(0, request.args.get("polls", 0, type=int))
    listed = "listed" in request.args
    months = _months(record) if listed or record.state is State.REVOKED else ()
    page = pages.RecordCard.of(
        record,
        who=who_for(record, g.visitor),
        shown_at=list_url(record, g.visitor),
        listed=listed,
        polls=polls,
        blocked=refuse_mover(record, g.visitor),
        months=months,
    )
    return render(
        "assessment/card.html",
        block="polled",
        card=page,
        months=months if listed else (),
    )


@blueprint.get("/<serial>/revoke")
@allow(Access.PERSON)
def ask_revoke(serial: str) -> Response:
    """Ask to confirm revoking (撤销): a dialog, or a page of its own without JavaScript."""
    record = visible(serial)
    refusal = refuse_mover(record, g.visitor)
    target = apply(record.state, Move.REVOKE, claimed=record.claimed)
    if refusal is None and isinstance(target, Refusal):
        refusal = target
    return render(
        "assessment/revoke.html",
        card=pages.RecordCard.of(record, who=None, shown_at=list_url(record, g.visitor)),
        refusal=refusal,
        action=url_for("record.revoke", serial=serial),
        back=list_url(record, g.visitor),
    )


@blueprint.post("/<serial>/revoke")
@allow(Access.PERSON)
@idempotent
def revoke(serial: str) -> Response:
    """Revoke the record, after confirmation (撤销)."""
    record = visible(serial)
    outcome = refuse_mover(record, g.visitor) or transition(
        record=record, move=Move.REVOKE, actor=g.visitor.actor, at=now()
    )
    return after_move(record, outcome)


def _months(record: Record) -> tuple[YearMonths, ...]:
    """Return the months above the list of a record; () if a proxy's case has ended."""
    who = who_for(record, g.visitor)
    if who is None:
        return ()
    own = record.person_id == g.visitor.me.id
    subject = own_subject(g.visitor) if own else proxy.subject_of(token=who, visitor=g.visitor)
    if not isinstance(subject, AssessmentSubject):
        return ()
    bounds = eligibility(person=subject.person, registration=subject.registration, today=today())
    seen_by = None if own else g.visitor.account_id
    return listed_months(bounds, who=who, today=today(), seen_by=seen_by)


def after_move(record: Record, outcome: Record | Refusal) -> Response:
    """Redirect to the list, or render the refusal."""
    if isinstance(outcome, Refusal):
        return render_refused(outcome, list_url(record, g.visitor))
    return see_other(list_url(record, g.visitor))
