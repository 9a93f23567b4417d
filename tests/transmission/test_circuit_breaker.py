"""The tax bureau down, and messages that cannot be delivered: nothing lost, nothing in the way."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from flexapp.encryption import open_stored, vault
from flexapp.services import services_of
from flexapp.transmission import delivery, repository
from flexapp.transmission.outbox_worker import Sender
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows, tamper
from tests.support.tax import answering, lost_answer, receipt, through, unreachable
from tests.support.walks import MA_LAN, assess, revoke, sign_in, state, transmit, work

MAINTENANCE = "税务系统维护中，恢复后自动传输"
PARKED = "传输遇到问题，经办机构正在处理"


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


def note(client: LintingClient, serial: str) -> str:
    """What a record's page says of it."""
    return client.page(f"/assessment/records/{serial}").words


def command(app: Flask, *words: str) -> str:
    """What a command prints."""
    done = app.test_cli_runner().invoke(args=["transmission", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


def three(client: LintingClient) -> list[str]:
    """Three records that were handed to the sender."""
    serials = [assess(client, f"2026-{m:02d}", f"2026-{m:02d}") for m in (1, 2, 3)]
    for serial in serials:
        transmit(client, serial)
    return serials


def test_while_it_is_down_every_record_says_so_and_only_two_were_tried(
    ma_lan: LintingClient, app: Flask
) -> None:
    serials = three(ma_lan)
    tried: list[str] = []

    def counting(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.path)
        return lost_answer(request)

    work(app, through(counting))
    assert len(tried) == 2
    assert all(MAINTENANCE in note(ma_lan, serial) for serial in serials)
    assert "the tax bureau does not answer since" in command(app, "status")


def test_what_is_transmitted_while_it_is_down_says_so_at_once_and_can_be_revoked(
    ma_lan: LintingClient, app: Flask
) -> None:
    three(ma_lan)
    work(app, through(lost_answer))
    late = assess(ma_lan, "2026-04", "2026-04")
    page = transmit(ma_lan, late)
    assert MAINTENANCE in page.words
    assert revoke(ma_lan, late).texts("span", class_="tag")[0] == "已撤销"


def test_when_it_is_back_everything_goes_out_without_anybodys_doing(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serials = three(ma_lan)
    work(app, through(unreachable))
    clock.advance(seconds=21)
    work(app)
    assert [state(ma_lan, serial) for serial in serials] == ["已传输"] * 3
    assert "does not answer" not in command(app, "status")
    assert MAINTENANCE not in ma_lan.page("/assessment/self").words


def test_a_message_that_the_database_did_not_give_out_is_not_blamed_for_it(
    ma_lan: LintingClient, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    serials = three(ma_lan)

    def gone(_message_id: str) -> str:
        raise OperationalError("SELECT content", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(repository, "content_of", gone)
        with pytest.raises(OperationalError):
            work(app)
    assert rows(app, "SELECT DISTINCT status FROM outbox_message") == [("waiting",)]
    clock.advance(minutes=2)
    work(app)
    assert [state(ma_lan, serial) for serial in serials] == ["已传输"] * 3


def test_what_a_clock_far_ahead_put_off_goes_out_once_the_clock_is_right(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serials = three(ma_lan)
    clock.advance(days=1)
    for _ in range(3):  # nobody believes what is signed by this clock
        work(app, through(unreachable))
        clock.advance(seconds=21)
    clock.advance(days=-1)
    work(app)
    assert [state(ma_lan, serial) for serial in serials] == ["已传输"] * 3


def test_one_lost_answer_is_not_yet_a_breakdown(ma_lan: LintingClient, app: Flask) -> None:
    serials = three(ma_lan)
    lost: list[str] = []

    def once(request: httpx.Request) -> httpx.Response:
        if not lost:
            lost.append(request.url.path)
            return lost_answer(request)
        return receipt(request)

    work(app, through(once))
    assert sorted(state(ma_lan, serial) for serial in serials) == ["传输中", "已传输", "已传输"]
    assert "does not answer" not in command(app, "status")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (answering(400, {"reason": "http_400"}), "answer 400"),
        (answering(413, {"reason": "http_413"}), "answer 413"),
        (answering(409, {"reason": "content_differs"}), "answer 409 content_differs"),
        (answering(201, {"digest": "0" * 64}), "confirms another content"),
    ],
)
def test_what_can_never_be_delivered_is_parked_at_once_and_shown(
    ma_lan: LintingClient, app: Flask, answer: object, fault: str
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(answer))  # type: ignore[arg-type]
    assert state(ma_lan, serial) == "传输中"
    assert PARKED in note(ma_lan, serial)
    assert f"parked: {serial} (submit): " in command(app, "status")
    assert fault in command(app, "status")
    assert work(app) == 0  # nobody tries it again
    assert f"{serial}: waiting again" in command(app, "retry", serial)
    work(app)
    assert state(ma_lan, serial) == "已传输"


def failing_on(serial: str) -> object:
    """A tax bureau that answers 500, signed, to one serial and takes all others."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"reason": "unknown_serial"})
        if serial in request.url.path:
            return httpx.Response(500, json={})
        return receipt(request)

    return answer


def test_a_poison_message_is_parked_after_a_while_and_never_in_the_way(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    poison, *others = three(ma_lan)
    gateway = through(failing_on(poison))  # type: ignore[arg-type]
    work(app, gateway)
    assert [state(ma_lan, serial) for serial in others] == ["已传输"] * 2
    for month in range(4, 12):
        clock.advance(minutes=5, seconds=1)
        sign_in_again_if_needed(ma_lan)
        other = assess(ma_lan, f"2026-{month:02d}", f"2026-{month:02d}")
        transmit(ma_lan, other)
        execute(app, "UPDATE outbox_message SET due_at = '2000-01-01 00:00:00.000000'")
        work(app, gateway)
        assert state(ma_lan, other) == "已传输"
    assert PARKED in note(ma_lan, poison)
    tried = rows(app, "SELECT attempt FROM outbox_message WHERE status = 'parked'")
    assert tried == [(delivery.PARKED_AFTER,)]


def sign_in_again_if_needed(client: LintingClient) -> None:
    """Time passes; a session does not last for ever."""
    if client.page("/assessment").path != "/assessment":
        sign_in(client, MA_LAN.phone)


def test_where_nothing_at_all_is_taken_nothing_is_parked(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serials = three(ma_lan)
    for _ in range(delivery.PARKED_AFTER + 2):
        execute(app, "UPDATE outbox_message SET due_at = '2000-01-01 00:00:00.000000'")
        work(app, through(answering(500, {})))
        clock.advance(minutes=6)
    assert rows(app, "SELECT DISTINCT status FROM outbox_message") == [("waiting",)]
    assert "parked" not in command(app, "status")
    sign_in_again_if_needed(ma_lan)
    assert all(MAINTENANCE in note(ma_lan, serial) for serial in serials)


def test_a_message_that_cannot_even_be_made_is_parked_and_the_others_go_out(
    ma_lan: LintingClient, app: Flask
) -> None:
    poison, *others = three(ma_lan)
    execute(app, "UPDATE outbox_message SET content = 'demo:AAAA' WHERE serial = ?", poison)
    with app.app_context():
        Sender(services_of(app).tax).round()
    assert [state(ma_lan, serial) for serial in others] == ["已传输"] * 2
    assert PARKED in note(ma_lan, poison)


def test_a_parked_one_is_given_back_with_a_reason_where_the_tax_bureau_does_not_have_it(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(answering(400, {})))
    words = command(app, "reject", serial, "--reason", "税务不能接收，请重新核定")
    assert words == f"{serial}: rejected\n"
    page = ma_lan.page(f"/assessment/records/{serial}")
    assert page.texts("span", class_="tag") == ["税务退回"]
    assert "税务退回：税务不能接收，请重新核定" in page.texts("b")
    assert revoke(ma_lan, serial).texts("span", class_="tag") == ["已撤销"]


def test_a_parked_request_to_revoke_is_given_back_as_declined(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app)
    form = ma_lan.page(f"/assessment/records/{serial}/ask-tax")
    ma_lan.submit(form, "确认", reason="缴费基数填错了")
    with app.app_context():
        delivery.work_once(through(answering(400, {})))
    assert f"parked: {serial} (ask): answer 400" in command(app, "status")
    words = command(app, "reject", serial, "--reason", "系统故障，请再申请一次")
    assert words == f"{serial}: transmitted\n"
    page = ma_lan.page(f"/assessment/records/{serial}")
    assert "税务不同意撤销：系统故障，请再申请一次" in page.texts("b")
    assert "申请税务撤销" in page.buttons()


def test_what_the_tax_bureau_has_is_not_given_back(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    with app.app_context():
        delivery.work_once(services_of(app).tax)
    execute(app, "UPDATE assessment SET state = 'queued'")
    execute(app, "UPDATE outbox_message SET status = 'parked'")
    assert "税务已经收到这一笔" in command(app, "reject", serial, "--reason", "不能接收")
    assert state(ma_lan, serial) == "传输中"


def test_an_answer_without_the_tax_bureaus_signature_settles_nothing(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    for key in (None, "stranger"):
        from tests.support.tax import STRANGER

        work(app, through(receipt, key=STRANGER if key else None))
        assert state(ma_lan, serial) == "传输中"
        assert "现在不能撤销" in ma_lan.page(f"/assessment/records/{serial}/revoke").words
        clock.advance(minutes=1)
    work(app)
    assert state(ma_lan, serial) == "已传输"


def test_an_answer_to_another_request_settles_nothing(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    from tests.support.tax import TAX_KEY, signed

    def replayed(request: httpx.Request) -> httpx.Response:
        return signed(TAX_KEY, request, receipt(request), irt="another-request-1")

    work(app, through(replayed, key=None))
    assert state(ma_lan, serial) == "传输中"


def test_both_sides_proofs_are_kept_and_checked(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app)
    shown = command(app, "show", serial)
    assert "we told (submit): done after 1 attempts; answer: signature holds" in shown
    assert "they told: received" in shown
    assert shown.count("signature holds") == 2
    ((number, kept),) = rows(app, "SELECT event_id, proof FROM tax_event")
    with app.app_context():
        proof = open_stored(str(kept), "tax_event.proof", str(number))
        changed = vault().encrypt(proof.replace("received", "paid"), "tax_event.proof", str(number))
    execute(app, "UPDATE tax_event SET proof = ?", changed)
    assert "SIGNATURE DOES NOT HOLD" in command(app, "show", serial)
    assert "no assessment has this serial" in command(app, "show", "nothing")


def test_the_content_that_was_sent_is_kept_to_the_letter_and_encrypted(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    (content,) = rows(app, "SELECT content FROM outbox_message")[0]
    assert MA_LAN.name not in str(content)
    assert MA_LAN.identity not in str(content)
    seen: list[bytes] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return receipt(request)

    # Whatever becomes of the unit's name, what is sent stays what the digest was taken of.
    tamper(app, "UPDATE virtual_unit SET name = name || '（新）'")
    work(app, through(record))
    assert "（新）".encode() not in seen[0]
    assert state(ma_lan, serial) == "已传输"


def test_a_new_key_is_made_into_a_file_and_its_public_part_printed(
    app: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    printed = command(app, "new-key", "ours-2027", str(file))
    assert '"kid": "ours-2027"' in printed
    assert '"d"' not in printed
    assert '"d"' in file.read_text()
    assert "exists" in command(app, "new-key", "ours-2027", str(file))


def test_the_commands_of_the_sender_say_what_they_did(ma_lan: LintingClient, app: Flask) -> None:
    transmit(ma_lan, assess(ma_lan, "2026-01", "2026-12"))
    assert command(app, "status").startswith("waiting 1\noldest waiting since 2026-11-24")
    assert command(app, "work", "--once").splitlines()[0] == "1 done"
    said = command(app, "status")
    assert said.startswith("done 1\nbooks last compared: ")
    assert "never" not in said
