"""Views of /counter/ratings: ratings of finished cases, and handling the bad ones."""

from __future__ import annotations

from flask import Response, abort, g, url_for

from flexapp.office import blueprint, rating_reports
from flexapp.office.dashboard import ReportPeriod
from flexapp.office.dashboard_forms import DashboardForm
from flexapp.office.dashboard_views import (
    READERS,
    channels,
    form_about,
    read_form,
)
from flexapp.office.forms import AnswerForm
from flexapp.office.rating_pages import (
    RatingsPage,
    ReportLine,
    total_of,
)
from flexapp.office.rating_tables import (
    NOTES,
    csv_of,
    tables,
)
from flexapp.rating import service as rating
from flexapp.rating.service import RatingReport
from flexapp.rules.ratings import SENTENCE_MAX
from flexapp.rules.roles import Role
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, before_row, see_other
from flexapp.web.select_options import DIVISIONS


@blueprint.get("/ratings")
@allow(Access.STAFF, *READERS)
def rating_list() -> Response:
    """Show this month and the five before it, or the requested period."""
    form = form_about(rating_reports.default_period)
    asked = read_form(form, rating_reports.read_asked)
    page = None
    if isinstance(asked, ReportPeriod):
        found = rating_reports.find(asked, before_row())
        page = RatingsPage.of(asked, found, g.counter_session.clerk, channels())
    return _page(form, page)


@blueprint.post("/ratings.csv")
@allow(Access.STAFF, *READERS)
def ratings_csv() -> Response:
    """Return the tables of the page as CSV."""
    form = form_about(rating_reports.default_period)
    asked = read_form(form, rating_reports.read_asked)
    if not isinstance(asked, ReportPeriod):
        return _page(form, None)
    counts = rating_reports.counted(asked)
    content = csv_of(total_of(counts), tables(counts, rating_reports.months(asked), channels()))
    rating_reports.exported(asked=asked, clerk=g.counter_session.clerk, at=now())
    answer = Response(content, content_type="text/csv; charset=utf-8")
    name = f"ratings-{asked.first}-{asked.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get(f"/ratings/<int(max={HIGHEST_ROW}):number>")
@allow(Access.STAFF, Role.AGENCY)
def ask_handle_rating(number: int) -> Response:
    """Show the form that asks what was done about a bad rating."""
    return _answer_page(_bad(number), AnswerForm())


@blueprint.post(f"/ratings/<int(max={HIGHEST_ROW}):number>")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def handle_rating(number: int) -> Response:
    """Record what was done about a bad rating (标为已处理)."""
    found, form = _bad(number), AnswerForm()
    if not form.submitted():
        return _answer_page(found, form)
    outcome = rating.handle(
        number=number,
        answer=form.answer.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
    )
    if outcome is None:
        return see_other(_back())
    if outcome.field is None:
        return render_refused(outcome, _back(), "返回评价")
    form.refuse(outcome)
    return _answer_page(found, form)


def _bad(number: int) -> RatingReport:
    """Return the bad rating of the address; 404 for any other."""
    found = rating.opinion(number)
    if found is None or not found.level.is_bad:
        abort(404)
    return found


def _back() -> str:
    return url_for("office.rating_list")


def _page(form: DashboardForm, page: RatingsPage | None) -> Response:
    return render(
        "office/ratings.html",
        form.status,
        form=form,
        page=page,
        division_groups=DIVISIONS,
        notes=NOTES,
        channel_groups=(("", tuple(channels().items())),),
    )


def _answer_page(found: RatingReport, form: AnswerForm) -> Response:
    return render(
        "office/rating.html",
        form.status,
        form=form,
        line=ReportLine.of(found, channels()),
        most=SENTENCE_MAX,
    )
