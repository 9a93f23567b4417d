"""Views of /counter/parameters: one officer proposes figures, a second one confirms them."""

from __future__ import annotations

from flask import Response, abort, g, url_for

from flexapp.agency import service as agency
from flexapp.office import blueprint
from flexapp.office.pages import ReasonPage
from flexapp.office.publication_forms import (
    KIND_GROUPS,
    PER_GROUPS,
    ConfirmForm,
    PublicationForm,
    RateForm,
    YearFiguresForm,
)
from flexapp.office.publication_pages import (
    Effect,
    ParametersPage,
    PublicationPage,
)
from flexapp.rules.parameters import Per
from flexapp.rules.periods import Month
from flexapp.rules.publication import Draft, read_rate, read_year, samples, warnings_about
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff.forms import ReasonForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, see_other

NUMBER = f"<int(max={HIGHEST_ROW}):number>"


@blueprint.get("/parameters")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def publication_list() -> Response:
    """Show what is in effect, what awaits a second officer, and the history."""
    book = agency.effective_parameters(today()).book
    page = ParametersPage.of(book, agency.listing(), g.counter_session.clerk)
    return render("office/parameters.html", page=page)


@blueprint.get("/parameters/year")
@allow(Access.STAFF, Role.AGENCY)
def new_year_figures() -> Response:
    """Show the form of a year's figures, filled with the rate in effect."""
    form = YearFiguresForm()
    form.per.data = Per.MONTH.value
    rate = agency.effective_parameters(today()).book.rate(RateKind.FLEXIBLE, Month.of(today()))
    if not isinstance(rate, Refusal):
        form.total.data = f"{rate.total * 100:f}".rstrip("0").rstrip(".")
        form.personal.data = f"{rate.personal * 100:f}".rstrip("0").rstrip(".")
    form.effective_from.data = today().isoformat()
    return _form_page(form)


@blueprint.post("/parameters/year")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def propose_year_figures() -> Response:
    """Show the effect for review, then propose it to a second officer."""
    return _propose(YearFiguresForm())


@blueprint.get("/parameters/rate")
@allow(Access.STAFF, Role.AGENCY)
def new_rate() -> Response:
    """Show the form of a rate."""
    form = RateForm()
    form.effective_from.data = today().isoformat()
    return _form_page(form)


@blueprint.post("/parameters/rate")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def propose_rate() -> Response:
    """Show the effect for review, then propose it to a second officer."""
    return _propose(RateForm())


@blueprint.get(f"/parameters/{NUMBER}")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def show_publication(number: int) -> Response:
    """Show one publication: its content, its effect and who did what."""
    return _publication_page(number, ConfirmForm())


@blueprint.post(f"/parameters/{NUMBER}/confirm")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def confirm_publication(number: int) -> Response:
    """Confirm a publication (确认公布), by an officer other than the one who proposed it."""
    form = ConfirmForm()
    if not form.submitted():
        return _publication_page(number, form)
    outcome = agency.confirm(
        publication_id=number,
        seen=form.seen.data or "",
        actor=g.counter_session.clerk.actor,
        at=now(),
        today=today(),
    )
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _publication_page(number, form)
    return see_other(url_for("office.show_publication", number=number))


@blueprint.get(f"/parameters/{NUMBER}/withdraw")
@allow(Access.STAFF, Role.AGENCY)
def ask_withdraw_publication(number: int) -> Response:
    """Show the form that asks for the reason."""
    return _withdraw_page(number, ReasonForm())


@blueprint.post(f"/parameters/{NUMBER}/withdraw")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def withdraw_publication(number: int) -> Response:
    """Withdraw a proposal (作废)."""
    form = ReasonForm()
    if not form.submitted():
        return _withdraw_page(number, form)
    refusal = agency.withdraw(
        publication_id=number,
        reason=form.reason.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
    )
    if refusal is not None:
        form.refuse(refusal)
        return _withdraw_page(number, form)
    return see_other(url_for("office.show_publication", number=number))


def _propose(form: YearFiguresForm | RateForm) -> Response:
    if not form.submitted():
        return _form_page(form)
    book = agency.effective_parameters(today()).book
    read = read_year if isinstance(form, YearFiguresForm) else read_rate
    draft = read(form.entries, book=book, today=today())
    if not isinstance(draft, Draft):
        for refusal in draft:
            form.refuse(refusal)
        return _form_page(form)
    effect = Effect.of(draft, samples(draft, book), warnings_about(draft))
    if form.reviewed.data != effect.digest:
        return render(
            "office/publication_review.html",
            form=form,
            effect=effect,
            action=_action(form),
            title=_title(form),
        )
    outcome = agency.propose(draft=draft, actor=g.counter_session.clerk.actor, at=now())
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _form_page(form)
    return see_other(url_for("office.show_publication", number=outcome))


def _action(form: PublicationForm) -> str:
    of_year = isinstance(form, YearFiguresForm)
    return url_for("office.propose_year_figures" if of_year else "office.propose_rate")


def _title(form: PublicationForm) -> str:
    # The same title as on the form's page, because htmx replaces only what is below the title.
    return "公布年度数据" if isinstance(form, YearFiguresForm) else "公布费率"


def _form_page(form: YearFiguresForm | RateForm) -> Response:
    name = "year_figures" if isinstance(form, YearFiguresForm) else "rate"
    return render(
        f"office/{name}.html",
        form.status,
        form=form,
        per_groups=PER_GROUPS,
        kind_groups=KIND_GROUPS,
    )


def _publication_page(number: int, form: ConfirmForm) -> Response:
    found = agency.find(number)
    if found is None:
        abort(404)
    effect = Effect.of(found.draft, *found.effect(today()))
    return render(
        "office/publication.html",
        form.status,
        form=form,
        page=PublicationPage.of(found, effect, g.counter_session.clerk),
        seen=agency.book_version(),
    )


def _withdraw_page(number: int, form: ReasonForm) -> Response:
    found = agency.find(number)
    if found is None:
        abort(404)
    page = ReasonPage(
        title="作废",
        back=url_for("office.show_publication", number=number),
        lead=f"作废“{found.draft.title}”后，它不会执行，记录保留。",
        action=url_for("office.withdraw_publication", number=number),
        button="确认作废",
    )
    return render("office/reason.html", form.status, form=form, page=page)
