"""Device cookies (OWASP): recognise a browser that has been used to sign in before.

Shared rate limits (attempts for one phone number or user name, attempts from one address) can be
used up by strangers. A browser that has signed in with the same login before therefore has a limit
of its own.

The cookie grants no access. It contains a random id of the browser and, for each of the last few
logins, a digest under our key. It can be neither forged nor transferred to another phone number,
and it reveals nobody's identity.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, current_app, request

from flexapp.web import client_ip, cookies

KEPT_FOR = timedelta(days=365)
MOST = 4
"""Maximum number of logins remembered for one browser (a family's phone, a counter's computer)."""

_FORM = re.compile(rf"[\w-]{{16}}(\.[0-9a-f]{{32}}){{1,{MOST}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LoginSource:
    """Who attempts to sign in with one login: a browser known for it, or else a client address.

    `name` is the subject to count attempts for. If `known`, the shared limit does not apply.
    """

    name: str
    known: bool


class KnownDevices:
    """The device cookie `name` of one sign-in method; `path`: the path its forms are posted to."""

    def __init__(self, name: str, path: str) -> None:
        self._name, self._path = name, path

    def asker(self, login: str) -> LoginSource:
        """Who attempts to sign in with this phone number or user name in this request."""
        device, digests = self._read()
        if device and self._digest(device, login) in digests:
            return LoginSource(f"device:{device}", known=True)
        return LoginSource(f"address:{client_ip.client()}", known=False)

    def remember(self, response: Response, login: str) -> None:
        """Record in the cookie that this browser has just signed in with `login`."""
        device, digests = self._read()
        device = device or secrets.token_urlsafe(12)
        mine = self._digest(device, login)
        kept = [mine, *(each for each in digests if each != mine)][:MOST]
        response.set_cookie(
            cookies.for_a_part(self._name),
            ".".join([device, *kept]),
            max_age=KEPT_FOR,
            path=self._path,
            httponly=True,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            samesite="Lax",
        )

    def _read(self) -> tuple[str, list[str]]:
        text = request.cookies.get(cookies.for_a_part(self._name), "")
        if not _FORM.fullmatch(text):
            return "", []
        device, *digests = text.split(".")
        return device, digests

    def _digest(self, device: str, login: str) -> str:
        told = f"device.{self._name}\0{device}\0{login}".encode()
        key = str(current_app.config["SECRET_KEY"]).encode()
        return hmac.new(key, told, hashlib.sha256).hexdigest()[:32]
