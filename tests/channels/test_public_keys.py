"""Key material that vendors hand in: what is usable in whatever form, and what each other thing is
called; at /open/sandbox and at `channels add-key` alike."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flexapp import signing
from flexapp.channels import public_keys
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.vendor import Vendor, channels, enter
from tests.support.walks import MA_LAN

P256 = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)

SPKI = PublicFormat.SubjectPublicKeyInfo
SM2_SPKI = bytes.fromhex(
    "3059301306072a8648ce3d020106082a811ccf5501822d034200"
    # The public key of the example in GB/T 32918.5, appendix A.
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)


def pem_of(key: PublicKeyTypes) -> str:
    return key.public_bytes(Encoding.PEM, SPKI).decode()


def private_pem(
    key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None
) -> str:
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, form, how).decode()


def as_pem(label: str, der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


def number(value: int, length: int = 32) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(length, "big")).rstrip(b"=").decode()


def jwk(**change: object) -> dict[str, object]:
    """The usable JWK with other members; None leaves one out."""
    point = P256.public_key().public_numbers()
    members: dict[str, object] = {
        "kty": "EC",
        "crv": "P-256",
        "x": number(point.x),
        "y": number(point.y),
        "kid": "mine",
    }
    return {name: value for name, value in (members | change).items() if value is not None}


def certificate(request: bool = False) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vendor")])
    if request:
        asked = x509.CertificateSigningRequestBuilder().subject_name(name)
        return asked.sign(P256, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    day = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(P256.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=30))
        .sign(P256, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


PEM = pem_of(P256.public_key())
BODY = PEM.split("-----")[2]
DER = P256.public_key().public_bytes(Encoding.DER, SPKI)
PRIVATE_DER = P256.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

USABLE: dict[str, str] = {
    "PEM": PEM,
    "PEM from Windows": PEM.replace("\n", "\r\n"),
    "PEM on one line": PEM.replace("\n", ""),
    "PEM with line breaks written out": PEM.strip().replace("\n", "\\n"),
    "PEM in quotes": json.dumps(PEM),
    "PEM indented": "\n".join("    " + line for line in PEM.splitlines()),
    "PEM with words before": f"我们的公钥：\n{PEM}\n谢谢",
    "PEM without its first and last line": BODY,
    "PEM after a mark of byte order": "\ufeff" + PEM,
    "PEM behind the curve's parameters": as_pem("EC PARAMETERS", DER[13:23]) + PEM,
    "PEM of a compressed point": as_pem(
        "PUBLIC KEY",
        bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
        + P256.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
    ),
    "JWK": json.dumps(jwk()),
    "JWK with spaces": json.dumps(jwk(), indent=4),
    "JWK with more members": json.dumps(
        jwk(use="sig", alg="ES256", key_ops=["verify"], x5t="abc", ext=True, owner="某银行")
    ),
    "JWK with padding": json.dumps(jwk(x=str(jwk()["x"]) + "=")),
    "JWK in a set": json.dumps({"keys": [jwk()]}),
}

UNUSABLE: dict[str, tuple[str, str]] = {
    "SM2 in PEM": ("key_sm2", as_pem("PUBLIC KEY", SM2_SPKI)),
    "SM2 as base64": ("key_sm2", base64.b64encode(SM2_SPKI).decode()),
    "SM2 as JWK": ("key_sm2", json.dumps(jwk(crv="SM2"))),
    "SM2 as JWK of its own kind": ("key_sm2", json.dumps(jwk(kty="SM2", crv=None))),
    "P-384 in PEM": ("key_curve", pem_of(ec.generate_private_key(ec.SECP384R1()).public_key())),
    "secp256k1 in PEM": ("key_curve", pem_of(ec.generate_private_key(ec.SECP256K1()).public_key())),
    "P-521 as JWK": ("key_curve", json.dumps(jwk(crv="P-521"))),
    "P-256K as JWK": ("key_curve", json.dumps(jwk(crv="secp256k1"))),
    "RSA in PEM": ("key_rsa", pem_of(RSA.public_key())),
    "RSA in PKCS 1": (
        "key_rsa",
        RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
    ),
    "RSA as JWK": ("key_rsa", json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"})),
    "Ed25519": ("key_edwards", pem_of(ed25519.Ed25519PrivateKey.generate().public_key())),
    "Ed448": ("key_edwards", pem_of(ed448.Ed448PrivateKey.generate().public_key())),
    "X25519": ("key_edwards", pem_of(x25519.X25519PrivateKey.generate().public_key())),
    "Ed25519 as JWK": ("key_edwards", json.dumps({"kty": "OKP", "crv": "Ed25519", "x": "AA"})),
    "DSA": ("key_other", pem_of(dsa.generate_private_key(1024).public_key())),
    "PGP": (
        "key_other",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----",
    ),
    "private in PKCS 8": ("key_private", private_pem(P256)),
    "private of EC": ("key_private", private_pem(P256, PrivateFormat.TraditionalOpenSSL)),
    "private of RSA": ("key_private", private_pem(RSA, PrivateFormat.TraditionalOpenSSL)),
    "private, encrypted": ("key_private", private_pem(P256, password=b"x" * 12)),
    "private of SSH": ("key_private", private_pem(P256, PrivateFormat.OpenSSH)),
    "private and public": ("key_private", private_pem(P256) + PEM),
    "private, cut off": ("key_private", private_pem(P256)[:80]),
    "private without its lines": ("key_private", base64.b64encode(PRIVATE_DER).decode()),
    "private of SM2 without its lines": (
        "key_private",
        base64.b64encode(PRIVATE_DER.replace(DER[13:23], SM2_SPKI[13:23])).decode(),
    ),
    "private as JWK": ("key_private", json.dumps(jwk(d=number(5)))),
    "private as JWK, cut off": ("key_private", json.dumps(jwk(d=number(5)))[:-4]),
    "private as JWK under another spelling": (
        "key_private",
        json.dumps(jwk(d=number(5))).replace('"d"', '"\\u0064"'),
    ),
    "private of RSA as JWK": ("key_private", json.dumps({"kty": "RSA", "n": "AQ", "p": "Aw"})),
    "private in a set": ("key_private", json.dumps({"keys": [jwk(), jwk(d=number(5))]})),
    "a shared secret": ("key_symmetric", json.dumps({"kty": "oct", "k": "c2VjcmV0"})),
    "a certificate": ("key_certificate", certificate()),
    "a chain of certificates": ("key_certificate", certificate() * 2),
    "a certificate request": ("key_request", certificate(request=True)),
    "a key of SSH": (
        "key_ssh",
        P256.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
    ),
    "an RSA key of SSH": (
        "key_rsa",
        RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
    ),
    "parameters alone": ("key_parameters", as_pem("EC PARAMETERS", DER[13:23])),
    "two keys in PEM": ("keys_several", PEM + pem_of(OTHER.public_key())),
    "two keys in a set": ("keys_several", json.dumps({"keys": [jwk(), jwk(kid="b")]})),
    "no key in a set": ("keys_several", '{"keys": []}'),
    "a set of nothing": ("keys_several", '{"keys": null}'),
    "a list": ("keys_several", json.dumps([jwk()])),
    "no members": ("key_incomplete", "{}"),
    "no curve": ("key_incomplete", json.dumps(jwk(crv=None))),
    "no kind": ("key_incomplete", json.dumps(jwk(kty=None))),
    "no x": ("key_incomplete", json.dumps(jwk(x=None))),
    "no y": ("key_incomplete", json.dumps(jwk(y=None))),
    "x as a number": ("key_incomplete", json.dumps(jwk(x=1))),
    "x cut off": ("key_coordinates", json.dumps(jwk(x=str(jwk()["x"])[:-3]))),
    "x and y exchanged": ("key_coordinates", json.dumps(jwk(x=jwk()["y"], y=jwk()["x"]))),
    "x in the other base64": ("key_coordinates", json.dumps(jwk(x="+" * 43))),
    "x beyond the field": ("key_coordinates", json.dumps(jwk(x="_" * 43))),
    "for encryption": ("key_purpose", json.dumps(jwk(use="enc"))),
    "for another algorithm": ("key_purpose", json.dumps(jwk(alg="ES384"))),
    "for other operations": ("key_purpose", json.dumps(jwk(key_ops=["sign"]))),
    "an odd use": ("key_purpose", json.dumps(jwk(use=["sig"]))),
    "an odd kid": ("kid_wrong", json.dumps(jwk(kid="我的"))),
    "a long kid": ("kid_wrong", json.dumps(jwk(kid="a" * 65))),
    "a number as kid": ("kid_wrong", json.dumps(jwk(kid=7))),
    "a list as kid": ("kid_wrong", json.dumps(jwk(kid=["a"]))),
    "PEM cut off": ("key_damaged", PEM[:100]),
    "PEM with a letter changed": ("key_damaged", PEM.replace("MFkw", "MFxx")),
    "PEM of nothing": ("key_damaged", as_pem("PUBLIC KEY", b"")),
    "PEM of a point not on the curve": ("key_damaged", as_pem("PUBLIC KEY", DER[:-1] + b"\0")),
    "PEM of explicit parameters": (
        "key_damaged",
        as_pem("PUBLIC KEY", bytes.fromhex("3010300a06072a8648ce3d02010500030200ff")),
    ),
    "words": ("key_unreadable", "我们还没有公钥"),
    "a number": ("key_unreadable", "12345678"),
    "half of a JSON": ("key_unreadable", '{"kty": "EC",'),
    "deep JSON": ("key_unreadable", "[" * 9000),
    "an address": ("key_unreadable", "https://vendor.example/jwks.json"),
    "nothing": ("key_empty", " \n\t "),
    "far too much": ("key_too_long", "A" * 20_001),
}


@pytest.mark.parametrize("form", USABLE)
def test_a_usable_key_is_taken_in_whatever_form_and_only_the_key_is_kept(
    client: LintingClient, app: Flask, form: str
) -> None:
    vendor = Vendor(app, "not-yet", "mine")
    pem = private_pem(P256).encode()
    vendor.key = vendor.key.import_key(pem, {"kid": "mine"})
    page = client.submit(client.page("/open/sandbox"), "登记公钥", key=USABLE[form])
    vendor.code = page.facts()["渠道编码（iss）"]
    vendor.kid = page.facts()["公钥名字（kid）"]
    assert vendor.kid == ("mine" if '"kid"' in USABLE[form] else "sandbox-key")
    ((kept,),) = rows(app, "SELECT jwk FROM channel_key")
    point = {name: jwk()[name] for name in ("kty", "crv", "x", "y")}
    assert json.loads(str(kept)) == {**point, "kid": vendor.kid, "use": "sig"}
    assert enter(client, vendor.launch(MA_LAN, target="/me")).title == "我的"


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_is_no_usable_key_is_named_beside_the_field_and_nothing_is_stored(
    client: LintingClient, app: Flask, what: str
) -> None:
    reason, text = UNUSABLE[what]
    before = stored(app)
    page = client.submit(client.page("/open/sandbox"), "登记公钥", 422, key=text)
    said = page.errors["key"]
    assert public_keys.SENTENCES[reason][1] in said
    assert stored(app) == before
    if reason in public_keys.SECRETS:
        assert not page.value("key").strip()
    else:
        assert ("这不是 P-256 的公钥" in said) == (reason in public_keys.OTHER_KINDS)
        assert page.value("key").strip() == text.strip()


_D = signing.new_key("x").as_dict(private=True)
WRAPPED = {
    "beside the public one": json.dumps({"publicKey": jwk(), "privateKey": _D}),
    "in keys by name": json.dumps({"keys": {"a": _D}}),
    "in a list of lists": json.dumps({"keys": [[_D]]}),
    "in a program": f"const key = {json.dumps(_D)};",
    "in a program without quotes": f"const key = {{kty: 'EC', d: '{_D['d']}'}};",
    "in quotes": json.dumps(json.dumps(_D)),
    "in quotes within quotes": json.dumps(json.dumps(json.dumps(_D))),
    "as a text in JSON": json.dumps({"key": json.dumps(_D)}),
    "PEM in JSON": json.dumps({"private": private_pem(P256)}),
    "with its name written otherwise": json.dumps({"a": {**_D}}).replace('"d"', '"\\u0064"'),
    "in base64": base64.b64encode(json.dumps(_D).encode()).decode(),
    "in base64url": base64.urlsafe_b64encode(json.dumps(_D).encode()).decode().rstrip("="),
    "cut off": json.dumps({"a": _D})[:-1],
    "far too long": json.dumps({"a": _D, "b": "x" * public_keys.LONGEST}),
    "as openssl prints it": "Private-Key: (256 bit)\npriv:\n    00:ab:cd\n",
}


@pytest.mark.parametrize("how", WRAPPED)
def test_a_private_key_is_never_shown_again_however_it_is_wrapped(
    client: LintingClient, how: str
) -> None:
    page = client.submit(client.page("/open/sandbox"), "登记公钥", 422, key=WRAPPED[how])
    assert page.errors["key"] == public_keys.SENTENCES["key_private"][1]
    assert not page.value("key").strip()
    assert str(_D["d"]) not in page.html


def test_a_shared_secret_is_never_shown_again_however_it_is_wrapped(client: LintingClient) -> None:
    secret = "c2VjcmV0LW9mLXR3by1wYXJ0aWVz"
    page = client.page("/open/sandbox")
    for text in (
        json.dumps({"keys": {"a": {"kty": "oct", "k": secret}}}),
        f"key = {{'kty': 'oct', 'k': '{secret}'}}",
    ):
        said = client.submit(page, "登记公钥", 422, key=text)
        assert said.errors["key"] == public_keys.SENTENCES["key_symmetric"][1]
        assert secret not in said.html


def test_a_p256_key_at_fault_for_something_else_is_not_called_another_key(
    client: LintingClient,
) -> None:
    page = client.page("/open/sandbox")
    for reason, text in {
        "kid_wrong": json.dumps(jwk(kid="a b")),
        "key_purpose": json.dumps(jwk(use="enc")),
    }.items():
        said = client.submit(page, "登记公钥", 422, key=text).errors["key"]
        assert said == public_keys.SENTENCES[reason][1]


def test_a_key_with_an_empty_name_is_taken_in_under_a_name_of_ours(client: LintingClient) -> None:
    page = client.submit(
        client.page("/open/sandbox"), "登记公钥", key=json.dumps(jwk() | {"kid": ""})
    )
    assert page.facts()["公钥名字（kid）"] == "sandbox-key"


@pytest.mark.parametrize("what", UNUSABLE)
def test_the_command_says_the_same_and_stores_nothing(app: Flask, what: str) -> None:
    reason, text = UNUSABLE[what]
    before = stored(app)
    kid = () if "kid" in reason else ("--kid", "k")
    said = channels(app, "add-key", "abc", "-", *kid, text=text, status=1)
    assert public_keys.SENTENCES[reason][0] in said
    assert stored(app) == before


@pytest.mark.parametrize("reason", ["key_sm2", "key_curve", "key_rsa", "key_edwards", "key_other"])
def test_a_key_of_another_kind_is_answered_with_how_to_make_the_right_one(reason: str) -> None:
    for sentence in public_keys.SENTENCES[reason]:
        assert "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256" in sentence
        assert "openssl pkey -in private.pem -pubout" in sentence


@pytest.mark.parametrize(
    "content",
    [
        PEM.encode(),
        b"\xef\xbb\xbf" + PEM.encode(),
        PEM.encode("utf-16"),
        b"\xfe\xff" + PEM.encode("utf-16-be"),
        DER,
    ],
    ids=["utf-8", "mark", "PowerShell", "big-endian", "DER"],
)
def test_the_command_reads_a_key_however_its_file_was_saved(
    app: Flask, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    channels(app, "add-key", "abc", str(file), "--kid", "a")
    assert "keys: a" in channels(app, "list")


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"\xff\xfe\xff", PRIVATE_DER, b"\x89PNG\r\n"])
def test_the_command_refuses_any_other_file_with_a_sentence(
    app: Flask, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    before = stored(app)
    said = channels(app, "add-key", "abc", str(file), "--kid", "a", status=1)
    assert said.strip() in {english for english, _ in public_keys.SENTENCES.values()}
    assert stored(app) == before


@given(st.data())
def test_nothing_handed_in_is_answered_with_a_fault(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([DER, SM2_SPKI, PRIVATE_DER, PEM.encode(), b"{}", b"\xff"]))
    at = data.draw(st.integers(0, len(whole)))
    content = (
        whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 3)) :]
    )
    try:
        public_keys.read(content, "a")
    except public_keys.UnusableKey as fault:
        said = public_keys.SENTENCES.get(fault.reason)
    else:
        said = ("usable", "")
    assert said is not None
