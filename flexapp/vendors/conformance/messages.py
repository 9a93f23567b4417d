"""Launch messages, and the signers: the vendor's program, the vendor's server, or a key file."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

PATIENCE = 20
"""Timeout in seconds, for the signer and for each request."""

ECDSA = ec.ECDSA(hashes.SHA256())
Claims = Mapping[str, Any]
Signer = Callable[[Claims], str]


class SigningRefused(Exception):
    """The signer refuses to sign these claims."""


class Stopped(Exception):
    """The signer or the interface cannot be reached: the run cannot continue."""


# Messages.


def encode(content: bytes) -> str:
    """Encode as base64url without `=`."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Decode base64url; `ValueError` for anything else, also for `=` and the standard alphabet."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def unsigned(header: Claims, claims: Claims) -> str:
    """Return the first two parts of a JWS, which are signed."""
    texts = (json.dumps(each, ensure_ascii=False) for each in (header, claims))
    return ".".join(encode(text.encode()) for text in texts)


def es256(key: ec.EllipticCurvePrivateKey, header: Claims, claims: Claims) -> str:
    """Return a compact JWS. An ES256 signature is r and s of 32 bytes each, not DER."""
    signed = unsigned(header, claims)
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ECDSA))
    return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def decode_unverified(message: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (header, claims) of an unverified message; `ValueError` if it is malformed."""
    header, claims, _ = message.split(".")
    both = json.loads(decode(header)), json.loads(decode(claims))
    if not all(isinstance(each, dict) for each in both):
        raise ValueError("not objects")
    return both


def read_key(path: str) -> tuple[ec.EllipticCurvePrivateKey | None, ec.EllipticCurvePublicKey, str]:
    """Return (private or None, public, kid) of a JWK file on P-256.

    Raises `ValueError` or `KeyError` if it is none.
    """
    with open(path, encoding="utf-8") as file:
        jwk = json.load(file)
    x, y = (int.from_bytes(decode(jwk[name]), "big") for name in ("x", "y"))
    numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
    private = None
    if "d" in jwk:
        number = int.from_bytes(decode(jwk["d"]), "big")
        private = ec.EllipticCurvePrivateNumbers(number, numbers).private_key()
    return private, numbers.public_key(), str(jwk.get("kid", ""))


# Signers.


def by_key(key: ec.EllipticCurvePrivateKey, kid: str) -> Signer:
    """Return a signer that uses this private key."""
    return lambda claims: es256(key, {"alg": "ES256", "kid": kid}, claims)


def by_command(command: str) -> Signer:
    """Return a signer that runs the vendor's program for each message: claims in, JWS out."""

    def ask(claims: Claims) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the command is an argument of the user
                shlex.split(command, posix=os.name != "nt"),
                input=json.dumps(claims, ensure_ascii=False).encode(),
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise Stopped(f"签名程序运行不了：{fault}") from fault
        if done.returncode or not done.stdout.strip():
            told = done.stderr.decode(errors="replace").strip().splitlines() or ["没有说原因"]
            raise SigningRefused(f"退出码 {done.returncode}，{told[-1]}")
        return done.stdout.decode(errors="replace").strip()

    return ask


def by_url(url: str) -> Signer:
    """Return a signer that posts the claims to the vendor's server, which answers with the JWS."""

    def ask(claims: Claims) -> str:
        answer = fetch("POST", url, json.dumps(claims).encode(), "application/json")
        if answer.status_code >= 500:
            raise Stopped(f"签名服务出错：HTTP {answer.status_code}")
        if answer.status_code >= 300:
            raise SigningRefused(f"HTTP {answer.status_code}")
        return answer.text.strip()

    return ask


def fetch(method: str, url: str, body: bytes | None = None, media: str = "") -> httpx.Response:
    """Send one request, without cookies and without following redirects."""
    headers = {"Content-Type": media} if media else {}
    try:
        return httpx.request(method, url, content=body, headers=headers, timeout=PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        # A valid link is a secret: keep its code out of the message.
        raise Stopped(f"连不上 {url.split('/launch/')[0]}：{fault}") from fault
