"""/counter: staff sign-in, and the start page (工作台)."""

from __future__ import annotations

from flask import Response, g, session, url_for

from flexapp.rules.limits import STAFF_WRONG
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.staff import blueprint, sessions
from flexapp.staff.auth import COOKIE, next_step
from flexapp.staff.desk import DeskPage
from flexapp.staff.forms import CodeForm, PasswordForm, SignInForm
from flexapp.staff.passwords import password_check_slot
from flexapp.web import (
    client_ip,
    qrcodes,
    rate_limit,
)
from flexapp.web.access import Access, allow
from flexapp.web.clock import utcnow
from flexapp.web.htmx import render
from flexapp.web.known_browsers import LoginSource
from flexapp.web.navigation import see_other
from flexapp.web.unit_of_work import early_read


@blueprint.get("/sign-in")
@allow(Access.PUBLIC)
def sign_in() -> Response:
    """Show the form for user name and password."""
    return _sign_in_page(SignInForm())


@blueprint.post("/sign-in")
@allow(Access.PUBLIC)
def check_password() -> Response:
    """Check the password and redirect to the next step of the sign-in."""
    form = SignInForm()
    if not form.submitted():
        return _sign_in_page(form)
    user_name = sessions.read_user_name(form.user_name.data)
    asker = sessions.devices.asker(user_name)
    with password_check_slot(asker.name, known=asker.known):
        _let_in(asker)
        token = sessions.sign_in(
            user_name=user_name, password=form.password.data or "", asker=asker, at=utcnow()
        )
    if isinstance(token, Refusal):
        _note_wrong(asker, token)
        form.refuse(token)
        return _sign_in_page(form)
    found = sessions.find(token=token, at=utcnow())
    assert found is not None
    _begin(token)
    return see_other(url_for(next_step(found)))


@blueprint.get("/password")
@allow(Access.STAFF_BEGUN)
def password() -> Response:
    """Show the form that replaces the first password."""
    if not g.counter_session.must_change:
        return _go_on()
    return _password_page(PasswordForm())


@blueprint.post("/password")
@allow(Access.STAFF_BEGUN)
def choose_password() -> Response:
    """Save the new password."""
    if not g.counter_session.must_change:
        return _go_on()
    form = PasswordForm()
    if not form.submitted():
        return _password_page(form)
    with password_check_slot(f"session:{g.counter_session.clerk.id}", known=True):
        refusal = sessions.choose_password(
            session=g.counter_session,
            password=form.password.data or "",
            again=form.again.data or "",
        )
    if refusal == sessions.ENDED:
        return _ended()
    if refusal is not None:
        form.refuse(refusal)
        return _password_page(form)
    return _go_on()


@blueprint.get("/enrol")
@allow(Access.STAFF_BEGUN)
def enrol() -> Response:
    """Show the start of the enrolment; a GET writes nothing, so the secret needs a POST."""
    if g.counter_session.has_second_factor or g.counter_session.must_change:
        return _go_on()
    return render("staff/enrol.html", form=CodeForm(), secret=None)


@blueprint.post("/enrol")
@allow(Access.STAFF_BEGUN)
def begin_enrolment() -> Response:
    """Create the secret and show it as a QR code and as text."""
    if g.counter_session.has_second_factor or g.counter_session.must_change:
        return _go_on()
    return _enrol_page(CodeForm())


@blueprint.get("/code")
@allow(Access.STAFF_BEGUN)
def code() -> Response:
    """Show the form for a code of the second factor."""
    if g.counter_session.complete or not g.counter_session.has_second_factor:
        return _go_on()
    return _code_page(CodeForm())


@blueprint.post("/code")
@allow(Access.STAFF_BEGUN)
def check_code() -> Response:
    """Check the code of the second factor and complete the session."""
    if g.counter_session.complete or g.counter_session.must_change:
        return _go_on()
    form = CodeForm()
    page = _code_page if g.counter_session.has_second_factor else _enrol_page
    if not form.submitted():
        return page(form)
    user_name = g.counter_session.clerk.user_name
    asker = sessions.devices.asker(user_name)
    _let_in(asker)
    token = sessions.pass_code(
        session=g.counter_session, code=form.code.data, asker=asker, at=utcnow()
    )
    if token == sessions.ENDED:
        return _ended()
    if isinstance(token, Refusal):
        _note_wrong(asker, token)
        form.refuse(token)
        return page(form)
    _begin(token)
    response = see_other(url_for("staff.desk"))
    sessions.devices.remember(response, user_name)
    return response


@blueprint.post("/sign-out")
@allow(Access.STAFF_BEGUN)
def sign_out() -> Response:
    """End the session on the server and remove its token from the cookie."""
    sessions.sign_out(token=g.counter_session.token)
    session.pop(COOKIE, None)
    return see_other(url_for("staff.sign_in"))


@blueprint.get("")
@allow(Access.STAFF)
def desk() -> Response:
    """Show the start page of the signed-in clerk."""
    page = DeskPage.of(g.counter_session.clerk)
    return render("staff/desk.html", page=page)


def _begin(token: str) -> None:
    """Store the token in a cleared session; also drops a resident's sign-in and CSRF secret."""
    session.clear()
    session[COOKIE] = token


def _let_in(asker: LoginSource) -> None:
    """Raise `TooMany` if the address has too many wrong attempts; known browsers are exempt.

    A known browser has its own counter.
    """
    if not asker.known:
        with early_read():
            rate_limit.enforce(STAFF_WRONG)


def _note_wrong(asker: LoginSource, refusal: Refusal) -> None:
    """Count a wrong attempt for the address, unless the attempt was not checked ("locked")."""
    if not asker.known and refusal.reason != "locked":
        rate_limit.hit(STAFF_WRONG, client_ip.client())


def _go_on() -> Response:
    found = sessions.find(token=g.counter_session.token, at=utcnow())
    if found is None:
        return _ended()
    if found.complete:
        return see_other(url_for("staff.desk"))
    return see_other(url_for(next_step(found)))


def _ended() -> Response:
    """Redirect to the sign-in page after the session ended during this request."""
    session.pop(COOKIE, None)
    return see_other(url_for("staff.sign_in"))


def _sign_in_page(form: SignInForm) -> Response:
    return render("staff/sign_in.html", form.status, form=form)


def _password_page(form: PasswordForm) -> Response:
    return render("staff/password.html", form.status, form=form)


def _enrol_page(form: CodeForm) -> Response:
    secret = sessions.new_secret(session=g.counter_session)
    if isinstance(secret, Refusal):
        return _ended()
    address = sessions.address(session=g.counter_session, secret=secret)
    return render(
        "staff/enrol.html",
        form.status,
        form=form,
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        qr=qrcodes.draw([address])[0],
    )


def _code_page(form: CodeForm) -> Response:
    demo = services().demo
    shown = demo.second_factor(g.counter_session.clerk) if demo is not None else None
    return render("staff/code.html", form.status, form=form, shown_code=shown)
