"""Load the signed-in member of staff and enforce the access that each view declares."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from flexapp.rules.roles import Role
from flexapp.staff import sessions
from flexapp.web import page_owner
from flexapp.web.access import Access, add_guard, roles_of
from flexapp.web.clock import utcnow
from flexapp.web.error_pages import PAGES, Area, ErrorPage, ForbiddenHere, add_area
from flexapp.web.unit_of_work import SAFE_METHODS, early_read, write_transaction

TOUCH_EVERY = timedelta(minutes=1)

COOKIE = "staff"
"""Key of the staff token in the Flask session.

It differs from the key of residents, because one browser may hold both sessions.
"""

OURS = frozenset({Access.STAFF, Access.STAFF_BEGUN})
"""Accesses that this guard checks."""

AREA = Area(
    prefix="/counter",
    layout="layouts/counter.html",
    home="staff.desk",
    home_label="回到工作台",
    pages={
        403: ErrorPage("不能办理", "这里不能办理这项业务。", "请回到工作台，重新打开这一页。"),
        404: ErrorPage(
            "没有这个页面",
            "没有找到您要看的内容。",
            "这一件可能已经办结或过了时间，也可能地址不对。请从工作台重新进入。",
        ),
        405: ErrorPage("无法处理", "这个地址不能这样打开。", "请从工作台重新进入。"),
        429: ErrorPage(
            PAGES[429].title,
            "从本单位网络来的操作次数太多了，这一次没有办。",
            "请{when}再试。",
            passes=True,
        ),
    },
)


def init_app(app: Flask) -> None:
    """Register the guard, the error pages under /counter and the template variable."""
    add_guard(app, OURS, _guard)
    add_area(app, AREA)
    page_owner.loaded_by(app, OURS, lambda: _owner(_load()))
    app.context_processor(lambda: {"counter_session": g.get("counter_session")})


def _guard(access: Access) -> Response | None:
    g.visitor = None  # staff have no session of a resident, even where their browser has one
    g.counter_session = found = _load()
    if found is None:
        return redirect(url_for("staff.sign_in"), 303)
    g.page_owner = _owner(found)
    if access is Access.STAFF_BEGUN:
        return None
    if not found.complete:
        return redirect(url_for(next_step(found)), 303)
    roles = roles_of(current_app, request.endpoint or "")
    if found.clerk.role not in roles:
        raise ForbiddenHere(_not_for(found.clerk.role, roles))
    return None


def _not_for(role: Role, allowed: frozenset[Role]) -> ErrorPage:
    """Return the error page that names the roles which may do this instead."""
    others = "、".join(each.label for each in Role if each in allowed)
    return ErrorPage(
        "不能办理",
        f"您的岗位（{role.label}）不能办理这项业务。",
        f"可以办理的岗位：{others}。",
    )


def next_step(found: sessions.Session) -> str:
    """Return the endpoint of the next step of an incomplete sign-in."""
    if found.must_change:
        return "staff.password"
    return "staff.code" if found.has_second_factor else "staff.enrol"


def _owner(found: sessions.Session | None) -> str | None:
    """Return the page owner of a staff session (web/page_owner.py)."""
    return None if found is None else f"staff:{found.clerk.id}"


def _load() -> sessions.Session | None:
    token = session.get(COOKIE)
    if not token:
        return None
    with early_read():
        found = sessions.find(token=token, at=utcnow())
    if found is not None and found.complete and utcnow() - found.seen_at > TOUCH_EVERY:
        if request.method in SAFE_METHODS:
            with write_transaction():
                sessions.seen(token=token, at=utcnow())
        else:
            sessions.seen(token=token, at=utcnow())
    return found
