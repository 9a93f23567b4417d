"""Each URL has two representations: the whole page for a browser, a fragment for htmx.

The fragment is a block of the page's template: `main`, or a smaller one.
"""

from __future__ import annotations

import re

from flask import Response, make_response, render_template, request

from flexapp.rules.refusal import Refusal
from flexapp.web import metrics
from flexapp.web.error_pages import area_of_request
from flexapp.web.varying import vary_by

UNPROCESSABLE = 422


def wants_fragment() -> bool:
    """Whether htmx requested a fragment; a history restore needs the whole page."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def _place() -> str:
    """CSS selector of the element that htmx swaps the response into; "#main" by default.

    `HX-Target` is untrusted: it is used only if it has the form of an element id.
    """
    named = request.headers.get("HX-Target", "")
    return f"#{named}" if re.fullmatch(r"[A-Za-z][\w-]*", named, re.ASCII) else "#main"


def render(page: str, status: int = 200, /, *, block: str = "main", **context: object) -> Response:
    """The whole page for a browser, one of its blocks for htmx.

    The outermost layout renders only the block that `fragment` names, if any (layouts/page.html). A
    template without a layout is a fragment by itself.
    """
    fragment = block if wants_fragment() else None
    response = make_response(render_template(page, fragment=fragment, **context), status)
    if fragment and status >= 400 and status != UNPROCESSABLE:
        # The script swaps in an error only if it is ours, which this header shows.
        response.headers["HX-Retarget"] = _place()
    return response


def render_refused(refusal: Refusal, back: str, back_label: str = "查看记录") -> Response:
    """Page (422) of a refused action: the refusal's sentence and a link to `back`."""
    metrics.refused(refusal.reason)
    return render(
        "errors/refused.html",
        422,
        refusal=refusal,
        back=back,
        back_label=back_label,
        area=area_of_request(),
    )


def finish(response: Response) -> Response:
    """Adjust the response for htmx: `Vary`, and `HX-Redirect` instead of a redirect."""
    vary_by(response, "HX-Request")
    if response.status_code in (302, 303) and "HX-Request" in request.headers:
        # XMLHttpRequest follows redirects by itself and would swap a whole page into a fragment.
        response.headers["HX-Redirect"] = response.headers.pop("Location")
        response.status_code = 200
        response.set_data(b"")
    return response
