"""Thirty-two at once for the same months: one assessment comes of it, and nobody meets a fault.

On SQLite writers take turns as a whole; on PostgreSQL the form's key, the counter of serials and
the primary key of the months decide. What is left behind must be the same.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.audit import verification
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.html import Page
from tests.support.walks import DING, MA_LAN, WANG, Resident, proxy_for, sign_in

MANY = 32


def windows(another: Callable[[], LintingClient], who: Resident, count: int) -> list[LintingClient]:
    """One session of somebody, open in many windows."""
    first = another()
    sign_in(first, who.phone)
    cookie = first.get_cookie("session")
    assert cookie is not None
    made = [another() for _ in range(count)]
    for window in made:
        window.set_cookie("session", cookie.value)
    return made


@pytest.fixture
def browsers(another: Callable[[], LintingClient]) -> list[LintingClient]:
    """马兰's."""
    return windows(another, MA_LAN, MANY)


def assert_one(app: Flask, months: int) -> None:
    """One assessment with its months and one event of it, and the chain of events whole."""
    ((assessment_id, serial, count),) = rows(app, "SELECT id, serial, months FROM assessment")
    assert count == months
    held = rows(app, "SELECT DISTINCT assessment_id FROM assessed_month")
    assert held == [(assessment_id,)]
    assert rows(app, "SELECT count(*) FROM assessed_month") == [(months,)]
    told = rows(app, "SELECT subject FROM audit_event WHERE action = 'assessment.assess'")
    assert told == [(serial,)]
    with app.app_context():
        assert verification.verify().whole


def test_of_32_identical_posts_one_assesses_and_all_lead_to_the_record(
    app: Flask, browsers: list[LintingClient]
) -> None:
    form = browsers[0].page("/assessment/self/new")
    typed = {"start": "2026-01", "end": "2026-06", "base": "60"}
    answers: list[tuple[int, str]] = []

    def post(number: int) -> None:
        answer = browsers[number].repeat(form, "核定", **typed)
        answers.append((answer.status_code, answer.headers["Location"]))

    at_once(MANY, post)
    assert answers == [(303, "/assessment/self")] * MANY
    assert_one(app, 6)


def test_of_32_overlapping_assessments_one_wins_and_the_others_are_told_which(
    app: Flask, browsers: list[LintingClient]
) -> None:
    forms = [browser.page("/assessment/self/new") for browser in browsers]
    answers: list[Page] = []

    def post(number: int) -> None:
        # All of them hold June, and each eighth the same months.
        typed = {"start": f"2026-0{number % 6 + 1}", "end": "2026-06", "base": str(60 + number)}
        answers.append(Page(browsers[number].repeat(forms[number], "核定", **typed)))

    at_once(MANY, post)
    assert sorted(answer.status for answer in answers) == [303] + [422] * (MANY - 1)
    ((serial, months),) = rows(app, "SELECT serial, months FROM assessment")
    assert isinstance(months, int)
    assert_one(app, months)
    for answer in answers:
        if answer.status == 422:
            assert f"查看已核定的记录 {serial}" in answer.links()


def test_two_people_assessing_for_each_other_at_once_do_not_wait_for_ever(
    app: Flask, another: Callable[[], LintingClient]
) -> None:
    ours: list[tuple[LintingClient, Page]] = []
    for own, other in ((MA_LAN, WANG), (WANG, MA_LAN)):
        people = (own, other, DING)
        for who, window in zip(people, windows(another, own, len(people)), strict=True):
            case = "self" if who is own else proxy_for(window, who).path.rpartition("/")[2]
            ours.append((window, window.page(f"/assessment/{case}/new")))
    statuses: list[int] = []

    def post(number: int) -> None:
        browser, form = ours[number]
        typed = {"start": "2026-01", "end": "2026-03", "base": "60"}
        statuses.append(browser.repeat(form, "核定", **typed).status_code)

    at_once(len(ours), post)
    assert sorted(statuses) == [303] * 3 + [422] * 3
    assert rows(app, "SELECT count(*), count(DISTINCT person_id) FROM assessment") == [(3, 3)]
