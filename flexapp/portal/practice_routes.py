"""/practice: the pages of 登记 and 核定 for somebody who wants to try first; open to everybody.

Who is signed in meanwhile is not asked: the only person of these pages is one who does not exist.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for

from flexapp.assessment.explaining_pages import ExplainedPage
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.pages import DetailPage, RecordCard
from flexapp.assessment.service import NOT_REGISTERED, Proposal, Record, YearMonths, propose
from flexapp.audit.service import Event
from flexapp.people.display import is_elder
from flexapp.portal import practice_cookie, practice_pages, practising
from flexapp.portal.practice_pages import PRACTICE, WHO, StartPage
from flexapp.portal.practising import Practice
from flexapp.registration import service as registration
from flexapp.registration.forms import ETHNIC_GROUPS, RegistrationForm
from flexapp.registration.pages import DonePage, RegistrationPage
from flexapp.registration.service import Details
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, apply
from flexapp.transmission.forms import AskTaxForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, wants_fragment
from flexapp.web.navigation import see_other
from flexapp.web.options import DIVISIONS

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

Shown = Callable[[Practice, Record, tuple[Event, ...]], Response]


@blueprint.get("")
@allow(Access.PUBLIC)
def index() -> Response:
    """What practising is, and how far one is."""
    page = StartPage.of(practice_cookie.load())
    return render("practice/start.html", "practice/_start.html", page=page)


@blueprint.post("/leave")
@allow(Access.PUBLIC)
def leave() -> Response:
    """退出练习: nothing of it is left."""
    return practice_cookie.forget(see_other(url_for("portal.home")))


@blueprint.get("/registration")
@allow(Access.PUBLIC)
def registration_form() -> Response:
    """The form of 登记, filled with what is registered."""
    practice, form = practice_cookie.load(), RegistrationForm()
    found = practising.current(practice, today())
    if found is not None:
        form.division.data = found.division.code
        form.ethnic_group.data = found.details.ethnic_group.code
        form.address.data = found.details.address
        form.credit_code.data = found.details.credit_code or ""
    return _registration_page(form, practice)


@blueprint.post("/registration")
@allow(Access.PUBLIC)
def register() -> Response:
    """提交; a change takes effect only once its old → new has been shown."""
    practice, form = practice_cookie.load(), RegistrationForm()
    if not (form.submitted() or form.turning):
        return _registration_page(form, practice)
    details = registration.check_details(
        division=form.division.data,
        ethnic_group=form.ethnic_group.data,
        address=form.address.data,
        credit_code=form.credit_code.data,
    )
    if not isinstance(details, Details):
        for refusal in details:
            form.refuse(refusal)
    if form.turning or not isinstance(details, Details):
        return _registration_page(form, practice)
    found = practising.current(practice, today())
    changes = registration.changes(found.details, details) if found is not None else ()
    if changes and form.reviewed.data != details.digest:
        return render(
            "practice/review.html",
            "registration/_review.html",
            form=form,
            page=RegistrationPage(practice_pages.known(), found, changes, details.digest),
            action=url_for("practice.register"),
        )
    outcome = practising.register(practice, details, at=now())
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _registration_page(form, practice)
    return practice_cookie.keep(see_other(url_for("practice.done")), outcome)


@blueprint.get("/registration/done")
@allow(Access.PUBLIC)
def done() -> Response:
    """提交成功."""
    found = practising.current(practice_cookie.load(), today())
    if found is None:
        return _not_yet()
    return render(
        "practice/done.html",
        "registration/_done.html",
        page=DonePage(practice_pages.known(), found, case=None),
        back_to=(url_for("practice.index"), "回到练习"),
        go_on=url_for("practice.records"),
    )


@blueprint.get("/assessment")
@allow(Access.PUBLIC)
def records() -> Response:
    """What was assessed, newest first; where there is nothing yet, the form itself."""
    practice = practice_cookie.load()
    registered = practising.current(practice, today())
    if registered is None:
        return _not_yet()
    found = practising.records(practice, at=now(), today=today())
    if not found:
        return _new_page(practice)
    page = practice_pages.list_page(registered, found, _months(practice))
    return render("practice/records.html", "assessment/_records.html", page=page)


@blueprint.get("/assessment/new")
@allow(Access.PUBLIC)
def new() -> Response:
    """新增: the form."""
    return _new_page(practice_cookie.load())


@blueprint.post("/assessment/new")
@allow(Access.PUBLIC)
def create() -> Response:
    """核定."""
    practice, form = practice_cookie.load(), AssessmentForm()
    submitted = form.submitted() and "preview" not in request.form
    if practice.registered is None:
        return _not_yet()
    if form.turning:
        bounds = practising.bounds(practice, at=now(), today=today())
        period = bounds.check(form.start.data, form.end.data)
        if isinstance(period, Refusal):
            form.refuse(period)
    if not submitted:
        preview = "preview" in request.form or bool(form.base.data)
        return _form_page(form, practice, preview=preview)
    outcome = practising.assess(
        practice,
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        at=now(),
        today=today(),
    )
    if isinstance(outcome, Practice):
        return practice_cookie.keep(see_other(url_for("practice.records")), outcome)
    for refusal in outcome:
        form.refuse(refusal)
    return _form_page(form, practice)


@blueprint.get("/assessment/read-back")
@allow(Access.PUBLIC)
def read_back() -> Response:
    """What the number typed means, while it is typed."""
    practice = practice_cookie.load()
    if not wants_fragment() or practice.registered is None:
        return _new_page(practice)
    bounds = practising.bounds(practice, at=now(), today=today())
    choice = practice_pages.choice(AssessmentForm(request.args), bounds)
    return render("assessment/_choice.html", "assessment/_choice.html", choice=choice)


@blueprint.get("/assessment/explained")
@allow(Access.PUBLIC)
def trial() -> Response:
    """怎么算的, of what would be assessed; where that cannot be, the form, which says why."""
    practice, form = practice_cookie.load(), AssessmentForm(request.args)
    if practice.registered is None:
        return _not_yet()
    back = PRACTICE.listing("new", WHO, **form.entries)
    outcome = propose(
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        bounds=practising.bounds(practice, at=now(), today=today()),
    )
    if not isinstance(outcome, Proposal):
        return see_other(back)
    page = ExplainedPage.tried(outcome, back=back, today=today())
    return render("practice/explained.html", "assessment/_explained.html", page=page)


@blueprint.get("/records/<serial>")
@allow(Access.PUBLIC)
def detail(serial: str) -> Response:
    """One record: amounts, how they were reckoned, what happened."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        page = DetailPage.of(
            record,
            who=WHO,
            back=_list(),
            events=events,
            own=True,
            blocked=None,
            ways=PRACTICE,
        )
        return render("practice/record.html", "assessment/_record.html", page=page)

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/explained")
@allow(Access.PUBLIC)
def explained(serial: str) -> Response:
    """怎么算的."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        page = ExplainedPage.of(record, back=PRACTICE.record("detail", serial, WHO))
        return render("practice/explained.html", "assessment/_explained.html", page=page)

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/card")
@allow(Access.PUBLIC)
def card(serial: str) -> Response:
    """One record's card, for the page that waits for the tax bureau."""
    polls = max(0, request.args.get("polls", 0, type=int))

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        listed = "listed" in request.args
        return render(
            "practice/card.html",
            "assessment/_polled.html",
            card=_card(record, polls, listed=listed),
            months=_months(practice) if listed else (),
        )

    return _with_record(serial, shown)


@blueprint.get("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def ask_revoke(serial: str) -> Response:
    """撤销? A dialog over the page, or a page of its own without the script."""

    def shown(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        target = apply(record.state, Move.REVOKE, claimed=record.claimed)
        return render(
            "practice/revoke.html",
            "assessment/_revoke.html",
            card=_card(record),
            refusal=target if isinstance(target, Refusal) else None,
            action=url_for("practice.revoke", serial=serial),
            back=_list(),
        )

    return _with_record(serial, shown)


@blueprint.post("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def revoke(serial: str) -> Response:
    """撤销, confirmed."""
    return _move(serial, Move.REVOKE)


@blueprint.post("/records/<serial>/transmit")
@allow(Access.PUBLIC)
def transmit(serial: str) -> Response:
    """传输, then back to the list where it is seen to arrive."""
    return _move(serial, Move.TRANSMIT)


@blueprint.get("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def ask_tax(serial: str) -> Response:
    """Why should the tax bureau revoke?"""
    return _with_record(serial, lambda _, record, __: _ask_page(record, AskTaxForm()))


@blueprint.post("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def send_ask_tax(serial: str) -> Response:
    """申请税务撤销."""
    form = AskTaxForm()

    def sent(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        if not form.submitted():
            return _ask_page(record, form)
        outcome = practising.move(
            practice, serial, Move.ASK, at=now(), today=today(), reason=form.reason.data
        )
        if isinstance(outcome, Refusal):
            form.refuse(outcome)
            return _ask_page(record, form)
        return practice_cookie.keep(see_other(_list()), outcome)

    return _with_record(serial, sent)


def _move(serial: str, move: Move) -> Response:
    def moved(practice: Practice, record: Record, events: tuple[Event, ...]) -> Response:
        outcome = practising.move(practice, serial, move, at=now(), today=today())
        if isinstance(outcome, Refusal):
            return _refused(outcome)
        return practice_cookie.keep(see_other(_list()), outcome)

    return _with_record(serial, moved)


def _with_record(serial: str, view: Shown) -> Response:
    """The view of a record; where there is none, most likely a practice that is over."""
    practice = practice_cookie.load()
    found = practising.find(practice, serial, at=now(), today=today())
    if found is None:
        return render("practice/over.html", "practice/_over.html", 422)
    return view(practice, *found)


def _list() -> str:
    return url_for("practice.records")


def _card(record: Record, polls: int = 0, *, listed: bool = False) -> RecordCard:
    return RecordCard.of(
        record, who=WHO, shown_at=_list(), polls=polls, listed=listed, ways=PRACTICE
    )


def _months(practice: Practice) -> tuple[YearMonths, ...]:
    bounds = practising.bounds(practice, at=now(), today=today())
    return practice_pages.listed(bounds, today())


def _not_yet() -> Response:
    """核定 before 登记: the real form's sentence, and the way there."""
    return render("practice/not_yet.html", "practice/_not_yet.html", refusal=NOT_REGISTERED)


def _refused(refusal: Refusal) -> Response:
    return render(
        "practice/refused.html", "errors/_refused.html", 422, refusal=refusal, back=_list()
    )


def _registration_page(form: RegistrationForm, practice: Practice) -> Response:
    found = practising.current(practice, today())
    if is_elder():
        form.take_turns()
    return render(
        "practice/registration.html",
        "registration/_form.html",
        form.status,
        form=form,
        page=RegistrationPage(practice_pages.known(), found),
        division_groups=DIVISIONS,
        ethnic_groups=ETHNIC_GROUPS,
        continued=False,
        action=url_for("practice.register"),
        elsewhere=None,
    )


def _new_page(practice: Practice) -> Response:
    if practice.registered is None:
        return _not_yet()
    form = AssessmentForm(request.args if "start" in request.args else None)
    return _form_page(form, practice, preview=bool(form.base.data))


def _form_page(form: AssessmentForm, practice: Practice, *, preview: bool = True) -> Response:
    registered = practising.current(practice, today())
    assert registered is not None
    bounds = practising.bounds(practice, at=now(), today=today())
    if is_elder():
        form.take_turns()
    return render(
        "practice/assess.html",
        "assessment/_form.html",
        form.status,
        form=form,
        page=practice_pages.form_page(form, registered, bounds, preview=preview, today=today()),
    )


def _ask_page(record: Record, form: AskTaxForm) -> Response:
    target = apply(record.state, Move.ASK)
    return render(
        "practice/ask_tax.html",
        "transmission/_ask_tax.html",
        form.status,
        form=form,
        refusal=target if isinstance(target, Refusal) else None,
        action=url_for("practice.send_ask_tax", serial=record.serial),
        back=_list(),
    )
