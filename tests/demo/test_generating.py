"""`flask demo generate`: made-up people whose records are like any others."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from flexapp.assessment.service import PAGE_SIZE
from flexapp.audit import verification
from flexapp.config import load
from flexapp.db.session import db
from flexapp.demo import bulk_loader
from flexapp.demo.generated_people import generate_person
from flexapp.factory import create_app
from flexapp.people.models import Person
from flexapp.people.service import person_by_id
from flexapp.registration import service as registration
from flexapp.rules.contribution import calculate
from flexapp.rules.contribution_base import EnteredBase, parse_base
from flexapp.rules.divisions import choices
from flexapp.rules.identity import IdentityNumber, parse_identity
from flexapp.rules.parameters import ParameterBook, Rate, YearFigures
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.retirement import last_assessable_month
from tests.conftest import TODAY, MakeApp
from tests.support.client import LintingClient
from tests.support.crowds import generate, phones
from tests.support.database import rows, stored
from tests.support.html import words
from tests.support.walks import serials, sign_in
from tests.web.test_settings import PRODUCTION

OWN = "/assessment/self"


@pytest.fixture
def crowd(app: Flask) -> Flask:
    """A site with 30 made-up people and 300 assessments."""
    assert "30 people, 300 assessments" in generate(app)
    return app


def whole(app: Flask) -> bool:
    with app.app_context():
        return verification.verify().whole


def test_everybody_sees_their_own_records_and_how_each_was_reckoned(
    crowd: Flask, another: Callable[[], LintingClient]
) -> None:
    seen: Counter[str] = Counter()
    for person, phone in list(phones(crowd).items())[:12]:
        client = another()
        sign_in(client, phone)
        mine = rows(
            crowd,
            "SELECT serial, total, state FROM assessment WHERE person_id = ? ORDER BY id DESC",
            person,
        )
        first_page = serials(client.page(OWN)) if mine else []
        assert first_page == [str(serial) for serial, _, _ in mine[:PAGE_SIZE]]
        for serial, total, state in mine:
            seen[str(state)] += 1
            record = client.page(f"/assessment/records/{serial}")
            (address,) = [u for name, u in record.links().items() if name.startswith("一步一步")]
            result = [words(part) for part in client.page(address).all("li")[-1]][-1]
            assert f"¥{Decimal(str(total)) / 100:.2f}" in result
        assert client.page("/me/messages").status == 200
        assert client.page("/me/privacy/data").status == 200
        assert client.page("/registration").status == 200
    assert len(seen) >= 3
    assert sum(seen.values()) > 80


def test_every_figure_is_that_of_the_rules(crowd: Flask) -> None:
    book = ParameterBook.load(demo=True)
    columns = "start_month, entered, months, monthly_base, period_base, monthly_amount, total"
    for start, entered, months, *figures in rows(crowd, f"SELECT {columns} FROM assessment"):
        month, base = Month.parse(str(start)), parse_base(str(entered))
        of_year, rate = book.figures(month.year), book.rate(RateKind.FLEXIBLE, month)
        assert isinstance(base, EnteredBase)
        assert isinstance(of_year, YearFigures)
        assert isinstance(rate, Rate)
        right = calculate(entered=base, months=int(str(months)), figures=of_year, rate=rate)
        amounts = (right.monthly_base, right.period_base, right.monthly_amount, right.total)
        assert figures == [int(amount * 100) for amount in amounts]


def test_months_are_held_by_live_assessments_within_work_and_retirement(crowd: Flask) -> None:
    held = rows(
        crowd,
        "SELECT a.person_id, a.id, m.month FROM assessed_month m"
        " JOIN assessment a ON a.id = m.assessment_id",
    )
    by_assessment = Counter(str(each) for _, each, _ in held)
    live = rows(crowd, "SELECT id, months FROM assessment WHERE state <> 'revoked'")
    assert by_assessment == {str(number): months for number, months in live}
    with crowd.app_context():
        for person in {int(str(each)) for each, _, _ in held}:
            card, registered = person_by_id(person), registration.current(person)
            assert card is not None
            assert registered is not None
            last = last_assessable_month(
                birth=card.birth_month, original=card.original_age, approved=None
            )
            months = {Month.parse(str(month)) for each, _, month in held if each == person}
            assert registered.work_start <= min(months) <= max(months) <= last


def test_the_record_of_what_was_done_is_whole_and_tells_of_every_move(crowd: Flask) -> None:
    assert whole(crowd)
    last = "(SELECT data FROM audit_event e WHERE e.subject = a.serial ORDER BY seq DESC LIMIT 1)"
    states = rows(crowd, f"SELECT state, {last} FROM assessment a")
    assert len(states) == 300
    assert all(state == json.loads(str(told)).get("to", "assessed") for state, told in states)
    late = rows(crowd, "SELECT count(*) FROM audit_event WHERE at > ?", f"{TODAY} 16:00:00")
    assert late == [(0,)]


def test_nothing_is_left_for_a_sender(crowd: Flask) -> None:
    assert rows(crowd, "SELECT count(*) FROM outbox_message") == [(0,)]
    assert rows(crowd, "SELECT count(*) FROM assessment WHERE state = 'queued'") == [(0,)]


def test_people_are_spread_over_all_places_and_some_have_no_account(app: Flask) -> None:
    generate(app, people=400, assessments=0)
    places = {str(place) for (place,) in rows(app, "SELECT DISTINCT division FROM registration")}
    assert places == {place.code for _, group in choices() for place in group}
    assert 200 < len(phones(app)) < 350


def test_proxies_handle_for_some_of_those_without_an_account(crowd: Flask) -> None:
    handled = rows(crowd, "SELECT made_by, person_id FROM assessment WHERE by_proxy")
    assert handled
    with_account = phones(crowd)
    assert all(person not in with_account for _, person in handled)


def test_numbers_are_well_formed_and_of_a_county_that_never_was(crowd: Flask) -> None:
    with crowd.app_context():
        people = db.session.query(Person).filter(Person.id > 5).all()
        assert len(people) == 30
        for person in people:
            assert re.match("640[1-5]99", person.identity)
            parsed = parse_identity(person.identity, TODAY)
            assert parsed == IdentityNumber(person.identity)
            assert person.name.startswith("演示")


def test_what_is_stored_of_them_is_encrypted(crowd: Flask) -> None:
    for table, column in (("person", "identity"), ("person", "name"), ("registration", "address")):
        values = [str(value) for (value,) in rows(crowd, f"SELECT {column} FROM {table}")]
        assert len(values) >= 30
        assert all(re.match(r"[a-z0-9]+\.row:[A-Za-z0-9+/=]{30,}$", value) for value in values)


def test_another_seed_adds_others(crowd: Flask) -> None:
    assert "30 people, 300 assessments" in generate(crowd, "--seed", "1")
    assert rows(crowd, "SELECT count(*) FROM assessment") == [(600,)]
    assert whole(crowd)


def test_no_two_seeds_make_the_same_person() -> None:
    made = [generate_person(seed, number, (2019,)) for seed in range(64) for number in range(200)]
    assert len({who.identity.value for who in made}) == len(made)
    numbers = [who.phone for who in made if who.phone is not None]
    assert len(set(numbers)) == len(numbers)


def test_the_same_seed_again_changes_nothing_and_says_so(crowd: Flask) -> None:
    before = stored(crowd)
    for people in ("30", "31"):
        arguments = ["demo", "generate", "--people", people, "--assessments", "300"]
        result = crowd.test_cli_runner().invoke(args=arguments)
        assert result.exit_code == 1
        assert "another --seed adds more" in result.output
    assert stored(crowd) == before


def test_broken_off_it_goes_on_and_ends_up_the_same(
    app: Flask, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, written = bulk_loader.GeneratorRun.write_next, 0

    def twice(crowd: bulk_loader.GeneratorRun) -> bulk_loader.BatchResult:
        nonlocal written
        result = ours(crowd)
        written += 1
        if written == 3:
            raise KeyboardInterrupt  # with everything of the third batch sent to the database
        return result

    monkeypatch.setattr(bulk_loader.GeneratorRun, "write_next", twice)
    arguments = ["demo", "generate", "--people", "30", "--assessments", "300", "--batch", "10"]
    app.test_cli_runner().invoke(args=arguments)
    monkeypatch.undo()
    (half,) = rows(app, "SELECT count(*) FROM assessment")[0]
    assert isinstance(half, int)
    assert 0 < half < 300
    assert whole(app)
    generate(app, "--batch", "10")
    assert rows(app, "SELECT count(*) FROM person WHERE id > 5") == [(30,)]
    assert rows(app, "SELECT count(*) FROM assessment") == [(300,)]
    assert whole(app)


@pytest.mark.today("2019-09-24")
def test_in_the_year_of_the_notice_all_of_it_is_of_that_year(app: Flask, today: date) -> None:
    assert "20 people, 60 assessments" in generate(app, people=20, assessments=60)
    assert rows(app, "SELECT DISTINCT substr(start_month, 1, 4) FROM assessment") == [("2019",)]
    last = rows(app, "SELECT max(made_at), max(state_at) FROM assessment")[0]
    assert all(str(moment) < f"{today} 00:00" for moment in last)


def test_people_who_were_generated_go_on_like_anybody(
    crowd: Flask, another: Callable[[], LintingClient]
) -> None:
    """Serials and months go on where the crowd's end."""
    done = 0
    for phone in phones(crowd).values():
        client = another()
        sign_in(client, phone)
        form = client.page(f"{OWN}/new")
        offered = form.form("核定")[0].offered.get("start", ()) if "核定" in form.buttons() else ()
        months = [month for month in offered if month]
        if not months:
            continue
        client.submit(form, "核定", start=months[-1], end=months[-1], base="60")
        done += 1
    assert done > 3
    assert whole(crowd)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--people", "10", "--assessments", "201"], "at most 20 assessments a person"),
        (["--people", "10", "--assessments", "1", "--seed", "64"], "from 0 to 63"),
        (["--people", "2000000", "--assessments", "1"], "one seed has 1 to"),
        (["--people", "0", "--assessments", "1"], "Invalid value"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(
    app: Flask, arguments: list[str], sentence: str
) -> None:
    before = stored(app)
    result = app.test_cli_runner().invoke(args=["demo", "generate", *arguments])
    assert result.exit_code != 0
    assert sentence in result.output
    assert stored(app) == before


def test_in_production_there_is_no_such_command(tmp_path: Path) -> None:
    environment = PRODUCTION | {
        "FLEXAPP_DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
    }
    runner = create_app(load(environment)).test_cli_runner()
    result = runner.invoke(args=["demo", "generate", "--people", "1", "--assessments", "1"])
    assert result.exit_code == 2
    assert "No such command" in result.output
