"""Signed messages: what holds is believed, everything else is named and refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from flexapp import signing
from flexapp.signing import InvalidMessage

NOW = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
OLD, NEW = (signing.demo_key(kid, kid) for kid in ("2026-a", "2026-b"))
STRANGER = signing.demo_key("stranger", "2026-a")
TRUSTED = signing.public_keys(json.dumps(signing.public_set((OLD, NEW))))
CLAIMS: dict[str, object] = {
    "iss": "bank",
    "aud": "us",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
    "jti": "0123456789abcdef",
}


def encoded(claims: dict[str, object], key: ECKey = OLD, **header: object) -> str:
    """A message with exactly these claims and this header besides alg and kid."""
    return jwt.encode({"alg": "ES256", "kid": key.kid, **header}, claims, key)


def believed(
    message: str, *, at: datetime = NOW, keys: KeySet = TRUSTED
) -> signing.VerifiedMessage:
    return signing.verify(message, keys, issuer="bank", audience="us", at=at)


def refused(message: str, *, at: datetime = NOW, keys: KeySet = TRUSTED) -> str:
    """The reason it is not believed for."""
    with pytest.raises(InvalidMessage) as caught:
        believed(message, at=at, keys=keys)
    assert str(caught.value)
    return caught.value.reason


def part(value: object) -> str:
    """A part of a compact JWS by hand."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_was_signed_is_believed_and_told() -> None:
    message_id, message = signing.sign(OLD, {"name": "李明"}, issuer="bank", audience="us", at=NOW)
    told = believed(message)
    assert (told.issuer, told.id, told.key_id) == ("bank", message_id, "2026-a")
    assert told.claims["name"] == "李明"
    assert told.until == NOW + signing.ANSWER_LIFE + signing.LEEWAY
    assert signing.claimed_issuer(message) == "bank"


def test_no_claim_of_the_caller_overrides_the_registered_ones() -> None:
    _, message = signing.sign(
        OLD, {"iss": "somebody", "exp": 1}, issuer="bank", audience="us", at=NOW
    )
    assert believed(message).issuer == "bank"


def test_two_messages_have_different_ids() -> None:
    ids = {signing.sign(OLD, {}, issuer="bank", audience="us", at=NOW)[0] for _ in range(50)}
    assert len(ids) == 50


def test_two_keys_are_valid_at_once_and_a_retired_one_is_not() -> None:
    assert believed(encoded(CLAIMS, NEW)).key_id == "2026-b"
    only_new = signing.public_keys(json.dumps(signing.public_set((NEW,))))
    assert refused(encoded(CLAIMS, OLD), keys=only_new) == "unknown_key"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "another"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"aud": "them"}, "wrong_audience"),
        ({"aud": ["us", "them"]}, "wrong_audience"),
        ({"exp": int(NOW.timestamp()) + 121}, "too_long"),
        ({"iat": int(NOW.timestamp()) + 31, "exp": int(NOW.timestamp()) + 60}, "not_yet"),
        ({"exp": int(NOW.timestamp())}, "ends_first"),
        ({"exp": int(NOW.timestamp()) - 1}, "ends_first"),
        ({"iat": int(NOW.timestamp()) + 20, "exp": int(NOW.timestamp()) - 20}, "ends_first"),
        ({"exp": 0}, "ends_first"),
        ({"nbf": int(NOW.timestamp()) + 31}, "not_yet"),
        ({"nbf": 2**37 - 1}, "not_yet"),
        ({"nbf": 2**37}, "malformed"),
        ({"iat": 2**39, "exp": 2**39 + 60}, "malformed"),
        ({"iat": 2**37 - 100, "exp": 2**37 - 50}, "not_yet"),
        ({"nbf": "later"}, "malformed"),
        ({"nbf": None}, "malformed"),
        ({"nbf": True}, "malformed"),
        ({"nbf": 1.5}, "malformed"),
        ({"nbf": -1}, "malformed"),
        ({"iat": 1.5}, "malformed"),
        ({"iat": True}, "malformed"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": 2**60}, "malformed"),
        ({"exp": -1}, "malformed"),
        ({"jti": "short"}, "no_id"),
        ({"jti": 7}, "no_id"),
        ({"jti": "x" * 65}, "no_id"),
        ({"jti": "with spaces in it"}, "no_id"),
    ],
)
def test_a_claim_that_does_not_hold_is_refused(change: dict[str, object], reason: str) -> None:
    assert refused(encoded({**CLAIMS, **change})) == reason


@pytest.mark.parametrize("name", ["iss", "aud", "iat", "exp", "jti"])
def test_a_missing_claim_is_refused(name: str) -> None:
    refused(encoded({key: value for key, value in CLAIMS.items() if key != name}))


@pytest.mark.parametrize("seconds", [-3600, 0, 30])
def test_a_message_that_is_valid_by_now_may_say_since_when(seconds: int) -> None:
    assert believed(encoded({**CLAIMS, "nbf": int(NOW.timestamp()) + seconds}))


def test_it_expires_and_the_clocks_may_differ_by_half_a_minute() -> None:
    message = encoded(CLAIMS)
    assert believed(message, at=NOW + timedelta(seconds=89))
    assert refused(message, at=NOW + timedelta(seconds=90)) == "expired"
    assert believed(message, at=NOW - timedelta(seconds=30))
    assert refused(message, at=NOW - timedelta(seconds=31)) == "not_yet"


def unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': '2026-a'})}.{part(CLAIMS)}."


def shared_secret() -> str:
    """Signed with the public key as if it were a shared secret: the classic confusion."""
    secret = OctKey.import_key(json.dumps(OLD.as_dict(private=False)).encode())
    return jwt.encode({"alg": "HS256", "kid": "2026-a"}, CLAIMS, secret, algorithms=["HS256"])


def of_a_stranger() -> str:
    return encoded(CLAIMS, STRANGER)


def without_kid() -> str:
    return jwt.encode({"alg": "ES256"}, CLAIMS, OLD)


def changed() -> str:
    header, _, signature = encoded(CLAIMS).split(".")
    return f"{header}.{part({**CLAIMS, 'name': 'another'})}.{signature}"


def with_a_key_of_its_own() -> str:
    """Its header brings the key to check it with: nothing of a message says whom to trust."""
    return encoded(CLAIMS, STRANGER, jwk=STRANGER.as_dict(private=False))


def of_no_object() -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": "2026-a"}, b"[1]", OLD)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (unsigned, "algorithm"),
        (shared_secret, "algorithm"),
        (of_a_stranger, "bad_signature"),
        (with_a_key_of_its_own, "bad_signature"),
        (without_kid, "unknown_key"),
        (changed, "bad_signature"),
        (of_no_object, "malformed"),
    ],
)
def test_what_is_not_signed_as_it_must_be_is_refused(make: Callable[[], str], reason: str) -> None:
    assert refused(make()) == reason


def test_a_message_names_its_key_even_where_there_is_only_one() -> None:
    alone = signing.public_keys(json.dumps(signing.public_set((OLD,))))
    assert refused(without_kid(), keys=alone) == "unknown_key"


@pytest.mark.parametrize(
    "message",
    ["", "a", "a.b.c", "....", "é.é.é", "\ud800.a.b", f"{part(['ES256'])}.{part({})}.AAAA"]
    + [f"{part({'alg': alg, 'kid': kid})}.e30.AAAA" for alg, kid in ((5, "a"), ("ES256", [1]))],
)
def test_garbage_is_refused_and_never_a_fault(message: str) -> None:
    refused(message)
    signing.claimed_issuer(message)


@pytest.mark.parametrize(
    "payload", ["[" * 100_000, "1", '{"iss": 5}', '{"iss": "' + "x" * 99 + '"}']
)
def test_an_unreadable_sender_is_no_sender(payload: str) -> None:
    text = base64.urlsafe_b64encode(payload.encode()).decode()
    assert signing.claimed_issuer(f"a.{text}.c") is None


GOOD = OLD.as_dict(private=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [1]}',
        '{"keys": [{"kty": "RSA"}]}',
        json.dumps({"keys": [{**GOOD, "x": "aa"}]}),
        json.dumps({"keys": [{**GOOD, "y": GOOD["x"]}]}),
        json.dumps({"keys": [{k: v for k, v in GOOD.items() if k != "kid"}]}),
        json.dumps({"keys": [{**GOOD, "kid": "with space"}]}),
        json.dumps({"keys": [GOOD, GOOD]}),
        json.dumps({"keys": [ECKey.generate_key("P-384", {"kid": "a"}).as_dict(private=False)]}),
    ],
)
def test_a_set_of_keys_that_cannot_be_used_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"key"):
        signing.public_keys(text)


def test_private_and_public_keys_are_not_confused() -> None:
    private = json.dumps({"keys": [OLD.as_dict(private=True)]})
    assert signing.same_key(signing.private_keys(private)[0], OLD)
    assert not signing.same_key(OLD, STRANGER)
    with pytest.raises(ValueError, match="only public keys"):
        signing.public_keys(private)
    with pytest.raises(ValueError, match="private part"):
        signing.private_keys(json.dumps(signing.public_set((OLD,))))
    assert "d" not in GOOD


def test_a_key_needs_a_name() -> None:
    with pytest.raises(ValueError, match="key id"):
        signing.new_key("")
