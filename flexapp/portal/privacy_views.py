"""Views of /me/privacy, /me/privacy/data and /me/close-account."""

from __future__ import annotations

from flask import Response, g, session, url_for

from flexapp.portal import account_closure, blueprint, data_export
from flexapp.rules.personal_information import HOLDINGS
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other
from flexapp.web.sessions import reset_session


@blueprint.get("/me/privacy")
@allow(Access.PUBLIC)
def privacy() -> Response:
    """Show 个人信息: what is stored and why. Public, so that it can be read before signing in."""
    return render("portal/privacy.html", holdings=HOLDINGS)


@blueprint.get("/me/privacy/data")
@allow(Access.PERSON)
def personal_data() -> Response:
    """Show 我的信息 as a page, for webviews that cannot save files."""
    found = data_export.sections(g.visitor, _channels(), whole=False)
    return render("portal/privacy_data.html", sections=found, at=now())


@blueprint.post("/me/privacy/data.json")
@allow(Access.PERSON)
def download_data() -> Response:
    """下载我的信息: return the JSON file. POST, because it records an audit event."""
    data_export.record_download(visitor=g.visitor, at=now())
    found = data_export.sections(g.visitor, _channels(), whole=True)
    answer = Response(data_export.as_json(found, now()), content_type="application/json")
    name = f"my-information-{today().isoformat()}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/me/close-account")
@allow(Access.ACCOUNT)
def ask_close_account() -> Response:
    """Show the confirmation page of 注销账号: what is deleted and what is kept."""
    return _close_page(
        account_closure.why_not_close(visitor=g.visitor, at=now(), today=today()), 200
    )


@blueprint.post("/me/close-account")
@allow(Access.ACCOUNT)
@idempotent
def close_account() -> Response:
    """确认注销: close the account and end all its sessions."""
    refusal = account_closure.close(visitor=g.visitor, at=now(), today=today())
    if refusal is not None:
        return _close_page(refusal, 422)
    reset_session(session)
    return see_other(url_for("portal.account_closed"))


@blueprint.get("/account-closed")
@allow(Access.PUBLIC)
def account_closed() -> Response:
    """Show the confirmation after closing; the visitor is signed out."""
    return render("portal/account_closed.html")


def _close_page(refusal: Refusal | None, status: int) -> Response:
    return render("portal/close_account.html", status, refusal=refusal)


def _channels() -> dict[str, str]:
    return dict(services().channel_names())
