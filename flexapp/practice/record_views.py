"""Views of /practice/records: one record and its actions.

The blueprint comes from `views.py`; importing this module adds the remaining routes.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request, url_for

from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.pages import DetailPage, RecordCard
from flexapp.assessment.service import Record
from flexapp.audit.service import Event
from flexapp.practice import (
    cookie,
    pages,
    service,
)
from flexapp.practice.pages import PRACTICE_PAGES, WHO
from flexapp.practice.service import Practice
from flexapp.practice.views import blueprint
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, apply
from flexapp.transmission.forms import AskTaxForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.navigation import see_other

__all__ = ["blueprint"]

Shown = Callable[[Practice, Record, tuple[Event, ...]], Response]


@blueprint.get("/records/<serial>")
@allow(Access.PUBLIC)
def detail(serial: str) -> Response:
    """Show one record: amounts, calculation and history."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        bounds = service.bounds(practice, at=now(), today=today())
        page = DetailPage.of(
            record,
            who=WHO,
            back=_list(),
            events=events,
            own=True,
            blocked=None,
            desk=PRACTICE_PAGES,
            months=pages.listed(bounds, today()),
        )
        return render("practice/record.html", page=page)

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/explained")
@allow(Access.PUBLIC)
def explained(serial: str) -> Response:
    """Show 怎么算的."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        page = ExplainedPage.of(record, back=PRACTICE_PAGES.record("detail", serial, WHO))
        return render("practice/explained.html", page=page)

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/card")
@allow(Access.PUBLIC)
def card(serial: str) -> Response:
    """Return the card of one record, polled while the tax bureau's answer is pending."""
    polls = max(0, request.args.get("polls", 0, type=int))

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        listed = "listed" in request.args
        bounds = service.bounds(practice, at=now(), today=today())
        return render(
            "practice/card.html",
            block="polled",
            card=_card(record, polls, listed=listed),
            months=pages.listed(bounds, today()) if listed else (),
        )

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def ask_revoke(serial: str) -> Response:
    """Ask for confirmation of 撤销: a dialog over the page, or a page without JavaScript."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        target = apply(record.state, Move.REVOKE, claimed=record.claimed)
        return render(
            "practice/revoke.html",
            card=_card(record),
            refusal=target if isinstance(target, Refusal) else None,
            action=url_for("practice.revoke", serial=serial),
            back=_list(),
        )

    return _with_record(serial, shown)


@blueprint.post("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def revoke(serial: str) -> Response:
    """撤销: revoke the record after confirmation."""
    return _move(serial, Move.REVOKE)


@blueprint.post("/records/<serial>/transmit")
@allow(Access.PUBLIC)
def transmit(serial: str) -> Response:
    """传输: transmit the record and redirect to the list, which polls for the answer."""
    return _move(serial, Move.TRANSMIT)


@blueprint.get("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def ask_tax(serial: str) -> Response:
    """Show the form of 申请税务撤销, which asks for the reason."""
    return _with_record(serial, lambda _, record, __: _ask_page(record, AskTaxForm()))


@blueprint.post("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def send_ask_tax(serial: str) -> Response:
    """申请税务撤销: ask the tax bureau to revoke."""
    form = AskTaxForm()

    def sent(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        if not form.submitted():
            return _ask_page(record, form)
        outcome = service.move(
            practice, serial, Move.ASK, at=now(), today=today(), reason=form.reason.data
        )
        if isinstance(outcome, Refusal):
            form.refuse(outcome)
            return _ask_page(record, form)
        return cookie.keep(see_other(_list()), outcome)

    return _with_record(serial, sent)


def _move(serial: str, move: Move) -> Response:
    def moved(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        outcome = service.move(practice, serial, move, at=now(), today=today())
        if isinstance(outcome, Refusal):
            return _refused(outcome)
        return cookie.keep(see_other(_list()), outcome)

    return _with_record(serial, moved)


def _with_record(serial: str, view: Shown) -> Response:
    """Call the view with the record; if it is missing, the practice has most likely expired."""
    practice = cookie.load()
    found = service.find(practice, serial, at=now(), today=today())
    if found is None:
        return render("practice/over.html", 422)
    return view(practice, *found)


def _list() -> str:
    return url_for("practice.records")


def _card(record: Record, polls: int = 0, *, listed: bool = False) -> RecordCard:
    return RecordCard.of(
        record, who=WHO, shown_at=_list(), polls=polls, listed=listed, desk=PRACTICE_PAGES
    )


def _refused(refusal: Refusal) -> Response:
    return render_refused(refusal, _list())


def _ask_page(record: Record, form: AskTaxForm) -> Response:
    target = apply(record.state, Move.ASK)
    return render(
        "practice/ask_tax.html",
        form.status,
        form=form,
        refusal=target if isinstance(target, Refusal) else None,
        action=url_for("practice.send_ask_tax", serial=record.serial),
        back=_list(),
    )
