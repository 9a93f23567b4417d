"""A short run of `make fuzz`, always the same; and that each of its checks can find fault."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Response, abort, make_response, request

from tests.support.database import Templates, tamper
from tools.fuzz.course import (
    Courses,
    Finding,
    Listening,
)
from tools.fuzz.people import (
    A,
    O,
    Secrets,
    V,
)
from tools.fuzz.run import explore
from tools.fuzz.steps import (
    How,
    Kind,
    Step,
    from_json,
    to_json,
)
from tools.fuzz.values import MARKUP
from tools.fuzz.world import World

SEED = 20261124
REQUESTS = 400

LOOK = Step(Kind.CALL, "nobody", "GET", "/guide")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, templates: Templates) -> Iterator[World]:
    """One site for all tests here: each course begins at the same moment of it."""
    made = World(tmp_path_factory.mktemp("fuzz"), templates)
    yield made
    made.close()


@pytest.fixture
def courses(world: World, monkeypatch: pytest.MonkeyPatch) -> Courses:
    """Courses in it; what notes the views that are entered goes away again."""
    for app in (world.app, world.stand_in):
        monkeypatch.setattr(app, "view_functions", dict(app.view_functions))
    return Courses(world)


def test_made_up_requests_meet_no_fault_and_nobody_elses_data(courses: Courses) -> None:
    outcome = explore(courses, REQUESTS, SEED, length=30)
    found = ["\n".join([each.finding.sentence, *map(str, each.steps)]) for each in outcome.failures]
    assert not found, "\n\n".join(found)
    statuses = {status for _, status in outcome.tally.answers}
    assert statuses == {2, 3, 4}
    # Not shallow: most are let in, and half of them succeed.
    assert sum(outcome.tally.entered.values()) > REQUESTS / 2
    assert sum(outcome.tally.done.values()) > REQUESTS / 3
    assert len(outcome.tally.entered) > len(outcome.routes) / 4


def leak(of: str) -> Callable[[], Response]:
    return lambda: make_response(f"<p>{of}")


def stumble() -> Response:
    raise RuntimeError("never mind")


WRONG: dict[str, tuple[Callable[[], Response], str]] = {
    "a fault": (stumble, "answered 500"),
    "a busy page": (lambda: abort(503), "answered 503"),
    "a trace": (leak("Traceback (most recent call last)"), "tells of our programs"),
    "the name of an exception": (leak("sqlalchemy.exc.DataError: x"), "tells of our programs"),
    "a file of ours": (leak("/srv/flexapp/people/service.py"), "tells of our programs"),
    "a number": (leak(V.resident.identity), "is told of another person (v"),
    "a masked number": (leak(V.masked[1]), "is told of another person (v"),
    "a masked name": (leak(O.masked[0]), "is told of another person (o"),
    "an address": (leak(A.address), "is told of another person (a"),
    "an amount": (leak(V.amounts[0]), "is told of another person (v"),
    "a draft": (leak(V.draft), "is told of another person (v"),
    "markup that was typed": (leak(MARKUP), "stands in the page as markup"),
    "another site": (
        lambda: make_response("", 303, {"Location": "//evil.example/"}),
        "leads to another site",
    ),
    "a cookie for scripts": (
        lambda: make_response("", 200, {"Set-Cookie": "x=1; Path=/"}),
        "a cookie that scripts",
    ),
    "another policy": (
        lambda: make_response("", 200, {"Content-Security-Policy": "default-src *"}),
        "no strict content security policy",
    ),
    "broken JSON": (
        lambda: make_response('{"a": NaN}', 200, {"Content-Type": "application/json"}),
        "not well-formed application/json",
    ),
    "a formula": (
        lambda: make_response('"=1+1"\r\n', 200, {"Content-Type": "text/csv"}),
        "a cell that a spreadsheet would run",
    ),
    "bytes that are no text": (
        lambda: make_response(b"\xff", 200, {"Content-Type": "text/html"}),
        "not UTF-8",
    ),
    "an unfit page": (leak("<div id='x'></div><div id='x'></div>"), "the page is not fit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_may_not_be_is_noticed(
    courses: Courses, world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    view, sentence = WRONG[name]
    broken = marked_like(world, view)
    monkeypatch.setitem(world.app.view_functions, "guide.index", broken)
    courses.counting = False  # every page is linted
    found = courses.run([LOOK])
    assert found is not None
    assert sentence in found.sentence


def marked_like(world: World, view: Callable[[], Response]) -> Callable[[], Response]:
    """The view, open to everybody as the one it stands in for."""

    def standing_in() -> Response:
        return view()

    standing_in.__dict__.update(world.app.view_functions["guide.index"].__dict__)
    return standing_in


def test_the_same_page_as_it_is_has_nothing_wrong(courses: Courses) -> None:
    courses.counting = False
    assert courses.run([LOOK]) is None


def test_books_that_do_not_add_up_are_noticed(
    courses: Courses, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget() -> Response:
        tamper(world.app, "DELETE FROM assessed_month WHERE month = '2026-01'")
        return make_response("")

    monkeypatch.setitem(world.app.view_functions, "guide.index", marked_like(world, forget))
    found = courses.run([LOOK])
    assert found is not None
    assert "months held that should be free" in found.sentence


def test_what_is_logged_of_a_person_is_noticed() -> None:
    listening = Listening()
    said = f"somebody of {V.address} asked"
    listening.emit(logging.LogRecord("x", logging.INFO, "x.py", 1, said, None, None))
    assert listening.told == [("x", "x.py:1", V.address)]


def test_who_typed_a_number_may_be_shown_whose_it_is_and_nobody_else() -> None:
    secrets = Secrets()
    secrets.typed("dt01", f"identity={V.resident.identity}")
    assert not secrets.told("dt01", f"{V.resident.name} {V.address}")
    assert secrets.told("b", V.address) == [f"v: {V.address}"]
    assert not secrets.told("a", O.masked[0])
    assert secrets.told("a", O.amounts[0]) == [f"o: {O.amounts[0]}"]


def test_a_failure_is_told_by_as_few_steps_and_fields_as_lead_to_it(
    courses: Courses, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dislikes_x() -> Response:
        if request.args.get("x"):
            raise RuntimeError("x")
        return make_response("")

    monkeypatch.setitem(world.app.view_functions, "guide.index", marked_like(world, dislikes_x))
    bad = Step(Kind.CALL, "a", "GET", "/guide?x=1", (("Accept", "*/*"), ("Range", "x=1")))
    other = Step(Kind.CALL, "b", "GET", "/me")
    made_up = SimpleNamespace(courses=lambda length: only([other, other, bad, other]))
    monkeypatch.setattr("tools.fuzz.run.Generator", lambda _: made_up)
    (failure,) = explore(courses, 1, 0).failures
    assert failure.steps == [Step(Kind.CALL, "a", "GET", "/guide?x=1")]
    assert isinstance(failure.finding, Finding)


def only(steps: list[Step]) -> object:
    """hypothesis makes up nothing but these."""
    from hypothesis import strategies as st

    return st.just(steps)


def test_a_course_can_be_written_down_and_done_again() -> None:
    steps = [
        Step(Kind.PRESS, "a", "POST", "/x?\udfff", (("Host", "\xff"),), (("#1", "\ud800"),)),
        Step(Kind.CALL, "b", "PUT", "/", (), (("a", ""),), How.GZIP, 7),
    ]
    assert from_json(to_json(steps)) == steps
