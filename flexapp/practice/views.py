"""Views of /practice: 登记 and 核定 for visitors who want to try first. Public.

These views ignore the signed-in visitor: their only person does not exist.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.service import NOT_REGISTERED, Proposal, propose
from flexapp.people.accessibility_mode import is_elder
from flexapp.practice import (
    cookie,
    pages,
    service,
)
from flexapp.practice.pages import (
    PRACTICE_PAGES,
    WHO,
    StartPage,
)
from flexapp.practice.service import Practice
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.error_pages import Area, ErrorPage, add_area
from flexapp.web.htmx import render, wants_fragment
from flexapp.web.navigation import see_other

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

AREA = Area(
    prefix="/practice",
    layout="layouts/practice.html",
    home="practice.index",
    home_label="回到练习",
    pages={
        404: ErrorPage("没有这个页面", "没有找到您要看的内容。", "请从练习首页重新进入。"),
        405: ErrorPage("无法处理", "这个地址不能这样打开。", "请从练习首页重新进入。"),
    },
)
blueprint.record_once(lambda state: add_area(state.app, AREA))


@blueprint.get("")
@allow(Access.PUBLIC)
def index() -> Response:
    """Show the start page of the practice with the progress so far."""
    page = StartPage.of(cookie.load())
    return render("practice/start.html", page=page)


@blueprint.post("/leave")
@allow(Access.PUBLIC)
def leave() -> Response:
    """退出练习: delete the practice."""
    return cookie.forget(see_other(url_for("portal.home")))


@blueprint.get("/assessment")
@allow(Access.PUBLIC)
def records() -> Response:
    """Show the assessments, newest first; the form if there are none."""
    practice = cookie.load()
    registered = service.current(practice, today())
    if registered is None:
        return not_yet()
    found = service.records(practice, at=now(), today=today())
    if not found:
        return _new_page(practice)
    months = pages.listed(service.bounds(practice, at=now(), today=today()), today())
    page = pages.list_page(registered, found, months)
    return render("practice/records.html", page=page)


@blueprint.get("/assessment/new")
@allow(Access.PUBLIC)
def new() -> Response:
    """Show the form of 新增."""
    return _new_page(cookie.load())


@blueprint.post("/assessment/new")
@allow(Access.PUBLIC)
def create() -> Response:
    """核定: create an assessment."""
    practice, form = cookie.load(), AssessmentForm()
    submitted = form.submitted() and "preview" not in request.form
    if practice.registered is None:
        return not_yet()
    if form.changing_step:
        bounds = service.bounds(practice, at=now(), today=today())
        period = bounds.check(form.start.data, form.end.data)
        if isinstance(period, Refusal):
            form.refuse(period)
    if not submitted:
        preview = "preview" in request.form or bool(form.base.data)
        return _form_page(form, practice, preview=preview)
    outcome = service.assess(
        practice,
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        at=now(),
        today=today(),
    )
    if isinstance(outcome, Practice):
        return cookie.keep(see_other(url_for("practice.records")), outcome)
    for refusal in outcome:
        form.refuse(refusal)
    return _form_page(form, practice)


@blueprint.get("/assessment/read-back")
@allow(Access.PUBLIC)
def read_back() -> Response:
    """Return the interpretation of the base while it is being typed."""
    practice = cookie.load()
    if not wants_fragment() or practice.registered is None:
        return _new_page(practice)
    bounds = service.bounds(practice, at=now(), today=today())
    choice = pages.choice(AssessmentForm(request.args), bounds)
    return render("assessment/_choice.html", choice=choice)


@blueprint.get("/assessment/explained")
@allow(Access.PUBLIC)
def trial() -> Response:
    """Show 怎么算的 for the entered values; redirects to the form if they are refused."""
    practice, form = cookie.load(), AssessmentForm(request.args)
    if practice.registered is None:
        return not_yet()
    back = PRACTICE_PAGES.listing("new", WHO, **form.entries)
    outcome = propose(
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        bounds=service.bounds(practice, at=now(), today=today()),
    )
    if not isinstance(outcome, Proposal):
        return see_other(back)
    page = ExplainedPage.tried(outcome, back=back, today=today())
    return render("practice/explained.html", page=page)


def not_yet() -> Response:
    """Show that 登记 must come before 核定, with the same sentence as the real form."""
    return render("practice/not_yet.html", refusal=NOT_REGISTERED)


def _new_page(practice: Practice) -> Response:
    if practice.registered is None:
        return not_yet()
    form = AssessmentForm(request.args if "start" in request.args else None)
    return _form_page(form, practice, preview=bool(form.base.data))


def _form_page(form: AssessmentForm, practice: Practice, *, preview: bool = True) -> Response:
    registered = service.current(practice, today())
    assert registered is not None
    bounds = service.bounds(practice, at=now(), today=today())
    if is_elder():
        form.show_step()
    return render(
        "practice/assess.html",
        form.status,
        form=form,
        page=pages.form_page(form, registered, bounds, preview=preview, today=today()),
    )
