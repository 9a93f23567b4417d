"""A Flask test client that parses pages, submits forms and lints every response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.html import Form, Page
from tests.support.lint import UnfitPage, lint

HTMX = {"HX-Request": "true"}


class LintingClient(FlaskClient):
    """Raises `UnfitPage` for HTML that `support.lint` refuses, and for status 500."""

    faults_expected = False
    """Set to True by tests that cause a server error on purpose."""

    framed_by: tuple[str, ...] = ()
    """The frame ancestors that the CSP must allow; empty except in sessions of some channels."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.status_code == 500 and not self.faults_expected:
            raise UnfitPage(f"a fault: {response.request.method} {response.request.full_path}")
        body = response.mimetype == "text/html" and response.status_code not in range(300, 400)
        if body and response.request.method != "HEAD" and response.text.strip():
            lint(self.application, Page(response), self.framed_by)
        return response

    def page(
        self, path: str, status: int = 200, *, htmx: bool = False, follow: bool = True
    ) -> Page:
        """Open a path, following redirects; return the parsed page, which must have the status."""
        response = self.get(path, headers=HTMX if htmx else {}, follow_redirects=follow)
        page = Page(response)
        assert page.status == status, page
        return page

    def submit(
        self,
        page: Page,
        button: str,
        status: int = 200,
        *,
        htmx: bool = False,
        follow: bool = True,
        by_hand: bool = False,
        fill: Mapping[str, str] | None = None,
        **typed: str,
    ) -> Page:
        """Submit the form of a button, with `typed` and `fill` over the form's own values.

        Only fields of the form and offered options are accepted, as in a browser, unless `by_hand`
        is set. With `htmx`, a redirect is followed like htmx does: by a new request for its
        location.
        """
        form, pressed = page.form(button)
        typed = {**typed, **(fill or {})}
        fields = form.fields | typed
        if not by_hand:
            _check_possible(form, typed)
        if pressed.get("name") is not None:
            fields[pressed.get("name", "")] = pressed.get("value", "")
        address = pressed.get("formaction") or form.action
        if form.method.lower() == "get":
            return self.page(address, status, follow=follow)
        headers = HTMX if htmx else {}
        response = self.post(
            address, data=fields, headers=headers, follow_redirects=follow and not htmx
        )
        answer = Page(response)
        if htmx and follow and answer.location:
            return self.page(answer.location, status)
        assert answer.status == status, answer
        return answer

    def repeat(self, page: Page, button: str, **typed: str) -> TestResponse:
        """Submit a form without following redirects or parsing; return the response."""
        form, pressed = page.form(button)
        return self.post(pressed.get("formaction") or form.action, data=form.fields | typed)


def _check_possible(form: Form, typed: dict[str, str]) -> None:
    for name, value in typed.items():
        assert name in form.fields or name in form.offered, f"the form has no field {name}"
        offered = form.offered.get(name)
        assert offered is None or value in offered, f"{name} does not offer {value!r}: {offered}"


def linting(client: FlaskClient) -> LintingClient:
    """Cast the client to the type that all test clients have here."""
    return cast(LintingClient, client)
