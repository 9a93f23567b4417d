"""A browser without a screen: reads pages, fills in their forms, and lints every answer it gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.html import Form, Page
from tests.support.lint import UnfitPage, lint

HTMX = {"HX-Request": "true"}


class LintingClient(FlaskClient):
    """Every answer with HTML in it must be fit (`support.lint`), and none may be a fault."""

    faults_expected = False
    """Set by the few tests that break something on purpose."""

    framed_by: tuple[str, ...] = ()
    """Whose frames the pages allow: nobody's, but in the sessions of some channels."""

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
        """Open an address, following redirects as a browser does."""
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
        """Press a button of a page with these fields filled in, hidden ones as they are.

        Only what the form has can be filled in and only what it offers can be chosen, as in a
        browser, unless the POST is made `by_hand`. With `htmx` a redirect is followed as htmx does:
        by opening its address anew.
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
        """The bare answer to pressing a button: for tests that look at it themselves."""
        form, pressed = page.form(button)
        return self.post(pressed.get("formaction") or form.action, data=form.fields | typed)


def _check_possible(form: Form, typed: dict[str, str]) -> None:
    for name, value in typed.items():
        assert name in form.fields or name in form.offered, f"the form has no field {name}"
        offered = form.offered.get(name)
        assert offered is None or value in offered, f"{name} does not offer {value!r}: {offered}"


def linting(client: FlaskClient) -> LintingClient:
    """The client as what it is in this test suite."""
    return cast(LintingClient, client)
