"""Prepares a product for benchmarks: migrated database, registered residents, signed-in browsers.

All rows are written by the product's own services, so that they are realistic.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select, text

from flexapp.assessment.creation import Assessed, AssessmentSubject, assess
from flexapp.audit import verification
from flexapp.audit.service import Actor, ActorKind
from flexapp.config import load
from flexapp.db.session import db
from flexapp.factory import create_app
from flexapp.people import service as people
from flexapp.people.models import Account
from flexapp.people.sessions import start_session
from flexapp.registration import service as registration
from flexapp.registration.service import Details
from flexapp.rules import divisions
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.periods import Month
from flexapp.web.clock import now, today, utcnow
from flexapp.web.unit_of_work import write_transaction
from tools.bench.load import Expected, post
from tools.bench.options import TODAY

CREATE = "/assessment/self/new"
MADE = Expected(303, "/assessment/self")
ETHNIC_GROUP = "01"
PLACES = tuple(place.code for _, places in divisions.choices() for place in places)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Weights of the check digit (GB 11643) for fictional ID numbers."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in resident's browser: session cookie and CSRF token."""

    cookie: str
    csrf_token: str


def settings(folder: Path, database_url: str) -> dict[str, str]:
    """Return the settings of a product on that database, with its other files in `folder`."""
    return {
        "FLEXAPP_ENV": "demo",
        "FLEXAPP_DATABASE_URL": database_url,
        "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
        "FLEXAPP_TODAY": TODAY.isoformat(),
    }


def product(environment: Mapping[str, str]) -> Flask:
    """Create the product on its migrated database, with the demo residents.

    Without the demo residents, the product would take the people in the database for real ones and
    refuse to start in demo mode.
    """
    app = create_app(load(environment))
    run(app, "db", "upgrade")
    run(app, "demo", "load")
    return app


def run(app: Flask, *command: str) -> None:
    """Run a CLI command of the product; raises `RuntimeError` with its output on failure."""
    result = app.test_cli_runner().invoke(args=command)
    if result.exit_code != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {result.output}")


def signed_in_again(app: Flask, count: int, rng: Random) -> list[Browser]:
    """Sign in `count` random people who have an account and a registration."""
    query = text(
        "SELECT person_id FROM account WHERE person_id IS NOT NULL AND id >= :least LIMIT 1"
    )
    with app.app_context(), write_transaction():
        last = db.session.execute(text("SELECT max(id) FROM account")).scalar_one()
        found = [
            db.session.execute(query, {"least": rng.randint(1, last)}).scalar_one()
            for _ in range(count)
        ]
        tokens = [_session_of(person) for person in found]
    return [_browser(app, token) for token in tokens]


def nobody_yet(app: Flask) -> int:
    """Return a first number for `residents` that is not used in this database."""
    with app.app_context():
        return next(
            first
            for first in range(1_000, 28_000, 1_000)  # lower numbers are the demo's
            if people.find_person(_identity(first)) is None
        )


def _session_of(person_id: int) -> str:
    account = db.session.execute(select(Account).where(Account.person_id == person_id)).scalar_one()
    started = start_session(
        account_id=account.id, phone=account.phone, person_id=person_id, at=utcnow()
    )
    return started.token


def creation(browser: Browser) -> bytes:
    """Return a 核定 request for the whole year."""
    return post(CREATE, assessment_form(browser, year=TODAY.year), cookie=browser.cookie)


def residents(app: Flask, count: int, *, first: int, with_records: bool = False) -> list[Browser]:
    """Add signed-in, registered residents numbered from `first`, spread over all divisions.

    `with_records`: each with two assessments of two months; the rest of the year stays free.
    """
    with app.app_context(), write_transaction():
        tokens = [_resident(first + i, with_records=with_records) for i in range(count)]
    return [_browser(app, token) for token in tokens]


def faults(*, assessments: int) -> list[str]:
    """Return the inconsistencies in the database after that many successful assessments."""
    made = db.session.execute(text("SELECT count(*), sum(months) FROM assessment")).one()
    held = db.session.execute(text("SELECT count(*) FROM assessed_month")).scalar_one()
    told = db.session.execute(
        text("SELECT count(*) FROM audit_event WHERE action = 'assessment.assess'")
    ).scalar_one()
    wrong = []
    if made[0] != assessments:
        wrong.append(f"{made[0]} assessments instead of {assessments}")
    if held != made[1]:
        wrong.append(f"{held} months held instead of {made[1]}")
    if told != made[0]:
        wrong.append(f"{told} audit events for {made[0]} assessments")
    verdict = verification.verify()
    wrong.extend(verdict.faults + verdict.rows)
    return wrong


def _resident(number: int, *, with_records: bool) -> str:
    at, day = now(), today()
    phone = f"198{number:08d}"  # the demo residents use 199
    person = people.add_person(name="测试居民", identity=_identity(number), at=at)
    account = people.add_account(phone=phone, person=person, at=at)
    actor = Actor(ActorKind.ACCOUNT, account, f"测*，手机号 {people.mask_phone(phone)}")
    details = registration.check_details(
        division=PLACES[number % len(PLACES)],
        ethnic_group=ETHNIC_GROUP,
        address=f"测试路 {number} 号院 3 单元 502 室",
        credit_code="",
    )
    assert isinstance(details, Details)
    view = registration.register(
        person=person, details=details, actor=actor, at=at, today=day, work_start=Month(2012, 1)
    )
    assert isinstance(view, registration.RegistrationView)
    if with_records:
        for start, end in (("01", "02"), ("03", "04")):
            made = assess(
                subject=AssessmentSubject(person, view, by_proxy=False),
                start=f"{day.year}-{start}",
                end=f"{day.year}-{end}",
                base="60",
                actor=actor,
                at=at,
                today=day,
            )
            assert isinstance(made, Assessed), made
    return start_session(account_id=account, phone=phone, person_id=person.id, at=utcnow()).token


def _identity(number: int) -> IdentityNumber:
    """Return a valid ID number with birth year 1985, different for each `number` below 28,000."""
    month, rest = divmod(number % 28_000, 1000)
    body = f"6401041985{month % 12 + 1:02d}{1 + month // 12:02d}{rest:03d}"
    check = "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]
    return IdentityNumber(body + check)


def _browser(app: Flask, token: str) -> Browser:
    """Return a browser with the session cookie that the product would have set."""
    with app.test_request_context():
        session["sid"] = token
        csrf_token = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return Browser(str(serializer.dumps(dict(session))), csrf_token)


def assessment_form(
    browser: Browser, *, year: int, start: int = 1, end: int = 12
) -> dict[str, str]:
    """Return the form fields of 核定 for those months, with a new idempotency key."""
    return {
        "csrf_token": browser.csrf_token,
        "once": secrets.token_urlsafe(12),
        "start": f"{year}-{start:02d}",
        "end": f"{year}-{end:02d}",
        "base": "60",
    }
