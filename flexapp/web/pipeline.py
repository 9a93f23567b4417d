"""What every request passes: the hooks of the application, in one ordered list.

Before a view the steps run from the first to the last, and a step that returns a response skips the
rest and the view. After a view they run from the last to the first. No other module registers a
hook (tests/architecture/test_pipeline.py); Flask-WTF and Flask-SQLAlchemy register one each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response
from werkzeug.wrappers import Response as AnyResponse

from flexapp.db.session import csrf
from flexapp.web import (
    access,
    compression,
    headers,
    htmx,
    origin_check,
    rate_limit,
    request_logging,
    unit_of_work,
    unprintable,
)

Before = Callable[[], AnyResponse | None]
After = Callable[[Response], Response]
Teardown = Callable[[BaseException | None], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What one concern does around a view."""

    name: str
    why_here: str
    """Why the step stands at this position, in one sentence."""
    before: Before | None = None
    after: After | None = None
    teardown: Teardown | None = None
    """Runs when the request ends, even if it failed without a response."""
    install: Callable[[Flask], None] | None = None
    """Registers the hook of a library at this position."""


def steps(*, webview: Before, session_end: After) -> tuple[Step, ...]:
    """All steps in order; the arguments are those of higher slices (channels, people)."""
    return (
        Step(
            "request log",
            "First and last, so that every log line has the request's id and the time is whole.",
            before=request_logging.begin,
            after=request_logging.answered,
            teardown=request_logging.ended,
        ),
        Step(
            "compression",
            "After everything that changes the body of the response.",
            after=compression.compress,
        ),
        Step(
            "security headers",
            "After the htmx step, because a redirect for htmx becomes a response of another kind.",
            after=headers.add,
        ),
        Step(
            "htmx",
            "After the commit, because a commit that fails makes another response.",
            after=htmx.finish,
        ),
        Step(
            "unit of work",
            "Before anything asks the database; so the commit precedes what changes the response.",
            before=unit_of_work.begin,
            after=unit_of_work.finish,
        ),
        Step(
            "printable address",
            "Before everything that uses the path of the request.",
            before=unprintable.check,
        ),
        Step(
            "webview",
            "Before the steps that may refuse a request, because error pages are laid out by it.",
            before=webview,
        ),
        Step(
            "origin",
            "Before the CSRF check, whose page would offer to submit another site's form again.",
            before=origin_check.check,
        ),
        Step(
            "CSRF token",
            "Before the rate limits, because a request that others triggered counts for nobody.",
            install=csrf.init_app,
        ),
        Step(
            "rate limit",
            "Before the guard, so that a client over its limit costs no look-up of its session.",
            before=rate_limit.let_in,
        ),
        Step(
            "access",
            "Last before the view, and first after it, while the visitor is what the view left.",
            before=access.guard,
            after=session_end,
        ),
    )


def init_app(app: Flask, of: tuple[Step, ...]) -> None:
    """Register the hooks of these steps, in this order."""
    for step in of:
        if step.before is not None:
            app.before_request(step.before)
        if step.after is not None:
            app.after_request(step.after)
        if step.teardown is not None:
            app.teardown_request(step.teardown)
        if step.install is not None:
            step.install(app)
