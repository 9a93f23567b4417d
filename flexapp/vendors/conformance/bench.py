"""Builders of test messages: valid claims, the vendor's signature over them, and forgeries."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .messages import Claims, Signer, decode_unverified, encode, es256, unsigned

AUDIENCE = "nx-flexible-employment"
LIFE = 60
"""Seconds from iat to exp, unless a case changes it."""


class NotTried(Exception):
    """A case that cannot be tried with this signer or these arguments; the text says why."""


@dataclass
class Bench:
    """Everything that test messages are made from.

    `public`: the vendor's registered key, if known. `asked`: the claims given to the signer in the
    current case. `first`: the first valid message that was accepted; the other cases need it.
    """

    signer: Signer
    channel: str
    person: Claims
    kid: str = ""
    public: ec.EllipticCurvePublicKey | None = None
    asked: Claims | None = None
    first: str = ""

    def claims(self, **change: Any) -> dict[str, Any]:
        """Return the claims of a valid launch with `change` applied; None removes a claim."""
        now = int(time.time())
        said = {"iss": self.channel, "aud": AUDIENCE, "iat": now, "exp": now + LIFE}
        said |= {"jti": secrets.token_urlsafe(16), **self.person, **change}
        return {name: value for name, value in said.items() if value is not None}

    def ask(self, **change: Any) -> str:
        """Return a message signed by the vendor's signer, with `change` applied.

        Raises `NotTried` without a valid message.
        """
        self.parts()
        return self.signed(**change)

    def signed(self, **change: Any) -> str:
        """Return a message signed by the vendor's signer, also before there is a valid message."""
        self.asked = self.claims(**change)
        message = self.signer(self.asked)
        try:
            signed = decode_unverified(message)[1]
        except ValueError:
            return message
        own = [name for name in change if signed.get(name) != self.asked.get(name)]
        if own:
            raise NotTried(
                f"您的签名程序自己填写 {'、'.join(own)}，所以签不出这样的消息，没有问题。"
            )
        return message

    def parts(self) -> list[str]:
        """Return the three parts of the valid message; raises `NotTried` without one."""
        if not self.first:
            raise NotTried("请先让 valid 通过。")
        return self.first.split(".")

    def replayed(self) -> str:
        """Return the valid message unchanged."""
        return ".".join(self.parts())

    def oversize(self) -> str:
        """Return the valid message, extended beyond the size limit."""
        return self.replayed() + "A" * 9000

    def forged(self, alg: str, sign: Callable[[str], bytes]) -> str:
        """Return a message with the vendor's header but another algorithm."""
        self.parts()
        header = {**decode_unverified(self.first)[0], "alg": alg}
        text = unsigned(header, self.claims())
        return f"{text}.{encode(sign(text))}"

    def strange(self, **header: str) -> str:
        """Return a message with the vendor's header, signed with an unregistered key."""
        self.parts()
        header = {**decode_unverified(self.first)[0], **header}
        return es256(ec.generate_private_key(ec.SECP256R1()), header, self.claims())

    def tampered(self) -> str:
        """Return the valid message with claims about somebody else."""
        header, _, signature = self.parts()
        other = unsigned({}, self.claims(name="张三")).split(".")[1]
        return f"{header}.{other}.{signature}"

    def by_public_key(self) -> str:
        """Return a message signed with HS256 and the public key as the secret.

        Libraries that trust a message's `alg` accept it.
        """
        if self.public is None:
            raise NotTried("要试这一项，请用 --public-key 给出登记的公钥（JWK）。")
        secret = self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return self.forged("HS256", lambda text: hmac.digest(secret, text.encode(), "sha256"))


def shifted(begin: int, life: int = LIFE) -> Callable[[Bench], str]:
    """Return a builder of messages issued `begin` seconds from now and valid for `life` seconds."""

    def make(bench: Bench) -> str:
        begins = int(time.time()) + begin
        return bench.ask(iat=begins, exp=begins + life)

    return make


def no_such_day(bench: Bench) -> str:
    """Return a message whose ID number has the 32nd day of a 13th month as the date of birth."""
    number = str(bench.person["id_number"])
    return bench.ask(id_number=f"{number[:10]}1332{number[14:]}")
