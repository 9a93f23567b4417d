"""Many at once, and after a restart: nothing twice, nothing lost, everything told in order."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from flexapp.taxbureau import schema
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content, open_bureau

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
    bureau.clock.step = 0.001
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

    def tell(teller: Bureau) -> None:
        """What the program does beside its pages: round after round while the others write."""
        while True:
            last_look = done.is_set()
            if not teller.tell() and last_look:
                return

    tellers = [threading.Thread(target=tell, args=(bureau.fresh(),)) for _ in range(2)]
    for teller in tellers:
        teller.start()
    try:
        at_once([partial(work, bureau.fresh(), thread) for thread in range(1, 9)])
    finally:
        done.set()
        for teller in tellers:
            teller.join()

    heard = bureau.product.heard
    assert len({change["event_id"] for change in heard}) == len(heard)
    assert len({change["cursor"] for change in heard}) == len(heard)
    listed = [each["cursor"] for each in bureau.listed("?limit=500")["assessments"]]
    assert listed == sorted(listed)
    by_serial: dict[str, list[object]] = {}
    for change in heard:
        by_serial.setdefault(str(change["serial"]), []).append(change["event"])
    assert by_serial == {
        content(thread * 100 + n)["serial"]: expected[fates[n % len(fates)]]
        for thread in range(1, 9)
        for n in range(each)
    }


def test_a_restart_keeps_records_requests_and_what_is_to_be_told(
    bureau: Bureau, database: Path
) -> None:
    bureau.put(CONTENT)
    bureau.put(content(2))
    assert bureau.tell() == 2
    bureau.ask()
    bureau.press("pay", content(2)["serial"])
    before = (bureau.record(), bureau.listed())

    again = open_bureau(database, bureau.clock, bureau.product)
    assert (again.record(), again.listed()) == before
    assert again.put(CONTENT).status_code == 200
    assert again.ask().get_json()["answer"] == "pending"
    assert again.press("agree").status_code == 303
    assert again.events()[2:] == [(content(2)["serial"], "paid"), (SERIAL, "revoked")]


def test_a_form_opened_before_a_restart_still_works_after_it(
    bureau: Bureau, database: Path
) -> None:
    bureau.put(CONTENT)
    restarted = open_bureau(database)
    page = bureau.client.get(f"/assessments/{SERIAL}")
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    name, _, value = page.headers["Set-Cookie"].split(";")[0].partition("=")
    restarted.client.set_cookie(name, value)
    answer = restarted.client.post(f"/assessments/{SERIAL}/pay", data={"csrf_token": token})
    assert answer.status_code == 303


def test_a_fault_in_the_middle_of_a_move_leaves_nothing_of_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = open_bureau(database)
    assert bureau.put(CONTENT).status_code == 201

    def breaking(*_: object) -> None:
        raise RuntimeError("it broke")

    with monkeypatch.context() as patched:
        patched.setattr("flexapp.taxbureau.store._announce", breaking)
        answer = bureau.put(content(2))
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert bureau.events() == [(SERIAL, "received")]
    assert bureau.put(content(2)).status_code == 201
    assert [each["cursor"] for each in bureau.listed()["assessments"]] == [1, 2]


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
    bureau = open_bureau(database)
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    path, body = f"/v1/assessments/{SERIAL}", json.dumps(CONTENT).encode()
    signature = bureau.sign(bureau.claims("PUT", path, body))
    answer = bureau.send("PUT", path, body, signature)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    holder.execute("ROLLBACK")
    holder.close()
    # Not used up either: the very same message is good for another try.
    assert bureau.send("PUT", path, body, signature).status_code == 201


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
    # The file alone: building eight Flask applications in threads at once trips over CPython 3.11
    # itself (gh-106905: ast.parse, which Werkzeug's routes use, is not safe there).
    at_once([partial(schema.prepare, database) for _ in range(8)])
    first, last = open_bureau(database), open_bureau(database)
    assert first.put(CONTENT).status_code == 201
    assert last.put(CONTENT).status_code == 200


def test_a_start_waits_for_whoever_holds_the_new_file_but_not_for_ever(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 1)
    database.parent.mkdir(parents=True)
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with monkeypatch.context() as impatient:
        impatient.setattr(schema, "PATIENCE", 0)
        with pytest.raises(schema.DatabaseError, match="locked"):
            open_bureau(database)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            holder.execute("ROLLBACK")

    monkeypatch.setattr("flexapp.taxbureau.schema.time.sleep", wait)
    bureau = open_bureau(database)
    holder.close()
    assert len(waits) == 3
    assert bureau.put(CONTENT).status_code == 201


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
            open_bureau(path)
