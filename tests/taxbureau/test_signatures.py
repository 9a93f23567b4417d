"""The tax bureau's keys: the demo's, and the ones that are refused at the start."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from flexapp.taxbureau import DEMO_TRUSTED, demo_keys
from flexapp.taxbureau.signatures import jti_of
from tests.taxbureau.conftest import CONTENT, Bureau, open_bureau
from tests.taxbureau.product import OTHER_KEY, PRODUCT_KEY, key_set

PUBLIC = PRODUCT_KEY.as_dict(private=False)
PRIVATE = PRODUCT_KEY.as_dict(private=True)


def one(**changes: Any) -> str:
    """A set of one private key with these members changed; None: left out."""
    entry = {**PRIVATE, **changes}
    return json.dumps({"keys": [{name: each for name, each in entry.items() if each is not None}]})


def test_the_demo_key_is_the_one_that_the_product_knows() -> None:
    (key,) = json.loads(demo_keys())["keys"]
    private = key.pop("d")
    assert key == {
        "crv": "P-256",
        "x": "8xjmT7pyODz6yuHwpdAG28DsxwAl8q7AlEmj3toqQfg",
        "y": "OK3B8KhjUEM7mARbWeU3nDatpMXFa1NqPwoa4DYOzfY",
        "kid": "tax-demo",
        "use": "sig",
        "kty": "EC",
    }
    whole = ECKey.import_key({**key, "d": private})
    assert whole.as_dict(private=False)["x"] == key["x"]


def test_the_products_demo_key_is_public_only_and_can_be_trusted(database: Path) -> None:
    (key,) = json.loads(DEMO_TRUSTED)["keys"]
    assert (key["kid"], "d" in key) == ("flexapp-demo", False)
    assert open_bureau(database, trusted=DEMO_TRUSTED).put(CONTENT).status_code == 401


def test_the_first_key_signs(database: Path) -> None:
    own = key_set(OTHER_KEY, PRODUCT_KEY, private=True)
    bureau = open_bureau(database, keys=own)
    claims = bureau.claims("GET", "/v1/assessments")
    answer = bureau.send("GET", "/v1/assessments", b"", bureau.sign(claims))
    header = answer.headers["Message-Signature"].split(".")[0]
    assert json.loads(_decoded(header))["kid"] == "product-2"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def start(database: Path, role: str, text: str) -> Bureau:
    """The stand-in with this for `keys` or for `trusted`."""
    if role == "keys":
        return open_bureau(database, keys=text)
    return open_bureau(database, trusted=text)


SETS = {
    "not JSON": ("{", "must be a JWK set in JSON"),
    "not a set": ("[1]", "must be a JWK set in JSON"),
    "without end": ("[" * 50_000, "must be a JWK set in JSON"),
    "keys that are no list": ('{"keys": {}}', "hold no key"),
    "no key": ('{"keys": []}', "hold no key"),
    "not a key": ('{"keys": [1]}', "key 1 of .* is not an EC key on P-256"),
    "a symmetric key": (
        json.dumps({"keys": [OctKey.generate_key(256).as_dict()]}),
        "key 1 of .* is not an EC key on P-256",
    ),
    "another curve": (one(crv="P-384"), "key 1 of .* is not an EC key on P-256"),
    "no kid": (one(kid=None), "key 1 of .* has no kid"),
    "an empty kid": (one(kid=""), "key 1 of .* has no kid"),
    "for encryption": (one(use="enc"), "key 1 of .* is not for signing"),
    "for another algorithm": (one(alg="ES384"), "key 1 of .* is not for signing"),
}


@pytest.mark.parametrize("which", SETS)
@pytest.mark.parametrize("role", ["keys", "trusted"])
def test_a_set_that_cannot_be_used_is_refused_at_the_start(
    database: Path, role: str, which: str
) -> None:
    text, sentence = SETS[which]
    if role == "trusted":
        text = text.replace(f'"d": "{PRIVATE["d"]}", ', "")
    with pytest.raises(ValueError, match=sentence):
        start(database, role, text)


@pytest.mark.parametrize(
    ("role", "text", "sentence"),
    [
        ("keys", key_set(PRODUCT_KEY), "key 1 of the signing keys has no private part"),
        ("trusted", one(), "key 1 of the trusted keys has a private part"),
        ("keys", one(d="AAAA"), "key 1 of the signing keys is not a whole key"),
        ("keys", one(x=None), "key 1 of the signing keys is not a whole key"),
        ("trusted", one(d=None, x=PUBLIC["y"]), "key 1 of the trusted keys is not a whole key"),
        ("keys", one(key_ops=["verify"]), "the signing keys cannot sign"),
        (
            "trusted",
            json.dumps(
                {"keys": [PUBLIC, {**OTHER_KEY.as_dict(private=False), "kid": "product-1"}]}
            ),
            "the trusted keys hold two keys with the same kid",
        ),
    ],
)
def test_half_a_key_or_a_private_one_to_trust_is_refused(
    database: Path, role: str, text: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        start(database, role, text)


@pytest.mark.parametrize("token", ["", "a.b", "a.!.c", "a.e30.c", "a.W10.c", "a.\xe9.c"])
def test_a_token_without_a_readable_number_has_none(token: str) -> None:
    assert jti_of(token) == ""
