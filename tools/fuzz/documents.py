"""Runs schemathesis over the OpenAPI documents, with requests signed as their callers do."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from schemathesis.core.failures import Failure, FailureGroup

from flexapp.db.session import db
from flexapp.factory import create_app
from tests.openapi.callers import Caller, as_tax_bureau, vendor_of
from tests.openapi.test_documents import (
    ALLOWED,
    FORBIDDEN,
    Answers,
    Served,
    calls,
    explore,
    stand_in,
)
from tests.support.database import Templates, settings_for


def ask_everything(folder: Path, examples: int) -> tuple[Answers, list[str]]:
    """Send `examples` requests of each kind to each operation.

    Returns the response counts, and the responses that the documents do not allow.
    """
    Templates(folder).copy(TODAY, folder)
    app = create_app(settings_for(folder, TODAY))
    vendor_of(app)
    answers: Answers = Counter()
    wrong: list[str] = []
    for call in calls(Served(app, as_tax_bureau), stand_in(folder / "bureau.sqlite3")):
        signed, unsigned = Caller(call.served.app, call.served.sign), Caller(call.served.app, None)
        bare = call.without_security()
        for which, through, mode, known in (
            (bare, signed, ALLOWED, False),
            (bare, signed, FORBIDDEN, False),
            (bare, signed, ALLOWED, "{serial}" in call.path),
            (call, unsigned, ALLOWED, False),
        ):
            try:
                answers += explore(which, through, mode, known=known, examples=examples)
            except (FailureGroup, Failure) as failure:
                wrong.append(f"{call}: {failure}")
    with app.app_context():
        db.engine.dispose()
    return answers, wrong


TODAY = date(2026, 11, 24)
