"""Views of /counter/dashboard: the figures of the service, on a page and as files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Response, g, request

from flexapp.office import blueprint, dashboard, dashboard_files
from flexapp.office.dashboard import ReportPeriod
from flexapp.office.dashboard_forms import DashboardForm
from flexapp.office.dashboard_pages import DashboardPage
from flexapp.office.dashboard_tables import (
    NOTES,
    channel_names,
    tables,
)
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.services import services
from flexapp.transmission import service as transmission
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.select_options import DIVISIONS

READERS = (Role.AGENCY, Role.AUDITOR)
Read = Callable[..., ReportPeriod | tuple[Refusal, ...]]
"""The type of `dashboard.read` and of functions with the same parameters."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/dashboard")
@allow(Access.STAFF, *READERS)
def show_dashboard() -> Response:
    """Show the last thirty days, or the requested period."""
    form = form_about(dashboard.default_period)
    asked = read_form(form, dashboard.read)
    page = None
    if isinstance(asked, ReportPeriod):
        names = channels()
        page = DashboardPage.of(
            asked,
            dashboard.figures(asked, list(names)),
            transmission.transmission_status(),
            names,
        )
    return _page(form, page)


@blueprint.post("/dashboard.csv")
@allow(Access.STAFF, *READERS)
def dashboard_csv() -> Response:
    """Return the tables of the page as CSV."""
    return _file("csv", "text/csv; charset=utf-8")


@blueprint.post("/dashboard.xlsx")
@allow(Access.STAFF, *READERS)
def dashboard_xlsx() -> Response:
    """Return the tables of the page as a workbook."""
    return _file("xlsx", XLSX)


def _file(form_of: str, mimetype: str) -> Response:
    form = form_about(dashboard.default_period)
    asked = read_form(form, dashboard.read)
    if not isinstance(asked, ReportPeriod):
        return _page(form, None)
    names = channels()
    figures = dashboard.figures(asked, list(names))
    found = tables(figures, names)
    content = (
        dashboard_files.csv_of(figures, found)
        if form_of == "csv"
        else dashboard_files.xlsx_of(f"{asked.first} 至 {asked.last}", figures, found)
    )
    dashboard.exported(asked=asked, form=form_of, clerk=g.counter_session.clerk, at=now())
    answer = Response(content, content_type=mimetype)
    name = f"dashboard-{asked.first}-{asked.last}.{form_of}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def form_about(usual: Callable[[date], ReportPeriod]) -> DashboardForm:
    """Return the submitted form, or a form with the default period before the first submission."""
    # Downloading figures is recorded, so it is a POST. Viewing them is a GET.
    form = DashboardForm(request.form if request.method == "POST" else request.args)
    if request.method == "GET" and "first" not in request.args:
        stretch = usual(today())
        form.first.data, form.last.data = stretch.first.isoformat(), stretch.last.isoformat()
    return form


def read_form(form: DashboardForm, read: Read) -> ReportPeriod | None:
    """Return the requested period, or None with the refusals added to the form."""
    asked = read(
        first=form.first.data,
        last=form.last.data,
        area=form.area.data,
        channel=form.channel.data,
        channels=list(channels()),
    )
    if isinstance(asked, ReportPeriod):
        return asked
    for refusal in asked:
        form.refuse(refusal)
    return None


def channels() -> dict[str, str]:
    """Return the names of the channels that can be requested, by code."""
    return channel_names(services().channel_names())


def _page(form: DashboardForm, page: DashboardPage | None) -> Response:
    return render(
        "office/dashboard.html",
        form.status,
        form=form,
        page=page,
        division_groups=DIVISIONS,
        notes=NOTES,
        channel_groups=(("", tuple(channels().items())),),
    )
