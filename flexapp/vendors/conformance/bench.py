"""What the cases are made of: valid claims, the vendor's signature under them, and forgeries."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .messages import Claims, Signer, encode, es256, opened, unsigned

AUDIENCE = "nx-flexible-employment"
LIFE = 60
"""Seconds from iat to exp, where a case is not about that."""


class NotTried(Exception):
    """A case that this signer, or these arguments, leave no way to try; says why."""


@dataclass
class Bench:
    """What messages are made with.

    `public`: the vendor's registered key, where it is known. `asked`: the claims that the signer
    was given for the case at hand. `first`: a valid message, once one was taken; without, there is
    nothing to learn from any other case.
    """

    signer: Signer
    channel: str
    person: Claims
    kid: str = ""
    public: ec.EllipticCurvePublicKey | None = None
    asked: Claims | None = None
    first: str = ""

    def claims(self, **change: Any) -> dict[str, Any]:
        """A valid launch, with `change` in it; None leaves a claim out."""
        now = int(time.time())
        said = {"iss": self.channel, "aud": AUDIENCE, "iat": now, "exp": now + LIFE}
        said |= {"jti": secrets.token_urlsafe(16), **self.person, **change}
        return {name: value for name, value in said.items() if value is not None}

    def ask(self, **change: Any) -> str:
        """A message of the vendor's signer with `change` in it."""
        self.parts()
        return self.signed(**change)

    def signed(self, **change: Any) -> str:
        """The same, also when there is no valid message yet."""
        self.asked = self.claims(**change)
        message = self.signer(self.asked)
        try:
            signed = opened(message)[1]
        except ValueError:
            return message
        own = [name for name in change if signed.get(name) != self.asked.get(name)]
        if own:
            raise NotTried(
                f"您的签名程序自己填写 {'、'.join(own)}，所以签不出这样的消息，没有问题。"
            )
        return message

    def parts(self) -> list[str]:
        """Of the valid message."""
        if not self.first:
            raise NotTried("请先让 valid 通过。")
        return self.first.split(".")

    def replayed(self) -> str:
        """The valid message once more."""
        return ".".join(self.parts())

    def oversize(self) -> str:
        """The valid message, longer than a message may be."""
        return self.replayed() + "A" * 9000

    def forged(self, alg: str, sign: Callable[[str], bytes]) -> str:
        """A message that looks like the vendor's, under another algorithm."""
        self.parts()
        header = {**opened(self.first)[0], "alg": alg}
        text = unsigned(header, self.claims())
        return f"{text}.{encode(sign(text))}"

    def strange(self, **header: str) -> str:
        """A message that looks like the vendor's, signed with a key that nobody registered."""
        self.parts()
        header = {**opened(self.first)[0], **header}
        return es256(ec.generate_private_key(ec.SECP256R1()), header, self.claims())

    def tampered(self) -> str:
        """The valid message, made to be about somebody else."""
        header, _, signature = self.parts()
        other = unsigned({}, self.claims(name="张三")).split(".")[1]
        return f"{header}.{other}.{signature}"

    def by_public_key(self) -> str:
        """HS256 with what everybody knows: taken by libraries that believe a message's `alg`."""
        if self.public is None:
            raise NotTried("要试这一项，请用 --public-key 给出登记的公钥（JWK）。")
        secret = self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return self.forged("HS256", lambda text: hmac.digest(secret, text.encode(), "sha256"))


def shifted(begin: int, life: int = LIFE) -> Callable[[Bench], str]:
    """Messages issued `begin` seconds from now that live for `life` seconds."""

    def make(bench: Bench) -> str:
        begins = int(time.time()) + begin
        return bench.ask(iat=begins, exp=begins + life)

    return make


def no_such_day(bench: Bench) -> str:
    """A message about somebody whose ID number says the 32nd of a 13th month."""
    number = str(bench.person["id_number"])
    return bench.ask(id_number=f"{number[:10]}1332{number[14:]}")
