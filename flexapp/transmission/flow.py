"""传输 and 申请税务撤销 of a record at every desk, on top of the flow of 核定."""

from __future__ import annotations

from abc import abstractmethod

from flask import Response

from flexapp.assessment.flow import RecordDesk, after_move
from flexapp.assessment.service import Record
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.transmission.forms import AskTaxForm
from flexapp.web.htmx import render
from flexapp.web.navigation import see_other


class TransmissionDesk(RecordDesk):
    """One record at a desk, with the moves that concern the tax bureau."""

    @abstractmethod
    def transmit(self) -> Record | Refusal:
        """Transmit the record (传输)."""

    @abstractmethod
    def ask_tax(self, reason: str) -> Record | Refusal:
        """Ask the tax bureau to revoke, with the person's reason (申请税务撤销)."""


def transmit(desk: TransmissionDesk) -> Response:
    """传输: queue the record, then show the list with its new state."""
    return after_move(desk, desk.transmit())


def show_ask_tax(desk: TransmissionDesk) -> Response:
    """Show the form that asks why the tax bureau should revoke."""
    return _ask_page(desk, AskTaxForm())


def ask_tax(desk: TransmissionDesk) -> Response:
    """申请税务撤销: send the request."""
    form = AskTaxForm()
    if not form.submitted():
        return _ask_page(desk, form)
    outcome = desk.ask_tax(form.reason.data)
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _ask_page(desk, form)
    return see_other(desk.list_url)


def _ask_page(desk: TransmissionDesk, form: AskTaxForm) -> Response:
    return render(
        "transmission/ask_tax.html",
        form.status,
        form=form,
        refusal=desk.refuse(Move.ASK),
        action=desk.pages.record("ask_tax", desk.record.serial, desk.who),
        back=desk.list_url,
        desk=desk,
    )
