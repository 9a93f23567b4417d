"""What somebody has typed into a form and not submitted yet: kept on the server, for them alone.

Not in the browser: phones are shared, and a webview forgets. It is there again in whatever app or
phone the same person signs in, until the form is submitted, the person clears it, or it is old. The
months, the base and the declaration of 登记 are kept, encrypted like everything personal. Name and
ID number of somebody else (代他人核定, the page that asks for whom) are not: nobody asked that
person, two fields are soon typed again, and a refused page still shows them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.people import draft_repository as repository
from flexapp.rules.personal_information import DRAFT_LIFE

LIFE = DRAFT_LIFE
"""Long enough to find a paper at home or to ask a child; then it would only surprise."""

MOST = 10
"""Drafts that one account keeps: the two forms for oneself and some people handled for."""


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """What stood in a form's fields, by name, and when; not printable, so never in a log."""

    form: str
    typed: Mapping[str, str]
    saved_at: datetime


def keep(*, account_id: int, form: str, typed: Mapping[str, str], at: datetime) -> None:
    """Keep what stands in the fields in place of what stood in them before.

    `form`: the address it is posted to. Fields that are all empty again are no draft. `at` is the
    real moment: how long it is kept does not depend on a pinned date.
    """
    if not any(typed.values()):
        repository.remove(account_id, form)
        return
    repository.save(account_id, form, json.dumps(dict(typed), ensure_ascii=False), at)
    repository.keep_newest(account_id, MOST)
    repository.sweep(at - LIFE)


def find(*, account_id: int, form: str, at: datetime) -> Draft | None:
    """What an account has typed into a form, unless it is too old."""
    row = repository.find(account_id, form, at - LIFE)
    return None if row is None else Draft(form, json.loads(row.content), row.saved_at)


def everything(*, account_id: int, at: datetime) -> Sequence[Draft]:
    """All that an account has typed and not submitted, newest first."""
    return [
        Draft(form, json.loads(row.content), row.saved_at)
        for form, row in repository.of_account(account_id, at - LIFE)
    ]


def drop(*, account_id: int, form: str) -> None:
    """The form was submitted, or the person wants to begin anew."""
    repository.remove(account_id, form)


def overtaken(*, person_id: int, form: str) -> None:
    """The same was done for the person at a counter: going on with it would undo that."""
    repository.remove_of_person(person_id, form)
