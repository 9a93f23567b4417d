"""POST /tax/v1/events: believed only with the tax bureau's signature over just this message."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp import signing
from flexapp.config import DEMO_SIGNING_KEY
from flexapp.encryption import open_stored
from flexapp.transmission.protocol import EVENTS, HEADER, OURS, THEIRS
from flexapp.web.clock import utcnow
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.tax import STRANGER, TAX_KEY, event, event_signature, receipt, tell, through
from tests.support.walks import MA_LAN, assess, sign_in, state, transmit, work


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


@pytest.fixture
def sent(ma_lan: LintingClient, app: Flask) -> str:
    """The serial of a record that the tax bureau has; its own stand-in tells nothing."""
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(receipt))
    assert state(ma_lan, serial) == "已传输"
    return serial


def outcome(answer: TestResponse) -> str:
    """What an event came to."""
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return str(answer.json["outcome"])


def test_a_payment_is_taken_and_the_answer_is_signed(
    ma_lan: LintingClient, sent: str, app: Flask
) -> None:
    told = event(sent, "paid", 7)
    body = json.dumps(told, ensure_ascii=False).encode()
    answer = tell(ma_lan, told, jti="0123456789abcdef")
    assert outcome(answer) == "applied"
    assert state(ma_lan, sent) == "已缴费"
    signed = signing.verify(
        answer.headers[HEADER],
        signing.public_keys(json.dumps(signing.public_set((DEMO_SIGNING_KEY,)))),
        issuer=OURS,
        audience=THEIRS,
        at=utcnow(),
    )
    assert signed.claims["irt"] == "0123456789abcdef"
    assert signed.claims["status"] == 200
    assert signed.claims["body_sha256"] == signing.body_digest(answer.data)
    ((number, stored_proof),) = rows(app, "SELECT event_id, proof FROM tax_event")
    with app.app_context():
        kept = json.loads(open_stored(str(stored_proof), "tax_event.proof", str(number)))
    assert kept["body"].encode() == body


YEAR = 365 * 24 * 3600
HASH_OF_NOTHING = signing.body_digest(b"")


def unsigned(body: bytes) -> str:
    return ""


def alg_none(body: bytes) -> str:
    _, claims, _ = event_signature(body).split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"tax-demo"}').rstrip(b"=")
    return f"{header.decode()}.{claims}."


def claiming(**claims: object) -> Callable[[bytes], str]:
    return lambda body: event_signature(body, TAX_KEY, **claims)


def now(seconds: int) -> int:
    return int(utcnow().timestamp()) + seconds


REFUSED = {
    "no signature": unsigned,
    "alg none": alg_none,
    "garbage": lambda body: "a.b.c",
    "another key of the same name": lambda body: event_signature(body, STRANGER),
    "our own key": lambda body: event_signature(body, DEMO_SIGNING_KEY, iss=OURS),
    "wrong issuer": claiming(iss="somebody"),
    "wrong audience": claiming(aud="somebody"),
    "expired": lambda body: event_signature(body, iat=now(-200), exp=now(-100)),
    "from the future": lambda body: event_signature(body, iat=now(60), exp=now(100)),
    "over before it began": lambda body: event_signature(body, iat=now(10), exp=now(0)),
    "not valid yet": lambda body: event_signature(body, nbf=now(60)),
    "living too long": lambda body: event_signature(body, exp=now(YEAR)),
    "no id": claiming(jti=""),
    "another method": claiming(htm="PUT"),
    "another address": claiming(htu="/tax/v1/events?x=1"),
    "another body": claiming(body_sha256=HASH_OF_NOTHING),
    "an answer, not a request": claiming(htm=None, irt="0123456789abcdef", status=200),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_signed_for_just_this_is_401_and_changes_nothing(
    ma_lan: LintingClient, sent: str, app: Flask, make: Callable[[bytes], str]
) -> None:
    told = event(sent, "paid", 7)
    body = json.dumps(told, ensure_ascii=False).encode()
    before = stored(app)
    answer = tell(ma_lan, told, signature=make(body))
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["reason"] == "unauthenticated"
    assert HEADER not in answer.headers
    assert stored(app) == before


def test_the_same_message_again_is_401_and_changes_nothing(
    ma_lan: LintingClient, sent: str, app: Flask
) -> None:
    told = event(sent, "paid", 7)
    body = json.dumps(told, ensure_ascii=False).encode()
    signature = event_signature(body)
    assert tell(ma_lan, told, signature=signature).status_code == 200
    before = stored(app)
    assert tell(ma_lan, told, signature=signature).status_code == 401
    assert stored(app) == before


def test_two_keys_of_the_tax_bureau_are_valid_at_once_and_a_retired_one_is_not(
    make_app: MakeApp, sent: str
) -> None:
    new = signing.demo_key("the next key", "tax-2027")
    both = json.dumps(signing.public_set((TAX_KEY, new)))
    client = make_app(FLEXAPP_TAX_KEYS=both).test_client()
    assert outcome(tell(client, event(sent, "received", 1), key=new)) == "nothing_to_do"
    assert outcome(tell(client, event(sent, "received", 1), key=TAX_KEY)) == "nothing_to_do"
    client = make_app(FLEXAPP_TAX_KEYS=json.dumps(signing.public_set((new,)))).test_client()
    assert tell(client, event(sent, "paid", 2), key=TAX_KEY).status_code == 401
    assert outcome(tell(client, event(sent, "paid", 2), key=new)) == "applied"


def test_an_event_told_a_hundred_times_at_once_is_one_transition_and_one_audit_event(
    ma_lan: LintingClient, sent: str, app: Flask
) -> None:
    events = [event(sent, "received", 3), event(sent, "paid", 4)]
    deliveries = [each for each in events for _ in range(100)]
    random.shuffle(deliveries)

    def deliver(told: dict[str, object]) -> int:
        return tell(app.test_client(), told).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = Counter(pool.map(deliver, deliveries))
    assert answers == {200: 200}
    assert state(ma_lan, sent) == "已缴费"
    moves = rows(app, "SELECT action FROM audit_event WHERE subject = ? ORDER BY seq", sent)
    assert [str(action) for (action,) in moves] == [
        "assessment.assess",
        "assessment.transmit",
        "assessment.receive",
        "assessment.pay",
    ]
    assert len(rows(app, "SELECT * FROM tax_event")) == 2


def test_an_event_id_with_other_content_is_a_conflict(
    ma_lan: LintingClient, sent: str, app: Flask
) -> None:
    told = event(sent, "received", 1)
    assert tell(ma_lan, told).status_code == 200
    before = stored(app)["assessment"]
    answer = tell(ma_lan, {**told, "event": "paid"})
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["reason"] == "event_differs"
    assert HEADER in answer.headers
    assert stored(app)["assessment"] == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_id": "x"}, "event_id"),
        ({"event_id": "0B7E9C6A-7DF4-4E5B-9C5B-0E3F8C1C1D11"}, "event_id"),
        ({"cursor": 0}, "cursor"),
        ({"cursor": True}, "cursor"),
        ({"cursor": "1"}, "cursor"),
        ({"cursor": 2**53}, "cursor"),
        ({"serial": "流水号"}, "serial"),
        ({"event": "lost"}, "event"),
        ({"event": ["paid"]}, "event"),
        ({"at": "2026-11-24"}, "at"),
        ({"at": "2026-11-24T09:15:02"}, "at"),
        ({"reason": ""}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"reason": "长" * 201}, "reason"),
        ({"request_id": "a b"}, "request_id"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_field_is_named_signed_and_nothing_is_kept(
    ma_lan: LintingClient, sent: str, app: Flask, change: dict[str, object], field: str
) -> None:
    answer = tell(ma_lan, {**event(sent, "paid", 7), **change})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert HEADER in answer.headers
    assert rows(app, "SELECT * FROM tax_event") == []


def test_a_missing_field_is_named(ma_lan: LintingClient, sent: str) -> None:
    for name in event(sent, "paid"):
        told = {key: value for key, value in event(sent, "paid").items() if key != name}
        answer = tell(ma_lan, told)
        assert answer.status_code == 422
        assert answer.json is not None
        assert answer.json["errors"][0]["field"] == name


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"{", 422), (b"[]", 422), (b"[" * 50_000, 422)]
)
def test_a_body_that_is_no_event_is_refused(
    ma_lan: LintingClient, body: bytes, status: int
) -> None:
    assert tell(ma_lan, None, body=body).status_code == status


def test_another_content_type_or_too_long_a_body_is_refused(
    ma_lan: LintingClient, sent: str
) -> None:
    assert tell(ma_lan, event(sent, "paid"), content_type="text/plain").status_code == 415
    answer = tell(ma_lan, None, body=b"x" * 70_000)
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_signed_in_browser_gains_nothing_and_another_method_is_405(
    ma_lan: LintingClient,
) -> None:
    assert ma_lan.post(EVENTS, json={}).status_code == 401
    answer = ma_lan.get(EVENTS)
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")


def test_what_cannot_be_written_is_no_success_and_is_told_again(
    ma_lan: LintingClient, sent: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flexapp.transmission import repository

    def breaks(_: object) -> None:
        raise RuntimeError("the disk is gone")

    client = app.test_client()
    client.faults_expected = True  # type: ignore[attr-defined]
    told = event(sent, "paid", 7)
    with monkeypatch.context() as broken:
        broken.setattr(repository, "add_event", breaks)
        answer = tell(client, told)
    assert answer.status_code == 500
    assert HEADER not in answer.headers
    assert state(ma_lan, sent) == "已传输"
    assert outcome(tell(client, told)) == "applied"
