"""A few of each experiment of `make chaos`, with real processes; and that it can find fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import tamper_with
from tools.chaos import (
    books,
    dropping,
    hanging,
    kills,
    racing,
    restoring,
    telling,
)
from tools.chaos.__main__ import QUICK_HANG
from tools.chaos.result import Result
from tools.chaos.sender import working
from tools.chaos.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A product and its tax bureau, which listens."""
    made = Site(tmp_path)
    with made.tax_bureau():
        yield made


def held(result: Result) -> None:
    """Everything held; else what did not, with the counts."""
    assert not result.wrong, "\n".join([*result.wrong, *result.lines])


def test_a_sender_killed_at_any_point_loses_and_doubles_nothing(site: Site) -> None:
    held(kills.at_points(site, 1))


def test_senders_killed_at_random_under_load_lose_and_double_nothing(site: Site) -> None:
    with site.product():
        held(kills.at_random(site, 6, race=False))


def test_answers_lost_after_the_commit_are_all_resolved(site: Site) -> None:
    held(dropping.answers_dropped(site, 24))


def test_residents_do_not_wait_for_a_silent_tax_bureau(tmp_path: Path) -> None:
    held(hanging.tax_bureau_silent(tmp_path, QUICK_HANG))


def test_of_revoking_and_sending_at_once_exactly_one_happens(tmp_path: Path) -> None:
    held(racing.revoke_against_claim(Site(tmp_path), 60))


def test_an_event_told_many_times_at_once_has_one_effect(tmp_path: Path) -> None:
    held(telling.many_times_at_once(Site(tmp_path), 2, 25))


def test_an_old_backup_put_back_sends_nothing_twice(tmp_path: Path) -> None:
    held(restoring.old_backup(Site(tmp_path), 2))


def test_the_books_are_found_wrong_when_they_are(site: Site) -> None:
    serials = set(site.queued(3))
    with working(site.environ, lease=60):
        site.quiet_within(30)
    assert books.wrong(site, serials) == []
    first, second, third = sorted(serials)
    for path, statement in (
        (site.database, f"UPDATE assessment SET state = 'revoked' WHERE serial = '{first}'"),
        (site.database, f"UPDATE assessment SET state = 'queued' WHERE serial = '{second}'"),
        (site.database, f"DELETE FROM audit_event WHERE subject = '{third}'"),
        (
            site.tax_database,
            "INSERT INTO changes SELECT 99, 'x', serial, event, at, '', NULL FROM changes"
            f" WHERE serial = '{third}'",
        ),
    ):
        tamper_with(path, statement)
    found = {each.split(":")[0] for each in books.wrong(site, serials)}
    assert {each.removesuffix(" in 1 places").removesuffix(" in 2 places") for each in found} == {
        "neither transmitted nor revoked",
        "transmitted, not taken in exactly once there",
        "transmitted, not exactly one event of it here",
        "revoked here and known there",
        "revoked here with an event of its receipt",
        "months held that should be free, or the other way round",
        "assessed, not exactly one event of it",
        "1 messages or assessments still wait",
        "the chain of audit events",
    }
