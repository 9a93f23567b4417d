"""/open/sandbox: a vendor tries a launch without writing code. Only in the demo.

The browser creates the key pair and signs the launch (static/src/sandbox.js). The server receives
the public key here, and at `/open/v1/launches` the same message as from any vendor's server.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, abort, current_app, url_for
from flask.blueprints import BlueprintSetupState

from flexapp.channels import public_keys
from flexapp.channels.forms import SandboxForm
from flexapp.channels.pasted_secrets import secret_in
from flexapp.config import Settings
from flexapp.rules.limits import SANDBOXES
from flexapp.rules.refusal import Refusal
from flexapp.vendors import blueprint, sandbox
from flexapp.vendors.pages import SandboxPage
from flexapp.web.access import Access, allow
from flexapp.web.clock import utcnow
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other
from flexapp.web.rate_limit import rate_limited, seconds

TOO_MANY = {"sandbox_too_soon": timedelta(minutes=1), "sandbox_full": timedelta(days=1)}
"""Temporary refusals, with the longest wait after which they end."""


@allow(Access.PUBLIC)
def new_sandbox() -> Response:
    """Show the form: create a key pair or submit a public key."""
    return _start(SandboxForm())


@allow(Access.PUBLIC)
@rate_limited(SANDBOXES)
@idempotent
def make_sandbox() -> Response:
    """Create a sandbox channel with the submitted key."""
    form = SandboxForm()
    if not form.submitted():
        return _start(form)
    made = sandbox.make(text=str(form.key.data), at=utcnow())
    if isinstance(made, Refusal):
        if made.reason in public_keys.SECRETS:
            form.key.data = ""  # never render a submitted private key
        form.refuse(made)
        wait = TOO_MANY.get(made.reason)
        if wait is None:
            return _start(form)
        refused = _start(form, 429)
        refused.headers["Retry-After"] = str(seconds(wait))
        return refused
    return see_other(url_for("vendors.show_sandbox", code=made.code))


@allow(Access.PUBLIC)
def show_sandbox(code: str) -> Response:
    """Show the sandbox: sign, send, open. 404 if it is unknown or expired."""
    found = sandbox.find(code, at=utcnow())
    if found is None:
        abort(404)
    settings: Settings = current_app.config["SETTINGS"]
    page = SandboxPage.of(found, settings.public_url)
    return render("vendors/sandbox_launch.html", page=page)


def _start(form: SandboxForm, status: int | None = None) -> Response:
    if secret_in(form.key.data or "") is not None:
        form.key.data = ""  # never render a secret, also on other paths to this form
    return render("vendors/sandbox.html", status or form.status, form=form)


def add_to_demo(state: BlueprintSetupState) -> None:
    """Add the pages when the blueprint is registered, in the demo only."""
    settings: Settings = state.app.config["SETTINGS"]
    if settings.is_demo:
        state.add_url_rule("/sandbox", view_func=new_sandbox, methods=["GET"])
        state.add_url_rule("/sandbox", view_func=make_sandbox, methods=["POST"])
        state.add_url_rule("/sandbox/<code>", view_func=show_sandbox, methods=["GET"])


blueprint.record(add_to_demo)
