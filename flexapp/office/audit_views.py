"""Views of /counter/audit: look up the audit log of a person or a clerk, for auditors and the
agency.
"""

from __future__ import annotations

from flask import Response, g, url_for

from flexapp.office import audit_lookup, blueprint
from flexapp.office.audit_pages import AuditPage
from flexapp.office.forms import AuditClerkForm, AuditPersonForm
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.navigation import HIGHEST_ROW, before_row, see_other

LOOKUP_ENDED = Refusal("lookup_ended", "这次查询已经结束，请重新查询；每次查询都会记录。")


@blueprint.get("/audit")
@allow(Access.STAFF, *audit_lookup.ROLES)
def audit_search() -> Response:
    """Show the forms that ask for a person or a clerk."""
    return _ask(AuditPersonForm(), AuditClerkForm())


@blueprint.post("/audit/person")
@allow(Access.STAFF, *audit_lookup.ROLES)
def search_person() -> Response:
    """Look up everything done to the person with this ID number."""
    form = AuditPersonForm()
    if not form.submitted():
        return _ask(form, AuditClerkForm(None))
    outcome = audit_lookup.look_up_person(
        identity=form.identity.data, clerk=g.counter_session.clerk, at=now(), today=today()
    )
    return _answer(outcome, form) or _ask(form, AuditClerkForm(None))


@blueprint.post("/audit/clerk")
@allow(Access.STAFF, *audit_lookup.ROLES)
def search_clerk() -> Response:
    """Look up everything done by the clerk with this user name."""
    form = AuditClerkForm()
    if not form.submitted():
        return _ask(AuditPersonForm(None), form)
    outcome = audit_lookup.look_up_clerk(
        user_name=form.user_name.data, clerk=g.counter_session.clerk, at=now()
    )
    return _answer(outcome, form) or _ask(AuditPersonForm(None), form)


@blueprint.get("/audit/<int:seq>")
@allow(Access.STAFF, *audit_lookup.ROLES)
def audit_result(seq: int) -> Response:
    """Show the result of a look-up, one page at a time."""
    found = (
        audit_lookup.found(seq=seq, clerk=g.counter_session.clerk, at=now())
        if seq <= HIGHEST_ROW
        else None
    )
    if found is None:
        return render_refused(LOOKUP_ENDED, url_for("office.audit_search"), "重新查询")
    page = AuditPage.of(found, audit_lookup.lines(found=found, before=before_row()))
    return render("office/audit_found.html", page=page)


def _answer(outcome: int | Refusal, form: AuditPersonForm | AuditClerkForm) -> Response | None:
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return None
    return see_other(url_for("office.audit_result", seq=outcome))


def _ask(by_person: AuditPersonForm, by_clerk: AuditClerkForm) -> Response:
    return render(
        "office/audit.html",
        max(by_person.status, by_clerk.status),
        by_person=by_person,
        by_clerk=by_clerk,
    )
