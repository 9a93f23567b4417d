"""/sign-in, /real-name, /sign-out: pages of sign-in and real-name verification."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Response, current_app, g, request, session, url_for

from flexapp.people import accessibility_mode, blueprint, sessions
from flexapp.people import real_name as real_name_case
from flexapp.people.auth import (
    DESTINATION_KEY,
    KEPT,
    take_destination,
)
from flexapp.people.forms import RealNameForm, SignInForm, typed_identity
from flexapp.rules.identity import parse_name
from flexapp.rules.limits import REAL_NAME_WRONG, SIGN_IN_WRONG, SMS_CODES
from flexapp.rules.phone import parse_phone, read_code
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.web import (
    client_ip,
    cookies,
    rate_limit,
)
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today, utcnow
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import see_other
from flexapp.web.sessions import reset_session
from flexapp.web.unit_of_work import early_read

CODE_ID = "code_id"
SHOWN_CODE = "shown_code"
CODE_COOKIE = "code"


@blueprint.get("/sign-in")
@allow(Access.PUBLIC)
def sign_in() -> Response:
    """Show the sign-in form, with the number if a code is pending."""
    if g.visitor is not None:
        return see_other(take_destination(page_url(Page.HOME)))
    form = SignInForm()
    code_id = session.get(CODE_ID) or request.cookies.get(cookies.for_a_part(CODE_COOKIE), "")
    awaited = sessions.awaited_code(code_id, utcnow()) if code_id else None
    if awaited is None:
        session.pop(CODE_ID, None)
        session.pop(SHOWN_CODE, None)
        return _sign_in_page(form, resend_in=0)
    session[CODE_ID] = code_id
    form.phone.data = awaited.phone
    return _sign_in_page(form, resend_in=awaited.resend_in)


@blueprint.post("/sign-in/code")
@allow(Access.PUBLIC)
def request_code() -> Response:
    """Send a code and redirect to the form with the number filled in."""
    form = SignInForm()
    if not form.submitted():
        return _sign_in_page(form)
    phone = parse_phone(form.phone.data)
    if isinstance(phone, Refusal):
        form.refuse(phone)
        return _sign_in_page(form)
    asker = sessions.devices.asker(phone)
    if not asker.known:
        with early_read():
            rate_limit.enforce(SMS_CODES)
    sent = sessions.request_code(phone=phone, asker=asker, gateway=services().sms, at=utcnow())
    if not asker.known and (not isinstance(sent, Refusal) or sent.reason == "sms_down"):
        # Count only requests that may have sent a message; refused ones do not use up the limit.
        rate_limit.hit(SMS_CODES, client_ip.client())
    if isinstance(sent, Refusal):
        # The number is valid and only the code was refused, so show the message at the code field.
        form.refuse(replace(sent, field=_code_field()))
        return _sign_in_page(form)
    session[CODE_ID] = sent.id
    session.pop(SHOWN_CODE, None)
    if sent.shown is not None:
        session[SHOWN_CODE] = sent.shown
    answer = see_other(url_for("people.sign_in"))
    _keep_code(answer, sent.id, sessions.CODE_LIFE)
    return answer


@blueprint.post("/sign-in")
@allow(Access.PUBLIC)
def finish_sign_in() -> Response:
    """Exchange the code for a session and redirect to the page the person came for."""
    form = SignInForm()
    if not form.submitted():
        return _sign_in_page(form)
    phone = parse_phone(form.phone.data)
    if isinstance(phone, Refusal):
        form.refuse(phone)
        return _sign_in_page(form)
    asker = sessions.devices.asker(phone)
    if not asker.known:
        # Guesses by others at the same address must not block the first attempt with a code.
        with early_read():
            if not sessions.is_untried_code(session.get(CODE_ID, "")):
                rate_limit.enforce(SIGN_IN_WRONG)
    code = read_code(form.code.data)
    signed_in = sessions.sign_in(
        code_id=session.get(CODE_ID, ""), phone=phone, code=code, at=utcnow()
    )
    if isinstance(signed_in, Refusal):
        if not asker.known and signed_in.reason == "code_wrong":
            rate_limit.hit(SIGN_IN_WRONG, client_ip.client())
        form.refuse(replace(signed_in, field=_code_field()))
        return _sign_in_page(form)
    accessibility_mode.carry_over(signed_in.account_id)
    destination = take_destination(page_url(Page.HOME))
    # Reset the anonymous session: prevents session fixation and renews the CSRF secret.
    reset_session(session)
    session["sid"] = signed_in.token
    if signed_in.needs_real_name:
        session[DESTINATION_KEY] = destination
        destination = url_for("people.real_name")
    answer = see_other(destination)
    _keep_code(answer, "", timedelta(0))
    sessions.devices.remember(answer, phone)
    return answer


@blueprint.post("/sign-out")
@allow(Access.PUBLIC)
def sign_out() -> Response:
    """End the session on the server and clear the cookie."""
    if "sid" in session:
        sessions.sign_out(token=session["sid"], at=utcnow())
    reset_session(session)
    return see_other(page_url(Page.HOME))


@blueprint.get("/real-name")
@allow(Access.ACCOUNT)
def real_name() -> Response:
    """Show the form for name and ID number; redirect if the visitor is already verified."""
    if g.visitor.person is not None:
        return see_other(take_destination(page_url(Page.HOME)))
    return _real_name_page(RealNameForm())


@blueprint.post("/real-name")
@allow(Access.ACCOUNT)
@idempotent
def confirm_real_name() -> Response:
    """Verify the real name and redirect to the page the person came for."""
    form = RealNameForm()
    if not (form.submitted() or form.changing_step):
        return _real_name_page(form)
    name = parse_name(form.name.data)
    identity = typed_identity(form.identity, today=today())
    for answer in (name, identity):
        if isinstance(answer, Refusal):
            form.refuse(answer)
    if form.changing_step or isinstance(name, Refusal) or isinstance(identity, Refusal):
        return _real_name_page(form)
    if real_name_case.has_tried_today(visitor=g.visitor, today=today()):
        rate_limit.enforce(REAL_NAME_WRONG)
    outcome = real_name_case.confirm_real_name(
        visitor=g.visitor,
        name=name,
        identity=identity,
        registry=services().population,
        at=now(),
        today=today(),
    )
    if isinstance(outcome, Refusal):
        if outcome == real_name_case.NOT_CONFIRMED:
            rate_limit.hit(REAL_NAME_WRONG, client_ip.client())
        form.refuse(outcome)
        return _real_name_page(form)
    return see_other(take_destination(page_url(Page.HOME)))


def _code_field() -> str | None:
    """Return the field for messages about the code; None if the page does not show it.

    In 长辈版 the page asks only for the number until a code is sent (people/sign_in.html).
    """
    return None if accessibility_mode.is_elder() and CODE_ID not in session else "code"


def _keep_code(answer: Response, code_id: str, life: timedelta) -> None:
    """Set a cookie with the id of the pending code.

    A webview that the phone stops while the person reads the message loses the session, and with it
    the number. The cookie expires with the code, so that later users of the phone do not see the
    number.
    """
    answer.set_cookie(
        cookies.for_a_part(CODE_COOKIE),
        code_id,
        max_age=life,
        path=url_for("people.sign_in"),
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
    )


def _sign_in_page(form: SignInForm, *, resend_in: int | None = None) -> Response:
    if resend_in is None:
        awaited = sessions.awaited_code(session.get(CODE_ID, ""), utcnow())
        resend_in = 0 if awaited is None else awaited.resend_in
    return render(
        "people/sign_in.html",
        form.status,
        form=form,
        code_sent=CODE_ID in session,
        shown_code=session.get(SHOWN_CODE),
        kept=KEPT in session,
        resend_in=resend_in,
    )


def _real_name_page(form: RealNameForm) -> Response:
    if accessibility_mode.is_elder():
        form.show_step()
    return render("people/real_name.html", form.status, form=form)
