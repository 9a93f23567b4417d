"""Views of /counter/people: find or create a person by ID number, and show them."""

from __future__ import annotations

from flask import Response, abort, g, request, url_for

from flexapp.assessment import service as assessment
from flexapp.counter import blueprint, cases
from flexapp.counter.cases import Case
from flexapp.counter.people_forms import FindForm
from flexapp.counter.people_pages import Fact, PersonPage, ReviewPage
from flexapp.people.forms import typed_identity
from flexapp.rules.identity import parse_name
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import before_row, see_other

LOCAL = (Role.TOWNSHIP, Role.HALL)


@blueprint.get("/people")
@allow(Access.STAFF, *LOCAL)
def ask_person() -> Response:
    """Ask for the ID number."""
    return find_page(FindForm())


@blueprint.post("/people")
@allow(Access.STAFF, *LOCAL)
def find_person() -> Response:
    """Redirect to the person's page, or ask for the name of an unknown person."""
    form = FindForm()
    if not form.submitted():
        return find_page(form)
    identity = typed_identity(form.identity, today=today())
    if isinstance(identity, Refusal):
        form.refuse(identity)
        return find_page(form)
    token = cases.find(clerk=g.counter_session.clerk, identity=identity, at=now())
    if isinstance(token, Refusal):
        form.refuse(token)
        return find_page(form)
    return find_page(form, unknown=True) if token is None else _to(token)


@blueprint.post("/people/new")
@allow(Access.STAFF, *LOCAL)
@idempotent
def create_person() -> Response:
    """Create an unknown person by ID number and name."""
    form = FindForm()
    if not form.submitted():
        return find_page(form, unknown=True)
    identity = typed_identity(form.identity, today=today())
    name = parse_name(form.name.data)
    for answer in (identity, name):
        if isinstance(answer, Refusal):
            form.refuse(answer)
    if isinstance(identity, Refusal) or isinstance(name, Refusal):
        return find_page(form, unknown=True)
    token = cases.create(
        clerk=g.counter_session.clerk,
        identity=identity,
        name=name,
        looked_at=form.reviewed.data or "",
        at=now(),
    )
    if token is None:
        review = ReviewPage(
            title="核对新建的人",
            back=url_for("counter.ask_person"),
            action=url_for("counter.create_person"),
            digest=cases.reviewed(identity, name),
            heading="请对照证件逐字核对",
            facts=(Fact("姓名", name, new=True), Fact("身份证号", identity.value)),
            button="确认新建",
            hint="这里只完整显示这一次。建好以后，姓名要到大厅凭证件更正。",
        )
        return render("counter/review.html", form=form, review=review)
    if isinstance(token, Refusal):
        form.refuse(token)
        return find_page(form, unknown=True)
    return _to(token)


@blueprint.get("/people/<token>")
@allow(Access.STAFF, *LOCAL)
def show_person(token: str) -> Response:
    """Show what the person has."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    page = PersonPage.of(
        case,
        months=cases.months(case, today()),
        records=assessment.own_records(case.person.id, before_row()),
    )
    return render("counter/person.html", page=page)


def case_at(token: str) -> Case | Response:
    """Return the case of the address. 404 if it does not exist or is another clerk's.

    If it has expired, the page that asks for the ID number is returned instead.
    """
    found = cases.case_of(token=token, clerk=g.counter_session.clerk)
    if found is None:
        abort(404)
    if isinstance(found, Refusal):
        form = FindForm(None)
        form.refuse(found)
        return find_page(form, status=200 if request.method == "GET" else 422)
    return found


def find_page(form: FindForm, *, unknown: bool = False, status: int | None = None) -> Response:
    """Render the page that asks for the ID number. `unknown`: it also asks for the name."""
    return render(
        "counter/people.html",
        status or form.status,
        form=form,
        unknown=unknown,
    )


def _to(token: str) -> Response:
    return see_other(url_for("counter.show_person", token=token))
