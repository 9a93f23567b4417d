"""What the runs with faults found in the sender, each as a case of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from flexapp.transmission import delivery
from tests.support.tax import event, tell
from tools.chaos import kills
from tools.chaos.racing import Recording
from tools.chaos.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A product whose tax bureau is stood in for by each test."""
    return Site(tmp_path)


def statuses(site: Site, serials: list[str]) -> list[object]:
    """The status of each one's message."""
    rows = site.ours("SELECT serial, status FROM outbox_message")
    found = {row[0]: row[1] for row in rows}
    return [found[serial] for serial in serials]


def work(site: Site, tax: Recording) -> None:
    """One round of the sender."""
    with site.app.app_context():
        delivery.work_once(tax)


def test_revoked_ones_do_not_hold_up_those_behind_them(site: Site) -> None:
    serials = site.queued(4)
    with site.app.app_context():
        assert [kills.revoke(serial) for serial in serials[:3]] == ["revoked"] * 3
    tax = Recording()
    work(site, tax)
    assert dict(tax.sent) == {serials[3]: 1}
    assert statuses(site, serials) == ["dropped", "dropped", "dropped", "done"]


def test_what_an_event_told_of_first_counts_as_done_and_is_not_sent(site: Site) -> None:
    (serial,) = site.queued(1)
    assert tell(site.app.test_client(), event(serial, "received")).status_code == 200
    tax = Recording()
    work(site, tax)
    assert not tax.sent
    assert statuses(site, [serial]) == ["done"]
