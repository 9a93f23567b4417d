"""Generated people in a test database, and their phone numbers for signing in."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from flexapp.db.session import db
from flexapp.people.models import Account, Person


def generate(app: Flask, *more: str, people: int = 30, assessments: int = 300) -> str:
    """Run `flask demo generate` and return its output."""
    arguments = ["--people", str(people), "--assessments", str(assessments), *more]
    result = app.test_cli_runner().invoke(args=["demo", "generate", *arguments])
    assert result.exit_code == 0, result.output
    return str(result.output)


def phones(app: Flask) -> dict[int, str]:
    """Return the phone numbers of generated accounts by person id."""
    with app.app_context():
        query = select(Person.id, Account.phone).join(Account, Account.person_id == Person.id)
        found = db.session.execute(query.where(Person.id > 5))
        return {row[0]: row[1] for row in found}
