"""Fictional and real people never share a database: looked at before anything is served or done.

A forgotten or wrong `FLEXAPP_ENV` would otherwise open a deployment's database with the demo's
rules, where codes are shown on the page and every clerk has a published password.
"""

from __future__ import annotations

from flexapp.config import Settings
from flexapp.demo import staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.people import service as people
from flexapp.rules.identity import IdentityNumber
from flexapp.staff import service as counter


class WrongEnvironment(RuntimeError):
    """The database belongs to the other environment; the message says what to do."""


def check(settings: Settings) -> None:
    """Raise `WrongEnvironment` where the demo would meet real people, or production fictional ones.

    A database without tables, or without people and clerks, fits either. `flask db upgrade` asks
    this too, so it reads only tables and columns that the schema of any version has.
    """
    if not people.tables_exist():
        return
    residents = [
        each
        for each in FICTIONAL_RESIDENTS.values()
        if people.is_stored(IdentityNumber(each.identity))
    ]
    clerks = staff.stored()
    if settings.is_demo:
        if not residents and (people.anybody() or counter.anybody()):
            raise WrongEnvironment(
                "the database of FLEXAPP_DATABASE_URL holds people, and none of them is of the"
                " demo. It is not opened with FLEXAPP_ENV=demo: set FLEXAPP_ENV=production, or"
                " name another database."
            )
    elif residents or clerks:
        names = [*(each.name for each in residents), *clerks]
        raise WrongEnvironment(
            f"the database of FLEXAPP_DATABASE_URL holds fictional people of the demo"
            f" ({'、'.join(names)}), whose passwords are published: production needs a database"
            " that the demo never used."
        )
