"""Views of /assessment/records/<serial>: one record, its card, its receipt and 撤销."""

from __future__ import annotations

from flask import Response

from flexapp.assessment import blueprint, flow
from flexapp.assessment.resident import ResidentRecord
from flexapp.web.access import Access, allow
from flexapp.web.idempotency import idempotent


@blueprint.get("/assessment/records/<serial>")
@allow(Access.PERSON)
def detail(serial: str) -> Response:
    """Show one record: amounts, their calculation and its history."""
    return flow.show_record(ResidentRecord(serial))


@blueprint.get("/assessment/records/<serial>/explained")
@allow(Access.PERSON)
def explained(serial: str) -> Response:
    """Show every step of the calculation and the source of its figures (怎么算的)."""
    return flow.explain_record(ResidentRecord(serial))


@blueprint.get("/assessment/records/<serial>/receipt")
@allow(Access.PERSON)
def receipt(serial: str) -> Response:
    """Show the receipt (缴费核定凭证)."""
    return flow.show_receipt(ResidentRecord(serial))


@blueprint.get("/assessment/records/<serial>/card")
@allow(Access.PERSON)
def card(serial: str) -> Response:
    """Return the record's card, polled while the tax bureau's answer is awaited."""
    return flow.show_card(ResidentRecord(serial))


@blueprint.get("/assessment/records/<serial>/revoke")
@allow(Access.PERSON)
def ask_revoke(serial: str) -> Response:
    """Ask to confirm revoking (撤销): a dialog, or a page of its own without JavaScript."""
    return flow.ask_revoke(ResidentRecord(serial))


@blueprint.post("/assessment/records/<serial>/revoke")
@allow(Access.PERSON)
@idempotent
def confirm_revoke(serial: str) -> Response:
    """Revoke the record, after confirmation (撤销)."""
    return flow.revoke(ResidentRecord(serial))
