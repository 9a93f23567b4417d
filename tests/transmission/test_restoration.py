"""An older copy of our database put back: what the tax bureau has since is made again from our own
signed messages, so that nobody assesses those months once more (由税务存档恢复)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from flexapp import signing
from flexapp.config import DEMO_SIGNING_KEY
from flexapp.db.session import db
from flexapp.services import services_of
from flexapp.transmission import reconciliation, restoration
from flexapp.transmission.outbox_worker import (
    Sender,
    gateway,
    own_keys,
)
from flexapp.transmission.reconciliation import Finding
from tests.conftest import MakeApp
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.database import copy, execute, rows, tamper
from tests.support.staff import enter
from tests.support.tax import through
from tests.support.walks import (
    MA_LAN,
    Resident,
    arrive,
    assess,
    clerk,
    newcomer,
    register,
    revoke,
    serials,
    sign_in,
    state,
    transmit,
    work,
)

RESTORED = "由税务存档恢复"


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


def reconcile(app: Flask, exit_code: int = 0) -> str:
    """What the command prints."""
    outcome = app.test_cli_runner().invoke(args=["transmission", "reconcile"])
    assert outcome.exit_code == exit_code, (outcome.output, outcome.exception)
    return outcome.output


def restore(app: Flask, mended: int, left: int = 0) -> str:
    """Reconcile after an older copy was put back: so many are made again, so many are left for a
    person. That ends told before are missing is said as well, and accepted."""
    said = reconcile(app, 1)
    assert f"{mended} mended, {left + 1} for a person" in said
    assert "audit chain: the end " in said
    run = app.test_cli_runner().invoke
    assert run(args=["transmission", "accept-chain", "--reason", "恢复备份"]).exit_code == 0
    return said


def verified(app: Flask) -> str:
    """What `flask audit verify` prints."""
    return str(app.test_cli_runner().invoke(args=["audit", "verify"]).output)


class Backup:
    """A copy of our database, to be put back."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app, self._ours, self._kept = app, folder, folder / "backup"
        self._kept.mkdir()
        self._let_go()
        copy(self._ours, self._kept)

    def put_back(self) -> None:
        """Everything of ours since is gone; the tax bureau keeps its own."""
        self._let_go()
        copy(self._kept, self._ours)

    def _let_go(self) -> None:
        with self._app.app_context():
            db.session.remove()
            db.engine.dispose()


def sent(app: Flask, client: LintingClient, start: str, end: str, base: str = "60") -> str:
    """An assessment that the tax bureau has."""
    serial = assess(client, start, end, base)
    transmit(client, serial)
    work(app)
    return serial


def tax_book(app: Flask, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Ask or change the tax bureau's own database behind its back."""
    path = app.config["SETTINGS"].tax_database
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        found = connection.execute(statement, values).fetchall()
        connection.commit()
        return found


FIGURES = (
    "SELECT serial, start_month, end_month, months, division, kind, monthly_base, period_base,"
    " monthly_amount, total, unit_id, person_id FROM assessment ORDER BY serial"
)


def test_what_was_made_after_the_backup_is_there_again_and_cannot_be_assessed_twice(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    serial = sent(app, ma_lan, "2026-01", "2026-06", "100")
    before = rows(app, FIGURES)
    backup.put_back()
    assert rows(app, FIGURES) == []
    said = restore(app, 1)
    assert f"{serial}: received there, unknown here, restored from our message" in said
    assert rows(app, FIGURES) == before
    assert state(ma_lan, serial) == "已传输"
    again = ma_lan.submit(
        ma_lan.page("/assessment/self/new"),
        "核定",
        422,
        by_hand=True,
        start="2026-03",
        end="2026-03",
        base="60",
    )
    assert serial in again.words
    assert "0 mended, 0 for a person" in reconcile(app)
    assert "the chain is whole" in verified(app)
    assert int(assess(ma_lan, "2026-07", "2026-07")) > int(serial)


def test_it_says_where_it_comes_from_on_every_page(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    serial = sent(app, ma_lan, "2026-01", "2026-06")
    backup.put_back()
    restore(app, 1)
    assert RESTORED in ma_lan.page("/assessment/self").words
    detail = ma_lan.page(f"/assessment/records/{serial}")
    assert detail.words.count(RESTORED) == 2  # who made it, and what was done
    assert RESTORED in ma_lan.page(f"/assessment/records/{serial}/receipt").words
    assert RESTORED in ma_lan.page("/me/messages").words
    assert "未记载" in ma_lan.page(f"/assessment/records/{serial}/receipt").words
    assert ma_lan.get(f"/assessment/records/{serial}/explained").status_code == 200
    ((actions,),) = rows(
        app, "SELECT count(*) FROM audit_event WHERE action = 'assessment.restored'"
    )
    assert actions == 1


def test_a_person_who_came_after_the_backup_is_known_again(
    app: Flask, client: LintingClient, another: Callable[[], LintingClient], tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    who: Resident = newcomer(7)
    arrive(client, who)
    register(client)
    serial = sent(app, client, "2026-02", "2026-03")
    backup.put_back()
    assert rows(app, "SELECT count(*) FROM person") == [(5,)]
    restore(app, 1)
    assert rows(app, "SELECT count(*) FROM person") == [(6,)]
    browser = another()
    arrive(browser, who)
    register(browser)
    assert serials(browser.page("/assessment/self")) == [serial]
    assert state(browser, serial) == "已传输"
    assert "the chain is whole" in verified(app)


def test_what_became_of_it_there_is_taken_over(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    paid, revoked, asked = (
        sent(app, ma_lan, f"2026-0{month}", f"2026-0{month}") for month in (1, 2, 3)
    )
    clerk(ma_lan, paid, "标记已缴费")
    clerk(ma_lan, revoked, "撤销", reason="单位已代缴")
    form = ma_lan.submit(ma_lan.page(f"/assessment/records/{asked}"), "申请税务撤销")
    ma_lan.submit(form, "确认", reason="填错了")
    work(app)
    backup.put_back()
    restore(app, 3)
    assert [state(ma_lan, each) for each in (paid, revoked, asked)] == [
        "已缴费",
        "已撤销",
        "税务撤销中",
    ]
    # The tax bureau's answer to what we do not remember having asked is still taken.
    clerk(ma_lan, asked, "不同意撤销", reason="已在扣款")
    work(app)
    assert state(ma_lan, asked) == "已传输"
    # Revoked there means free here.
    assert assess(ma_lan, "2026-02", "2026-02")
    assert "0 mended, 0 for a person" in reconcile(app)
    assert "the chain is whole" in verified(app)


def test_months_assessed_again_meanwhile_are_left_for_a_person_and_stop_nothing(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    same, taken, free = (
        sent(app, ma_lan, start, end)
        for start, end in (("2026-09", "2026-09"), ("2026-01", "2026-03"), ("2026-06", "2026-06"))
    )
    backup.put_back()
    assert assess(ma_lan, "2026-03", "2026-04") == same  # before anybody compared
    said = restore(app, 1, left=2)
    assert f"{same}: another content there than is here: NOT mended" in said
    assert f"{taken}: received there, unknown here: its months are held here by {same}" in said
    assert f"{free}: received there, unknown here, restored" in said
    assert state(ma_lan, same) == "已核定"
    # Once the other is out of the way, the next comparison makes it again.
    revoke(ma_lan, same)
    assert f"{taken}: received there, unknown here, restored" in reconcile(app, 1)
    assert "the chain is whole" in verified(app)


def test_the_sender_restores_before_it_sends_anything(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    waiting = assess(ma_lan, "2026-11", "2026-11")
    transmit(ma_lan, waiting)
    backup = Backup(app, tmp_path)
    work(app)
    serial = sent(app, ma_lan, "2026-01", "2026-06")
    backup.put_back()
    with app.app_context():
        sender = Sender(gateway(app))
        sender.round()
        sender.round()
    assert (state(ma_lan, serial), state(ma_lan, waiting)) == ("已传输", "已传输")
    receipts = tax_book(app, "SELECT count(*) FROM history WHERE what = 'receive'")
    assert receipts == [(2,)]


def test_a_message_signed_with_a_key_not_used_any_more_counts_while_we_keep_its_public_part(
    app: Flask, make_app: MakeApp, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    serial = sent(app, ma_lan, "2026-01", "2026-06")
    backup.put_back()
    fresh = signing.new_key("ours-2027").as_dict(private=True)
    only_new = make_app(FLEXAPP_SIGNING_KEYS=json.dumps({"keys": [fresh]}))
    services_of(only_new).tax = services_of(app).tax
    assert f"{serial}: received there, unknown here: our message kept there is not believed" in (
        reconcile(only_new, 1)
    )
    retired = DEMO_SIGNING_KEY.as_dict(private=False)
    both = make_app(FLEXAPP_SIGNING_KEYS=json.dumps({"keys": [fresh, retired]}))
    services_of(both).tax = services_of(app).tax
    restore(both, 1)
    # What is not used any more is not handed out as ours.
    public = json.loads(both.test_client().get("/open/tax/keys").text)
    assert [key["kid"] for key in public["keys"]] == ["ours-2027"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            "UPDATE assessments SET signed_body ="
            " CAST(replace(signed_body, '马兰', '张三') AS BLOB)",
            "believed",
        ),
        ("UPDATE assessments SET signed = substr(signed, 1, 200) || 'AAAA'", "believed"),
        ("UPDATE assessments SET signed = NULL, signed_body = NULL", "not kept there"),
        ("UPDATE assessments SET digest = 'x'", "another content"),
    ],
)
def test_a_message_that_is_not_ours_to_the_letter_restores_nothing(
    app: Flask, ma_lan: LintingClient, tmp_path: Path, change: str, why: str
) -> None:
    backup = Backup(app, tmp_path)
    serial = sent(app, ma_lan, "2026-01", "2026-06")
    backup.put_back()
    tax_book(app, change)
    assert why in reconcile(app, 1)
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]
    assert int(assess(ma_lan, "2026-07", "2026-07")) > int(serial)


def test_a_tax_bureau_without_these_calls_is_compared_as_before(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    serial = sent(app, ma_lan, "2026-01", "2026-06")
    real = gateway(app)
    listed = real.listing(0, 10)
    backup.put_back()

    def older(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"reason": "http_404", "detail": "没有"})

    old = through(older)
    old.listing = lambda after, limit: listed  # type: ignore[method-assign]
    services_of(app).tax = old
    assert f"{serial}: received there, unknown here: our message is not kept there" in (
        reconcile(app, 1)
    )


def test_a_restored_record_can_be_called_not_mine_on_the_phone_and_at_a_counter(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    phone, counter = (sent(app, ma_lan, f"2026-0{month}", f"2026-0{month}") for month in (1, 3))
    backup.put_back()
    restore(app, 2)
    assert "不是我办的" in ma_lan.page("/me/messages").buttons()
    ma_lan.submit(ma_lan.page(f"/assessment/records/{phone}"), "不是我办的")
    execute(app, "UPDATE registration SET division = '640104' WHERE superseded_at IS NULL")
    desk = app.test_client()
    assert isinstance(desk, LintingClient)
    enter(desk, "dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=MA_LAN.identity)
    page = desk.submit(desk.page(f"{person.path}/records/{counter}"), "本人反映不是本人办的")
    assert page.path == "/counter/disputes/2"
    found = rows(
        app,
        "SELECT serial, dispute.by_proxy, staff_id FROM dispute JOIN assessment a"
        " ON a.id = assessment_id ORDER BY dispute.id",
    )
    assert found == [(phone, 0, None), (counter, 0, None)]


def test_of_two_comparisons_at_once_one_restores_and_the_other_finds_it_there(
    app: Flask, ma_lan: LintingClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = Backup(app, tmp_path)
    sent(app, ma_lan, "2026-01", "2026-06")
    backup.put_back()
    archived, both = restoration.archived, threading.Barrier(2)

    def together(*about: Any) -> object:
        found = archived(*about)
        both.wait(10)
        return found

    monkeypatch.setattr(restoration, "archived", together)
    kept: list[Finding | None] = []

    def compare(_: int) -> None:
        with app.app_context():
            (holding,) = gateway(app).listing(0, 10).holdings
            kept.append(reconciliation._compare_one(gateway(app), own_keys(), holding))

    at_once(2, compare)
    assert [finding is None for finding in kept].count(True) == 1
    assert rows(app, "SELECT count(*) FROM assessment") == [(1,)]
    events = rows(app, "SELECT count(*) FROM audit_event WHERE action = 'assessment.restored'")
    assert events == [(1,)]
    assert rows(app, "SELECT * FROM tax_finding") == []


# The end of the record of events, kept outside.


def cut_off(app: Flask, seq: int, anchor: tuple[object, ...]) -> None:
    """The last events and the rows they vouch for are gone, and the old anchor is put back."""
    tamper(
        app,
        f"DELETE FROM audit_event WHERE seq > {seq}",
        f"UPDATE audit_anchor SET seq = {anchor[0]}, digest = '{anchor[1]}', seal = '{anchor[2]}'",
    )


def test_a_tail_cut_off_with_its_anchor_put_back_is_found_by_what_the_tax_bureau_keeps(
    app: Flask, ma_lan: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    sent(app, ma_lan, "2026-01", "2026-03")
    (anchor,) = rows(app, "SELECT seq, digest, seal FROM audit_anchor")
    assert reconcile(app)
    sent(app, ma_lan, "2026-05", "2026-05")
    assert "0 for a person" in reconcile(app)
    with app.app_context():
        Sender(gateway(app)).round()
    assert "the audit chain ends at " in caplog.text
    assert isinstance(anchor[0], int)
    cut_off(app, anchor[0], anchor)
    found = app.test_cli_runner().invoke(args=["audit", "verify"]).output
    assert "does not fit the chain" not in found
    said = reconcile(app, 1)
    assert "audit chain: the end " in said
    assert "is not in our record of events" in said
    status = app.test_cli_runner().invoke(args=["transmission", "status"]).output
    assert "for a person: audit chain: " in status
    # It stays until somebody says why.
    reconcile(app, 1)
    accepted = app.test_cli_runner().invoke(
        args=["transmission", "accept-chain", "--reason", "备份恢复"]
    )
    assert accepted.exit_code == 0
    assert "for a person: audit chain" not in (
        app.test_cli_runner().invoke(args=["transmission", "status"]).output
    )


def test_an_older_copy_put_back_is_noticed_by_its_end_until_somebody_accepts_it(
    app: Flask, ma_lan: LintingClient, tmp_path: Path
) -> None:
    backup = Backup(app, tmp_path)
    sent(app, ma_lan, "2026-01", "2026-06")
    sent(app, ma_lan, "2026-07", "2026-07")
    backup.put_back()
    restore(app, 2)
    assert "0 mended, 0 for a person" in reconcile(app)


def test_messages_carry_the_end_of_the_chain(app: Flask, ma_lan: LintingClient) -> None:
    sent(app, ma_lan, "2026-01", "2026-06")
    ((token,),) = tax_book(app, "SELECT signed FROM assessments")
    with app.app_context():
        claims = signing.verify_kept(
            str(token), own_keys(), issuer="nx-flexible-employment", audience="nx-tax-bureau"
        )
    seq, _, digest = str(claims["audit_end"]).partition(":")
    assert rows(app, "SELECT digest FROM audit_event WHERE seq = ?", int(seq)) == [(digest,)]
