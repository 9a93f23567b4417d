"""Startup check that fictional and real people do not share a database.

With a missing or wrong `FLEXAPP_ENV` a deployment's database would be opened in demo mode, which
shows SMS codes on the page and has published passwords for all clerks.
"""

from __future__ import annotations

from flexapp.config import Settings
from flexapp.demo import staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.people import service as people
from flexapp.rules.identity import IdentityNumber
from flexapp.staff import service as counter


class WrongEnvironment(RuntimeError):
    """The database belongs to the other environment. The message says what to do."""


def check(settings: Settings) -> None:
    """Raise `WrongEnvironment` when the demo finds real people, or production fictional ones.

    A database without tables, or without people and clerks, is valid for both. `flask db upgrade`
    calls this too, so it reads only tables and columns that exist in every schema version.
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
        if not residents and (people.anybody() or counter.has_accounts()):
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
