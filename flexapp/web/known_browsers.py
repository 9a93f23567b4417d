"""Browsers that somebody has signed in with before, known again by a cookie.

Limits that everybody shares (tries for one phone or user name, tries from one address) can be used
up by strangers. Who comes back with a browser that has signed in as the same person before is not
one of them, and has a count of their own ("device cookies", OWASP). The cookie opens nothing: it
holds a random name of the browser and, for each of the last few who signed in, a digest under our
key, so it can be neither forged nor carried over to another phone number, and tells of nobody.
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
"""Logins that one browser is known for: a family's phone, the computer of a counter."""

_FORM = re.compile(rf"[\w-]{{16}}(\.[0-9a-f]{{32}}){{1,{MOST}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who tries something about one login: a browser known for it, or else an address.

    `known`: what others have used up does not concern them.
    """

    name: str
    known: bool


class KnownDevices:
    """The cookie for one way to sign in; `path`: where its forms are posted to."""

    def __init__(self, name: str, path: str) -> None:
        self._name, self._path = name, path

    def asker(self, login: str) -> Asker:
        """Who is asking about this phone number or user name on this request."""
        device, digests = self._read()
        if device and self._digest(device, login) in digests:
            return Asker(f"device:{device}", known=True)
        return Asker(f"address:{client_ip.client()}", known=False)

    def remember(self, response: Response, login: str) -> None:
        """Somebody has just signed in here as `login`."""
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
