"""Views of /practice: 登记 and 核定 for visitors who want to try first. Public.

These views ignore the signed-in visitor: their only person does not exist.
"""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from flexapp.assessment.service import NOT_REGISTERED
from flexapp.practice import (
    cookie,
)
from flexapp.practice.pages import (
    StartPage,
)
from flexapp.web.access import Access, allow
from flexapp.web.error_pages import Area, ErrorPage, add_area
from flexapp.web.htmx import render
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


def not_yet() -> Response:
    """Show that 登记 must come before 核定, with the same sentence as the real form."""
    return render("practice/not_yet.html", refusal=NOT_REGISTERED)
