"""View models of the practice pages: those of the residents, with URLs of the practice."""

from __future__ import annotations

from dataclasses import dataclass

from flexapp.assessment.service import (
    DeskPages,
)
from flexapp.practice.service import (
    PERSON,
    PHONE,
    Practice,
)
from flexapp.registration.pages import PersonRows
from flexapp.web.formatting import day

WHO = "self"

PRACTICE_PAGES = DeskPages(
    {
        "records": "practice.records",
        "new": "practice.new",
        "create": "practice.create",
        "read_back": "practice.read_back",
        "trial": "practice.trial",
        "detail": "practice.detail",
        "explained": "practice.explained",
        "card": "practice.card",
        "ask_revoke": "practice.ask_revoke",
        "revoke": "practice.revoke",
        "transmit": "practice.transmit",
        "ask_tax": "practice.ask_tax",
        "leave": "practice.index",
    },
    key="",
    in_records=False,
    leave_label="回到练习",
    layout="layouts/practice.html",
)
"""The desk of the practice. Its URLs need no key of the person, because there is only one."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """The view model of /practice: the person's name and the progress so far."""

    name: str
    registered: bool
    assessed: int

    @classmethod
    def of(cls, practice: Practice) -> StartPage:
        """Return the page of a practice; the practice may be empty."""
        return cls(PERSON.name, practice.registered is not None, len(practice.made))


def known() -> PersonRows:
    """Return the practice person's data in the form in which a resident's are shown."""
    return PersonRows(
        name=PERSON.masked_name,
        identity=PERSON.masked_identity,
        phone=PHONE,
        sex=PERSON.sex.label,
        birth_date=day(PERSON.birth_date),
    )
