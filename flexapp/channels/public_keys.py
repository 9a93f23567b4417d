"""Reads a vendor's public key in any common format, or says what the text is instead.

A usable key is a public key on the curve P-256 (ES256), as JWK, JWK set with one key, PEM, or the
DER inside a PEM. Anything else is refused with a reason code. `SENTENCES` has the text for each
code: in English for the command line, in Chinese for the pages.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_ssh_public_key,
)
from cryptography.x509 import load_der_x509_certificate, load_der_x509_csr
from joserfc.jwk import ECKey

from flexapp.channels.pasted_secrets import secret_in

LONGEST = 20_000
"""Characters; the longest certificate chain that somebody may paste is shorter."""

KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

_MAKE = (
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.pem; "
    "openssl pkey -in private.pem -pubout -out public.pem"
)
_ENGLISH = f"A key on P-256 (prime256v1) is needed. To make one: {_MAKE}"
_CHINESE = f"请用 P-256（prime256v1）密钥，生成方法：{_MAKE}，然后提交 public.pem。"
_PRIVATE_CHINESE = "这里面有私钥。请只提交公钥，私钥不要给任何人。"

SENTENCES: Mapping[str, tuple[str, str]] = {
    # reason: (English, Chinese)
    "key_empty": (
        "neither PEM nor JSON: there is nothing in it",
        "请粘贴一个 JWK（JSON）或一段 PEM（BEGIN PUBLIC KEY）。",
    ),
    "key_private": (
        "this is a private key: only the vendor may have it; ask for the public one, "
        "and for a new pair, because this one has been seen",
        f"{_PRIVATE_CHINESE}这一对已经泄露，请另外生成一对。",
    ),
    "key_symmetric": (
        f"this is a shared secret (oct), no public key. {_ENGLISH}",
        f"这是对称密钥（oct），不是公钥，而且已经泄露，请不要再用。{_CHINESE}",
    ),
    "key_sm2": (
        f"this is an SM2 key; launches are signed with ES256. {_ENGLISH}",
        f"这是 SM2（国密）公钥，这个接口用 ES256 签名，不能用 SM2。{_CHINESE}",
    ),
    "key_curve": (
        f"this key is on another curve. {_ENGLISH}",
        f"这个公钥用的是另一条曲线。{_CHINESE}",
    ),
    "key_rsa": (f"this is an RSA key. {_ENGLISH}", f"这是 RSA 公钥。{_CHINESE}"),
    "key_edwards": (
        f"this is an Ed25519, Ed448, X25519 or X448 key. {_ENGLISH}",
        f"这是 Ed25519 一类的公钥。{_CHINESE}",
    ),
    "key_other": (
        f"this is a key for another algorithm. {_ENGLISH}",
        f"这是别的算法的密钥。{_CHINESE}",
    ),
    "key_certificate": (
        "this is a certificate, no key. Take the key out of it: "
        "openssl x509 -in certificate.pem -noout -pubkey",
        "这是证书，不是公钥。请从证书里取出公钥：openssl x509 -in certificate.pem -noout -pubkey。",
    ),
    "key_request": (
        "this is a certificate request, no key. Take the key out of it: "
        "openssl req -in request.pem -noout -pubkey",
        "这是证书请求（CSR），不是公钥。请从里面取出公钥："
        "openssl req -in request.pem -noout -pubkey。",
    ),
    "key_ssh": (
        "this is a key in the form of SSH. Write it as PEM: ssh-keygen -e -m PKCS8 -f key.pub",
        "这是 SSH 格式的公钥。请转成 PEM：ssh-keygen -e -m PKCS8 -f key.pub。",
    ),
    "key_parameters": (
        f"these are the parameters of a curve, no key. {_ENGLISH}",
        f"这是曲线参数（EC PARAMETERS），不是公钥。{_CHINESE}",
    ),
    "keys_several": (
        "not one JWK (nor a set with one key), nor one PEM: hand in one key at a time",
        "这里面不是正好一个公钥，请一次提交一个。",
    ),
    "key_incomplete": (
        "this JWK lacks something: a key on P-256 has kty EC, crv P-256, and x and y as texts",
        "这个 JWK 不完整：P-256 的公钥要有 kty（EC）、crv（P-256）以及 x 和 y（都是文字）。",
    ),
    "key_coordinates": (
        "x and y of this JWK must be 32 bytes each in base64url, and a point of P-256: "
        "part of it may be missing or mistyped",
        "这个 JWK 的 x、y 不是 P-256 上的点（各 32 字节，base64url），可能少复制了一段。",
    ),
    "key_purpose": (
        "this JWK says that it is for something else (use, alg or key_ops): ES256 and sig are "
        "needed",
        "这个 JWK 写明作别的用途（use、alg 或 key_ops），应为 sig 和 ES256。",
    ),
    "key_damaged": (
        "not a key in PEM that can be read: it may be cut off or changed in copying",
        "这段 PEM 读不出来，可能少复制了一段或者被改动过，请从文件里重新完整复制。",
    ),
    "key_unreadable": (
        "neither PEM nor JSON of one JWK",
        "请粘贴一个 JWK（JSON）或一段 PEM（BEGIN PUBLIC KEY）。",
    ),
    "key_too_long": (
        "neither PEM nor JSON of one key: it is far too long",
        "太长了，一个公钥不到 1000 个字。请粘贴一个 JWK（JSON）或一段 PEM。",
    ),
    "kid_missing": (
        "this key has no name of its own (PEM, or a JWK without kid): give one with --kid",
        "这个公钥没有名字（kid）。",
    ),
    "kid_wrong": (
        "a kid is 1 to 64 letters, digits, dots, - or _",
        "公钥的名字（kid）应为 1 至 64 个英文字母、数字、点、横线或下划线。",
    ),
}

OTHER_KINDS = frozenset(SENTENCES) - {
    "kid_missing",
    "kid_wrong",
    "key_purpose",
    "key_ssh",
    "keys_several",
}
"""Reasons that say that it is no P-256 key; with any other reason it may be one."""

SECRETS = frozenset({"key_private", "key_symmetric"})
"""Reasons for which the submitted text is not shown again."""


@dataclass(frozen=True, slots=True)
class UnusableKey(Exception):
    """A text is no usable public key. `reason`: a code of `SENTENCES`."""

    reason: str


def read(content: bytes | str, kid: str | None) -> ECKey:
    """Return the public key, named `kid` or else by its own kid; raises `UnusableKey`.

    Only the key itself is copied: other members of a JWK are dropped.
    """
    text = _text(content)
    name: object = None
    if text is None:
        assert isinstance(content, bytes)
        key = _from_der(content, "key_unreadable")
    elif text.startswith(("{", "[")):
        key, name = _from_json(text)
    else:
        key = _from_pem(text)
    name = name if kid is None else kid
    if name is None or name == "":
        raise UnusableKey("kid_missing")
    if not isinstance(name, str) or KEY_ID.fullmatch(name) is None:
        raise UnusableKey("kid_wrong")
    numbers = key.public_numbers()
    return ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": _coordinate_text(numbers.x),
            "y": _coordinate_text(numbers.y),
            "kid": name,
            "use": "sig",
        }
    )


def _text(content: bytes | str) -> str | None:
    """Decode the content, in any encoding; None if it is binary (DER)."""
    if isinstance(content, bytes):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell writes UTF-16
            encoding = "utf-16"
        elif b"\0" in content:
            return None
        else:
            encoding = "utf-8-sig"
        try:
            content = content.decode(encoding)
        except UnicodeDecodeError:
            return None
    secret = secret_in(content)
    if secret is not None:
        raise UnusableKey(secret)
    if len(content) > LONGEST:
        raise UnusableKey("key_too_long")
    text = content.strip().strip("\ufeff").strip()
    if not text:
        raise UnusableKey("key_empty")
    return text


# PEM, DER.

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def _from_pem(text: str) -> ec.EllipticCurvePublicKey:
    """Read PEM, also on one line, with text around it or with literal \\n; or base64 of DER."""
    if text.startswith(("ssh-", "ecdsa-sha2-", "sk-")) or "BEGIN SSH2 PUBLIC KEY" in text:
        _refuse_ssh(text)
    blocks = _PEM.findall(text)
    if not blocks:
        if "-----BEGIN" in text:
            raise UnusableKey("key_damaged")
        return _from_der(_base64(text, "key_unreadable"), "key_unreadable")
    label, body = blocks[0]
    # A certificate chain is treated like one certificate.
    if label in ("CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE", "PKCS7"):
        raise UnusableKey("key_certificate")
    if label in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"):
        raise UnusableKey("key_request")
    keys = [each for each in blocks if not each[0].endswith("PARAMETERS")]
    if not keys:
        raise UnusableKey("key_parameters")
    if len(keys) > 1:
        raise UnusableKey("keys_several")
    label, body = keys[0]
    if label == "RSA PUBLIC KEY":
        raise UnusableKey("key_rsa")
    if label != "PUBLIC KEY":
        raise UnusableKey("key_other" if "KEY" in label else "key_damaged")
    return _from_der(_base64(body, "key_damaged"), "key_damaged")


def _refuse_ssh(text: str) -> None:
    try:
        key = load_ssh_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("key_ssh") from None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        raise UnusableKey("key_ssh")
    raise UnusableKey(_kind(key))


_SM2 = bytes.fromhex("06082a811ccf5501822d")
"""DER of the object identifier 1.2.156.10197.1.301 of the SM2 curve."""


def _from_der(der: bytes, otherwise: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey(_what_else(der) or otherwise) from None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise UnusableKey(_kind(key))


def _what_else(der: bytes) -> str | None:
    """Return the reason code for bytes that are no public key of a known kind; None if unknown."""
    loaders: tuple[tuple[Callable[[bytes], object], str], ...] = (
        (lambda each: load_der_private_key(each, password=None), "key_private"),
        (load_der_x509_certificate, "key_certificate"),
        (load_der_x509_csr, "key_request"),
    )
    for load, reason in loaders:
        try:
            load(der)
        except TypeError:
            return "key_private"  # an encrypted private key, without a password
        except (ValueError, UnsupportedAlgorithm):
            continue
        return reason
    if _SM2 in der:
        # SubjectPublicKeyInfo begins with a sequence, a private key with a version number.
        return (
            "key_sm2"
            if re.match(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x30", der, re.S)
            else ("key_private")
        )
    return None


def _kind(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "key_rsa"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "key_curve"
    edwards = (
        ed25519.Ed25519PublicKey,
        ed448.Ed448PublicKey,
        x25519.X25519PublicKey,
        x448.X448PublicKey,
    )
    if isinstance(key, edwards):
        return "key_edwards"
    return "key_other"


def _base64(text: str, otherwise: str) -> bytes:
    # Settings and JSON contain a PEM with literal \n.
    packed = re.sub(r"\\[nr]|\s", "", text).strip("\"'")
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey(otherwise) from None


# JWK.


def _from_json(text: str) -> tuple[ec.EllipticCurvePublicKey, object]:
    """Return (key, its kid as given)."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableKey("key_unreadable") from None
    keys = found.get("keys") if isinstance(found, dict) and "keys" in found else found
    listed = keys if isinstance(keys, list) else [keys]
    # A bare JSON array is not a JWK set.
    if len(listed) != 1 or not isinstance(listed[0], dict) or isinstance(found, list):
        raise UnusableKey("keys_several")
    jwk = listed[0]
    return _from_jwk(jwk), jwk.get("kid")


def _from_jwk(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    kind, curve = str(jwk.get("kty")).upper(), str(jwk.get("crv")).upper()
    if "SM2" in (kind, curve):
        raise UnusableKey("key_sm2")
    if kind in ("RSA", "OKP", "AKP"):
        raise UnusableKey({"RSA": "key_rsa", "OKP": "key_edwards", "AKP": "key_other"}[kind])
    if jwk.get("kty") != "EC" or "crv" not in jwk:
        raise UnusableKey("key_incomplete")
    if jwk["crv"] != "P-256":
        raise UnusableKey("key_curve")
    operations = jwk.get("key_ops")
    if (
        jwk.get("use", "sig") != "sig"
        or jwk.get("alg", "ES256") != "ES256"
        or not (operations is None or (isinstance(operations, list) and "verify" in operations))
    ):
        raise UnusableKey("key_purpose")
    x, y = _coordinate(jwk.get("x")), _coordinate(jwk.get("y"))
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise UnusableKey("key_coordinates") from None


def _coordinate(text: object) -> int:
    if not isinstance(text, str) or not text:
        raise UnusableKey("key_incomplete")
    if re.fullmatch(r"[A-Za-z0-9_-]{43}=?", text, re.ASCII) is None:
        raise UnusableKey("key_coordinates")
    return int.from_bytes(base64.urlsafe_b64decode(text[:43] + "="), "big")


def _coordinate_text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
