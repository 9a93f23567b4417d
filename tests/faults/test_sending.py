"""What the runs with faults found in the sender, each as a case of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from flexapp.transmission import sending
from flexapp.transmission.gateway import Change
from flexapp.web.clock import instant
from tests.faults import kills
from tests.faults.racing import Recording
from tests.faults.site import Site


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
        sending.work_once(tax)


def test_revoked_ones_do_not_hold_up_those_behind_them(site: Site) -> None:
    serials = site.queued(4)
    with site.app.app_context():
        assert [kills.revoke(serial) for serial in serials[:3]] == ["revoked"] * 3
    tax = Recording()
    work(site, tax)
    assert dict(tax.sent) == {serials[3]: 1}
    assert statuses(site, serials) == ["dropped", "dropped", "dropped", "done"]


def test_what_the_feed_told_of_first_counts_as_done_and_is_not_sent(site: Site) -> None:
    (serial,) = site.queued(1)
    told = Change(1, "event-1", serial, "received", instant(), "")
    site.hold_all()
    work(site, Recording(told))
    site.release(serial)
    tax = Recording()
    work(site, tax)
    assert not tax.sent
    assert statuses(site, [serial]) == ["done"]


def test_a_page_of_the_feed_out_of_order_loses_nothing_when_the_reader_dies(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    serials = site.queued(3)
    site.hold_all()
    page = [
        Change(cursor, f"event-{cursor}", serial, "received", instant(), "")
        for cursor, serial in enumerate(serials, 1)
    ]
    tax = Recording(page[2], page[0], page[1], page[0])
    applied = sending._apply

    def apply_one_and_die(change: Change) -> None:
        applied(change)
        monkeypatch.setattr(sending, "_apply", _die)

    monkeypatch.setattr(sending, "_apply", apply_one_and_die)
    with pytest.raises(KeyboardInterrupt):
        work(site, tax)
    monkeypatch.setattr(sending, "_apply", applied)
    work(site, tax)
    assert site.ours("SELECT DISTINCT state FROM assessment WHERE state != 'assessed'") == [
        ("transmitted",)
    ]


def _die(_: Change) -> None:
    raise KeyboardInterrupt
