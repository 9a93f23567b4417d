"""Views of /counter/years: open and close years for declaration."""

from __future__ import annotations

from flask import Response, abort, g, url_for

from flexapp.agency import service as agency
from flexapp.office import blueprint
from flexapp.office.pages import ReasonPage
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff.forms import ReasonForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other

YEAR = "<int(max=9999):year>"


@blueprint.get("/years")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def year_list() -> Response:
    """List every year that can be opened or closed."""
    return render(
        "office/years.html",
        years=agency.years(today()),
        may_act=g.counter_session.clerk.role is Role.AGENCY,
    )


@blueprint.post(f"/years/{YEAR}/open")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def open_year(year: int) -> Response:
    """Open a year for declaration (开放申报)."""
    refusal = agency.open_year(
        year=year, actor=g.counter_session.clerk.actor, at=now(), today=today()
    )
    return _back() if refusal is None else _refused(refusal)


@blueprint.get(f"/years/{YEAR}/close")
@allow(Access.STAFF, Role.AGENCY)
def ask_close_year(year: int) -> Response:
    """Show the form that asks for the reason."""
    return _close_page(year, ReasonForm())


@blueprint.post(f"/years/{YEAR}/close")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def close_year(year: int) -> Response:
    """Close a year for declaration, with a reason (关闭申报)."""
    form = ReasonForm()
    if not form.submitted():
        return _close_page(year, form)
    refusal = agency.close_year(
        year=year,
        reason=form.reason.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
        today=today(),
    )
    if refusal is not None:
        form.refuse(refusal)
        return _close_page(year, form)
    return _back()


def _close_page(year: int, form: ReasonForm) -> Response:
    if all(line.year != year for line in agency.years(today())):
        abort(404)
    page = ReasonPage(
        title="关闭申报",
        back=url_for("office.year_list"),
        lead=f"关闭后，{year} 年度不能再核定；已经核定的不变，仍可传输、缴费和撤销。",
        action=url_for("office.close_year", year=year),
        button="确认关闭",
    )
    return render("office/reason.html", form.status, form=form, page=page)


def _refused(refusal: Refusal) -> Response:
    return render_refused(refusal, url_for("office.year_list"), "返回年度")


def _back() -> Response:
    return see_other(url_for("office.year_list"))
