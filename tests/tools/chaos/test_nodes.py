"""A few of each experiment of `make chaos` over several nodes, and with full disks.

`clock` and `soak` take their time and are left to `make chaos`. What a sender had in hand is taken
over after seconds here, not after a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.chaos import (
    altered,
    books,
    full,
    nodes,
)
from tools.chaos.nodes import ClusterBooks
from tools.chaos.result import Result

IN_A_HURRY = {altered.LEASE: "3"}


@pytest.fixture(scope="module")
def site() -> Iterator[ClusterBooks]:
    """Two nodes, two senders, nginx, PostgreSQL and a tax bureau."""
    with nodes.a_cluster(IN_A_HURRY) as made:
        yield made


def held(result: Result) -> None:
    """Everything held; else what did not, with the counts."""
    assert not result.wrong, "\n".join([*result.wrong, *result.lines])


def test_of_32_forms_at_once_one_assesses(site: ClusterBooks) -> None:
    held(nodes.same_form_at_once(site, 1))


def test_a_node_killed_in_the_middle_of_its_requests_takes_nothing_along(
    site: ClusterBooks,
) -> None:
    held(nodes.nodes_killed(site, 2))


def test_what_was_promised_outlives_a_database_that_ends_without_warning(
    site: ClusterBooks,
) -> None:
    held(nodes.database_ended(site, 2))


def test_a_full_disk_of_postgresql_leaves_nothing_half_done() -> None:
    held(full.of_postgresql(1, IN_A_HURRY))


def test_a_database_of_sqlite_that_cannot_grow_leaves_nothing_half_done(tmp_path: Path) -> None:
    held(full.of_sqlite(tmp_path, 1, IN_A_HURRY))


def test_a_broken_promise_is_found(site: ClusterBooks) -> None:
    with nodes.crowd_of(site).at_work() as kept:
        while not kept.transmitted:
            time.sleep(0.05)
    assert site.quiet_within(nodes.SETTLED_WITHIN) < nodes.SETTLED_WITHIN
    person, _ = next(iter(kept.assessed))
    found = books.broken_promises(
        site, assessed={*kept.assessed, (person, "2031-01")}, transmitted={"1" * 20}
    )
    assert found == [
        f"months of a success page without a row: 1, {(person, '2031-01')} first",
        f"serials whose transmission was confirmed and is not on its way: 1, {'1' * 20} first",
    ]
