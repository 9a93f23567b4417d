"""/rating: rate a case; list own ratings with their answers."""

from __future__ import annotations

from flask import Response, abort, g, render_template, url_for

from flexapp.rating import blueprint, pages, service
from flexapp.rating.forms import RatingForm
from flexapp.rating.service import Case
from flexapp.rules.ratings import SENTENCE_MAX
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, before_row, see_other


@blueprint.get("")
@allow(Access.PERSON)
def mine() -> Response:
    """评价记录: the visitor's ratings, each with the agency's answer."""
    page = pages.OwnRatingsPage.of(service.mine(g.visitor, before_row()))
    return render("rating/mine.html", page=page)


@blueprint.get(f"/<int(max={HIGHEST_ROW}):case>")
@allow(Access.PERSON)
def show(case: int) -> Response:
    """Show the form for a case, or its rating once there is one."""
    return _page(_case(case), RatingForm())


@blueprint.post(f"/<int(max={HIGHEST_ROW}):case>")
@allow(Access.PERSON)
@idempotent
def send(case: int) -> Response:
    """提交评价: store the rating."""
    found, form = _case(case), RatingForm()
    if not form.submitted():
        return _page(found, form)
    refusals = service.rate(
        case=found,
        level=form.level.data,
        sentence=form.sentence.data,
        shown_as=form.shown_as.data,
        visitor=g.visitor,
        at=now(),
    )
    for refusal in refusals:
        form.refuse(refusal)
    return _page(found, form) if refusals else see_other(url_for("rating.show", case=case))


@blueprint.post(f"/<int(max={HIGHEST_ROW}):case>/sentence")
@allow(Access.PERSON)
def preview(case: int) -> Response:
    """Show while typing how the comment is stored, if numbers in it are hidden."""
    _case(case)
    form = RatingForm()
    return Response(
        render_template(
            "rating/rating.html", fragment="kept_as", kept_as=pages.stored_comment(form)
        )
    )


def _case(seq: int) -> Case:
    """Return the case in the address.

    404 if it is unknown, unfinished or not ratable by the visitor.
    """
    found = service.case_of(seq, g.visitor)
    if found is None:
        abort(404)
    return found


def _page(case: Case, form: RatingForm) -> Response:
    return render(
        "rating/rating.html",
        form.status,
        form=form,
        page=pages.RatingPage.of(case, service.rating_of(case, g.visitor)),
        levels=pages.LEVELS,
        kept_as=pages.stored_comment(form),
        most=SENTENCE_MAX,
    )
