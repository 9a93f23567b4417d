"""Who may use the machine API: calls whose signature holds, each once. The rest changes nothing."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from flexapp.taxbureau import schema
from flexapp.taxbureau.database import Database
from flexapp.taxbureau.faults import Faults, Kind, Scope
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content, open_bureau, problem
from tests.taxbureau.product import OTHER_KEY, PRODUCT_KEY, key_set

PATH = f"/v1/assessments/{SERIAL}"
BODY = json.dumps(CONTENT).encode()


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], **header: object) -> str:
    return f"{encoded({'alg': 'none', **header})}.{encoded(claims)}."


def signed_by(claims: dict[str, Any], key: ECKey | OctKey, **header: object) -> str:
    """With whatever header and key."""
    header = {"alg": "ES256", **header}
    algorithm = jws.JWSRegistry(algorithms=[str(header["alg"])]).get_alg(str(header["alg"]))
    signing_input = f"{encoded(header)}.{encoded(claims)}"
    signature = algorithm.sign(signing_input.encode(), key)
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_claims(**changes: object) -> Callable[[Bureau], str]:
    """Rightly signed, with these claims in place of the right ones; None: left out."""

    def make(bureau: Bureau) -> str:
        claims = {**right(bureau), **changes}
        return bureau.sign({name: each for name, each in claims.items() if each is not None})

    return make


def at(issued: float, expires: float) -> Callable[[Bureau], str]:
    """Issued and expiring so many seconds from the moment at which it arrives."""

    def make(bureau: Bureau) -> str:
        # `Bureau.send` lets the clock go on by a second.
        now = int(bureau.clock().timestamp()) + 1
        times = {"iat": now + issued, "exp": now + expires}
        return bureau.sign(bureau.claims("PUT", PATH, BODY, **times))

    return make


def right(bureau: Bureau) -> dict[str, Any]:
    return bureau.claims("PUT", PATH, BODY)


def cut(token: str, part: int, by: str) -> str:
    parts = token.split(".")
    parts[part] = by
    return ".".join(parts)


SECRET = OctKey.import_key(json.dumps(PRODUCT_KEY.as_dict(private=False)).encode())
STRANGER = ECKey.generate_key("P-256", {"kid": "product-1"})
KID = {"kid": "product-1"}

REFUSED: dict[str, Callable[[Bureau], str | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: "",
    "a bearer token": lambda _: "Bearer a-token",
    "not three parts": lambda bureau: bureau.sign(right(bureau)).rpartition(".")[0],
    "not ASCII": lambda _: "\xe9\xff.\xe9.\xff",
    "a header without end": lambda _: base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
    "a header that is a list": lambda _: f"{encoded([1])}.{encoded({})}.AAAA",
    "a header of the wrong types": lambda _: f"{encoded({'alg': {}, 'kid': []})}.e30.AAAA",
    "alg none": lambda bureau: unsigned(right(bureau), **KID),
    "alg none with a signature": lambda bureau: unsigned(right(bureau), **KID) + "AAAA",
    "alg None in capitals": lambda bureau: unsigned(right(bureau), alg="NONE", **KID),
    "HS256 with the public key": lambda bureau: signed_by(
        right(bureau), SECRET, alg="HS256", **KID
    ),
    "an unknown kid": lambda bureau: bureau.sign(right(bureau), kid="product-9"),
    "no kid": lambda bureau: signed_by(right(bureau), PRODUCT_KEY),
    "a kid that is no text": lambda bureau: cut(
        bureau.sign(right(bureau)), 0, encoded({"alg": "ES256", "kid": ["product-1"]})
    ),
    "another key under a known kid": lambda bureau: signed_by(right(bureau), STRANGER, **KID),
    "a key of its own in the header": lambda bureau: signed_by(
        right(bureau), STRANGER, jwk=STRANGER.as_dict(private=False)
    ),
    "a bad signature": lambda bureau: cut(bureau.sign(right(bureau)), 2, "A" * 86),
    "an empty signature": lambda bureau: cut(bureau.sign(right(bureau)), 2, ""),
    "changed claims": lambda bureau: cut(
        bureau.sign(right(bureau)), 1, encoded({**right(bureau), "jti": "b" * 20})
    ),
    "claims that are a list": lambda bureau: jws.serialize_compact(
        {"alg": "ES256", **KID}, b"[]", PRODUCT_KEY
    ),
    "wrong iss": with_claims(iss="nx-tax-bureau"),
    "no iss": with_claims(iss=None),
    "wrong aud": with_claims(aud="nx-flexible-employment"),
    "aud as a list": with_claims(aud=["nx-tax-bureau"]),
    "expired": at(-120, -31),
    "issued in the future": at(31, 60),
    "longer than 120 seconds": at(0, 121),
    "over before it began": at(0, 0),
    "over long before it began": at(0, -20),
    "not valid yet": lambda bureau: bureau.sign(
        {**right(bureau), "nbf": right(bureau)["iat"] + 40}
    ),
    "valid from a text": with_claims(nbf="0"),
    "valid from true": with_claims(nbf=True),
    "no iat": with_claims(iat=None),
    "no exp": with_claims(exp=None),
    "times in text": with_claims(iat="0", exp="60"),
    "times that are true": with_claims(iat=True, exp=True),
    "endless times": with_claims(exp=10**30),
    "other method": with_claims(htm="POST"),
    "other path": with_claims(htu=f"/v1/assessments/{content(2)['serial']}"),
    "other query": with_claims(htu=f"{PATH}?limit=1"),
    "the path with its host": with_claims(htu=f"http://localhost{PATH}"),
    "no htu": with_claims(htu=None),
    "other body": lambda bureau: bureau.sign(bureau.claims("PUT", PATH, b"{}")),
    "the body's hash in capitals": lambda bureau: bureau.sign(
        {**right(bureau), "body_sha256": right(bureau)["body_sha256"].upper()}
    ),
    "no body hash": with_claims(body_sha256=None),
    "jti too short": with_claims(jti="a" * 15),
    "jti too long": with_claims(jti="a" * 65),
    "jti with other characters": with_claims(jti="a" * 15 + "\n"),
    "no jti": with_claims(jti=None),
}


def refused(answer: TestResponse) -> None:
    assert problem(answer, 401)["reason"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Message-Signature"
    assert "Message-Signature" not in answer.headers


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_rightly_signed_is_401_and_changes_nothing(bureau: Bureau, why: str) -> None:
    switch: Faults = bureau.app.extensions["taxbureau_faults"]
    switch.switch_on(Kind.ERROR, remaining=1, scope=Scope.ALL)
    refused(bureau.send("PUT", PATH, BODY, REFUSED[why](bureau)))
    assert [fault.remaining for fault in switch.active()] == [1]
    switch.switch_off()
    assert bureau.listed() == {"assessments": [], "next": None}
    assert bureau.events() == []


@pytest.mark.parametrize("issued", [-29, -1, 0, 30])
@pytest.mark.parametrize("lifetime", [1, 120])
def test_clocks_may_be_half_a_minute_apart_and_messages_may_live_two(
    bureau: Bureau, issued: int, lifetime: int
) -> None:
    signature = at(issued, issued + lifetime)(bureau)
    assert bureau.send("PUT", PATH, BODY, signature).status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", PATH),
        ("GET", PATH),
        ("HEAD", PATH),
        ("POST", f"{PATH}/revocation-requests"),
        ("GET", "/v1/assessments"),
        ("GET", "/v1/assessments?after=x"),
        ("DELETE", PATH),
        ("OPTIONS", PATH),
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
    ],
)
def test_a_stranger_learns_nothing_anywhere(bureau: Bureau, method: str, path: str) -> None:
    answer = bureau.send(method, path, BODY, None)
    assert answer.status_code == 401
    assert "Allow" not in answer.headers


def test_a_strangers_huge_body_is_not_even_read(bureau: Bureau) -> None:
    refused(bureau.send("PUT", PATH, b"x" * 70_000, None))


@pytest.mark.parametrize("restarted", [False, True])
def test_a_message_counts_once_and_a_restart_does_not_forget_it(
    bureau: Bureau, database: Path, restarted: bool
) -> None:
    bureau.put(CONTENT)
    path = f"{PATH}/revocation-requests"
    body = json.dumps({"request_id": "ask-1", "reason": "错了"}).encode()
    signature = bureau.sign(bureau.claims("POST", path, body))
    assert bureau.send("POST", path, body, signature).status_code == 202
    bureau.press("decline", reason="已在扣款")
    again = open_bureau(database, bureau.clock) if restarted else bureau
    before = again.record()
    refused(again.send("POST", path, body, signature))
    assert again.record() == before


def test_of_sixteen_copies_of_a_message_at_once_one_counts(bureau: Bureau) -> None:
    signature = bureau.sign(right(bureau))
    gate = threading.Barrier(16)

    def send(sender: Bureau) -> int:
        gate.wait()
        return sender.send("PUT", PATH, BODY, signature).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(send, [bureau.fresh() for _ in range(16)]))
    assert statuses == {201: 1, 401: 15}


def test_a_message_is_remembered_until_it_has_expired_and_no_longer(
    bureau: Bureau, database: Path
) -> None:
    signature = bureau.sign(right(bureau))
    assert bureau.send("PUT", PATH, BODY, signature).status_code == 201

    def remembered() -> int:
        connection = schema.connect(database)
        found: int = connection.execute("SELECT count(*) FROM seen").fetchone()[0]
        connection.close()
        return found

    bureau.clock.go_on(87)
    refused(bureau.send("PUT", PATH, BODY, signature))
    assert remembered() == 1
    bureau.get(PATH)
    assert remembered() == 2
    refused(bureau.send("PUT", PATH, BODY, signature))
    bureau.get(PATH)
    # The first one is out of date now: forgotten, and refused for that instead.
    assert remembered() == 2
    refused(bureau.send("PUT", PATH, BODY, signature))


def test_a_message_that_expires_while_it_waits_for_the_database_is_refused(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its number may be forgotten by then, so it could come a second time.
    at_once = Database.writing

    def late(database: Database) -> AbstractContextManager[sqlite3.Connection]:
        bureau.clock.go_on(91)
        return at_once(database)

    monkeypatch.setattr(Database, "writing", late)
    refused(bureau.send("PUT", PATH, BODY, bureau.sign(right(bureau))))


def test_what_was_refused_for_its_body_is_not_used_up(bureau: Bureau) -> None:
    signature = bureau.sign(right(bureau))
    refused(bureau.send("PUT", PATH, BODY + b" ", signature))
    assert bureau.send("PUT", PATH, BODY, signature).status_code == 201


def test_two_keys_are_believed_while_both_are_trusted_and_a_retired_one_is_not(
    database: Path,
) -> None:
    both = open_bureau(database, trusted=key_set(PRODUCT_KEY, OTHER_KEY))
    for number, key in enumerate((PRODUCT_KEY, OTHER_KEY), 1):
        sender = Bureau(both.app, both.clock, both.product, key)
        assert sender.put(content(number)).status_code == 201
    rotated = open_bureau(database, both.clock, trusted=key_set(OTHER_KEY))
    assert (
        Bureau(rotated.app, both.clock, both.product, PRODUCT_KEY).put(content(3)).status_code
        == 401
    )
    assert (
        Bureau(rotated.app, both.clock, both.product, OTHER_KEY).put(content(3)).status_code == 201
    )


def test_every_answer_to_whom_it_knows_is_signed_whatever_it_says(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `Bureau.call` checks each signature: over status, body, and the request it answers.
    assert bureau.put(CONTENT).status_code == 201
    assert bureau.put(CONTENT).status_code == 200
    assert bureau.ask().status_code == 202
    problem(bureau.put({**CONTENT, "total": "1.00"}), 409)
    problem(bureau.get("/v1/nothing"), 404)
    problem(bureau.get("/v1"), 404)
    problem(bureau.get("/v1/assessments?limit=0"), 422)
    problem(bureau.call("PUT", PATH, BODY, media="text/plain"), 415)
    assert bureau.call("HEAD", PATH).status_code == 200
    assert bureau.call("OPTIONS", PATH).status_code == 200
    answer = bureau.call("DELETE", PATH)
    problem(answer, 405)
    assert "PUT" in answer.headers["Allow"]

    def breaking(*_: object) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr("flexapp.taxbureau.store.Store.holding", breaking)
    problem(bureau.get(PATH), 500)


def test_an_answer_is_bound_to_its_request_and_never_signed_alike(bureau: Bureau) -> None:
    claims = [bureau.claims("GET", "/v1/assessments") for _ in range(2)]
    answers = [bureau.send("GET", "/v1/assessments", b"", bureau.sign(each)) for each in claims]
    read = [
        bureau.check(answer, each["jti"]) | {"iat": 0, "exp": 0}
        for answer, each in zip(answers, claims, strict=True)
    ]
    assert answers[0].data == answers[1].data
    assert read[0]["jti"] != read[1]["jti"]
    assert [each["irt"] for each in read] == [each["jti"] for each in claims]


def test_the_path_is_signed_as_it_is_below_where_the_bureau_is_mounted(bureau: Bureau) -> None:
    mounted = Client(DispatcherMiddleware(lambda *_: [], {"/tax-bureau": bureau.app}))
    path = "/v1/assessments?after=0&limit=5"
    headers = {"Message-Signature": bureau.sign(bureau.claims("GET", path))}
    assert mounted.get(f"/tax-bureau{path}", headers=headers).status_code == 200
    headers = {"Message-Signature": bureau.sign(bureau.claims("GET", f"/tax-bureau{path}"))}
    assert mounted.get(f"/tax-bureau{path}", headers=headers).status_code == 401


def test_the_log_has_the_reason_and_nothing_about_a_person(
    bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bureau.send("PUT", PATH, BODY, at(-120, -31)(bureau))
    bureau.send("PUT", PATH, BODY, bureau.sign(right(bureau), kid="马兰\nforged line"))
    assert "it has expired" in caplog.text
    assert "invalid_key_id" in caplog.text
    assert "马兰" not in caplog.text
    assert SERIAL not in caplog.text


def test_the_signed_message_of_what_was_first_told_is_kept_whole(
    bureau: Bureau, database: Path
) -> None:
    first = bureau.sign(right(bureau))
    bureau.send("PUT", PATH, BODY, first)
    bureau.put(CONTENT)
    path = f"{PATH}/revocation-requests"
    body = json.dumps({"request_id": "ask-1", "reason": "错了"}).encode()
    asked = bureau.sign(bureau.claims("POST", path, body))
    bureau.send("POST", path, body, asked)
    bureau.ask(reason="错了")
    connection = schema.connect(database)
    query = "SELECT signed, signed_body FROM {}"
    kept = [
        tuple(connection.execute(query.format(table)).fetchone())
        for table in ("assessments", "revocation_requests")
    ]
    connection.close()
    assert kept == [(first, BODY), (asked, body)]
    page = bureau.page(f"/assessments/{SERIAL}")
    assert page.count("签名消息已留存，编号 ") == 2
