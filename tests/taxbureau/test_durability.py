"""Many at once, and after a restart: nothing twice, nothing lost, the feed in order."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from flexapp.taxbureau import create_taxbureau, schema
from tests.taxbureau.conftest import CONTENT, SERIAL, TOKEN, Bureau, content, ticking

T = TypeVar("T")


def at_once(jobs: list[Callable[[], T]]) -> list[T]:
    """The results of `jobs`, started together, one thread each."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        gate.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_sixteen_identical_deliveries_make_one_record_and_one_201(bureau: Bureau) -> None:
    senders = [bureau.fresh() for _ in range(16)]
    answers = at_once([partial(sender.put, CONTENT) for sender in senders])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 15}
    assert len({answer.get_json()["receipt"] for answer in answers}) == 1
    assert bureau.events() == [(SERIAL, "received")]


def test_sixteen_different_deliveries_of_one_serial_leave_the_first(bureau: Bureau) -> None:
    senders = [bureau.fresh() for _ in range(16)]
    answers = at_once(
        [
            partial(sender.put, {**CONTENT, "total": f"7447.{n:02d}"})
            for n, sender in enumerate(senders)
        ]
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 15}
    assert bureau.events() == [(SERIAL, "received")]


def test_sixteen_identical_requests_are_one_request(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    senders = [bureau.fresh() for _ in range(16)]
    answers = at_once([sender.ask for sender in senders])
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_data() for answer in answers}) == 1


def test_paying_and_asking_at_once_never_both_succeed(bureau: Bureau) -> None:
    for number in range(1, 13):
        sent = content(number)
        bureau.put(sent)
        clerk, product = bureau.fresh(), bureau.fresh()
        answers = at_once(
            [
                partial(clerk.press, "pay", sent["serial"]),
                partial(product.ask, f"ask-{number}", serial=sent["serial"]),
            ]
        )
        paid, asked = (answer.status_code for answer in answers)
        assert (paid, asked) in {(303, 409), (409, 202)}
        assert bureau.state(sent["serial"]) == ("paid" if paid == 303 else "revoking")


def test_no_event_is_lost_or_out_of_order_while_eight_threads_move_records(
    bureau: Bureau,
) -> None:
    each = 12
    expected = {
        "paid": ["received", "paid"],
        "revoked": ["received", "revoked"],
        "agreed": ["received", "revoked"],
        "declined": ["received", "revocation_declined", "paid"],
    }
    fates = list(expected)

    def work(worker: Bureau, thread: int) -> None:
        for n in range(each):
            sent = content(thread * 100 + n)
            serial = sent["serial"]
            assert worker.put(sent).status_code == 201
            fate = fates[n % len(fates)]
            if fate == "revoked":
                assert worker.press("revoke", serial, reason="重复申报").status_code == 303
                continue
            if fate in ("agreed", "declined"):
                assert worker.ask(f"ask-{serial}", serial=serial).status_code == 202
            if fate == "agreed":
                assert worker.press("agree", serial).status_code == 303
                continue
            if fate == "declined":
                assert worker.press("decline", serial, reason="已在扣款").status_code == 303
            assert worker.press("pay", serial).status_code == 303

    done = threading.Event()
    followed: list[dict[str, object]] = []

    def follow(reader: Bureau) -> None:
        """What the product does: read on from the last cursor while the others write."""
        cursor = 0
        while True:
            last_look = done.is_set()
            answer = reader.get(f"/v1/changes?after={cursor}&limit=7").get_json()
            followed.extend(answer["changes"])
            cursor = answer["next"]
            if last_look and not answer["changes"]:
                return
            if not answer["changes"]:
                time.sleep(0.001)

    reader = threading.Thread(target=follow, args=(bureau.fresh(),))
    reader.start()
    try:
        at_once([partial(work, bureau.fresh(), thread) for thread in range(1, 9)])
    finally:
        done.set()
        reader.join()

    assert [change["cursor"] for change in followed] == list(range(1, len(followed) + 1))
    assert len({change["event_id"] for change in followed}) == len(followed)
    by_serial: dict[str, list[object]] = {}
    for change in followed:
        by_serial.setdefault(str(change["serial"]), []).append(change["event"])
    assert by_serial == {
        content(thread * 100 + n)["serial"]: expected[fates[n % len(fates)]]
        for thread in range(1, 9)
        for n in range(each)
    }


def test_a_restart_keeps_records_requests_and_the_feed(bureau: Bureau, database: Path) -> None:
    bureau.put(CONTENT)
    bureau.put(content(2))
    bureau.ask()
    bureau.press("pay", content(2)["serial"])
    before = (bureau.record(), bureau.get("/v1/changes").get_json())

    again = Bureau(create_taxbureau(database_path=database, token=TOKEN, now=ticking()))
    assert (again.record(), again.get("/v1/changes").get_json()) == before
    assert again.put(CONTENT).status_code == 200
    assert again.ask().get_json()["answer"] == "pending"
    assert again.press("agree").status_code == 303
    assert again.events(after=3) == [(SERIAL, "revoked")]


def test_a_form_opened_before_a_restart_still_works_after_it(
    bureau: Bureau, database: Path
) -> None:
    bureau.put(CONTENT)
    restarted = Bureau(create_taxbureau(database_path=database, token=TOKEN, now=ticking()))
    page = bureau.client.get(f"/assessments/{SERIAL}")
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    name, _, value = page.headers["Set-Cookie"].split(";")[0].partition("=")
    restarted.client.set_cookie(name, value)
    answer = restarted.client.post(f"/assessments/{SERIAL}/pay", data={"csrf_token": token})
    assert answer.status_code == 303


def test_a_fault_in_the_middle_of_a_move_leaves_nothing_of_it(database: Path) -> None:
    calls = 0

    def breaking() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("the clock broke")
        return ticking()()

    bureau = Bureau(create_taxbureau(database_path=database, token=TOKEN, now=breaking))
    assert bureau.put(CONTENT).status_code == 201
    answer = bureau.put(content(2))
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert bureau.events() == [(SERIAL, "received")]
    assert bureau.put(content(2)).status_code == 201
    cursors = [c["cursor"] for c in bureau.get("/v1/changes").get_json()["changes"]]
    assert cursors == [1, 2]


def test_an_event_that_cannot_be_written_takes_the_move_back_with_it(
    bureau: Bureau, database: Path
) -> None:
    bureau.put(CONTENT)
    other = sqlite3.connect(database)
    other.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON changes BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    other.commit()
    assert bureau.press("pay").status_code == 500
    assert bureau.state() == "received"
    assert "已缴费的核定" not in bureau.page(f"/assessments/{SERIAL}")
    other.execute("DROP TRIGGER broken")
    other.commit()
    other.close()
    assert bureau.press("pay").status_code == 303


def test_a_database_held_by_another_writer_is_503_and_not_a_loss(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 50)
    bureau = Bureau(create_taxbureau(database_path=database, token=TOKEN, now=ticking()))
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = bureau.put(CONTENT)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    holder.execute("ROLLBACK")
    holder.close()
    assert bureau.put(CONTENT).status_code == 201


@pytest.mark.parametrize("table", ["changes", "history"])
def test_what_happened_can_be_neither_changed_nor_deleted(
    bureau: Bureau, database: Path, table: str
) -> None:
    bureau.put(CONTENT)
    connection = sqlite3.connect(database)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(f"DELETE FROM {table}")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(f"UPDATE {table} SET serial = 'x'")
    connection.close()


def test_the_file_is_in_wal_mode_and_each_commit_reaches_the_disk(
    bureau: Bureau, database: Path
) -> None:
    connection = schema.connect(database)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
    connection.close()


def test_many_processes_worth_of_starts_make_one_set_of_tables(database: Path) -> None:
    apps = at_once(
        [
            lambda: create_taxbureau(database_path=database, token=TOKEN, now=ticking())
            for _ in range(8)
        ]
    )
    assert Bureau(apps[0]).put(CONTENT).status_code == 201
    assert Bureau(apps[7]).put(CONTENT).status_code == 200


def test_a_file_that_is_something_else_is_refused_with_a_reason(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, but long enough to be told apart from an empty file" * 20)
    foreign = tmp_path / "foreign.sqlite3"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE other (x)")
    connection.commit()
    connection.close()
    for path in (text, foreign, tmp_path):
        with pytest.raises(schema.DatabaseError, match=str(path)):
            create_taxbureau(database_path=path, token=TOKEN, now=ticking())
