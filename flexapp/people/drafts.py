"""Drafts: form input that is not submitted yet, stored on the server for one account.

Drafts are not stored in the browser, because phones are shared and webviews lose their storage.
The same person finds a draft in any app and on any phone, until the form is submitted, the draft
is cleared, or it expires. Saved are the months, the base and the input of 登记, encrypted like all
personal data. The name and ID number of another person (代他人核定) are not saved, because that
person has not consented. Two fields are quickly typed again, and a refused page still shows them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.people import draft_repository as repository
from flexapp.rules.personal_information import DRAFT_LIFE

LIFE = DRAFT_LIFE
"""Lifetime of a draft.

Long enough to look for papers or ask the family; an older draft would surprise the person.
"""

MAX_DRAFTS = 10
"""Maximum number of drafts per account: its own two forms, and some for other people."""


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """The saved input of a form by field name. It has no repr, so that it is never logged."""

    form: str
    typed: Mapping[str, str]
    saved_at: datetime


def keep(*, account_id: int, form: str, typed: Mapping[str, str], at: datetime) -> None:
    """Save the input of a form, replacing its earlier draft.

    `form` is the path the form is posted to. If all fields are empty, the draft is removed. `at` is
    the real time, so that the lifetime does not depend on a pinned business date.
    """
    if not any(typed.values()):
        repository.remove(account_id, form)
        return
    repository.save(account_id, form, json.dumps(dict(typed), ensure_ascii=False), at)
    repository.keep_newest(account_id, MAX_DRAFTS)
    repository.sweep(at - LIFE)


def find(*, account_id: int, form: str, at: datetime) -> Draft | None:
    """Return an account's draft of a form; None if there is none or it has expired."""
    row = repository.find(account_id, form, at - LIFE)
    return None if row is None else Draft(form, json.loads(row.content), row.saved_at)


def everything(*, account_id: int, at: datetime) -> Sequence[Draft]:
    """Return all drafts of an account, newest first."""
    return [
        Draft(form, json.loads(row.content), row.saved_at)
        for form, row in repository.of_account(account_id, at - LIFE)
    ]


def drop(*, account_id: int, form: str) -> None:
    """Delete the draft of a form, after it was submitted or cleared."""
    repository.remove(account_id, form)


def overtaken(*, person_id: int, form: str) -> None:
    """Delete a person's draft after a counter did the same; submitting it would undo that."""
    repository.remove_of_person(person_id, form)
