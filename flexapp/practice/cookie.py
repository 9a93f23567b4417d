"""Stores the practice data in a signed cookie.

Nothing is stored in the database, so there is nothing to clean up and no mixing with real people's
rows. The cookie is separate from the session and is sent to `/practice` only. The person in it does
not exist; the address is free text that the visitor typed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from flexapp.practice.service import (
    Made,
    Moved,
    Practice,
    Registered,
    moment,
)
from flexapp.registration.service import Details, check_details
from flexapp.rules.states import Move
from flexapp.web import cookies

NAME = "practice"
PATH = "/practice"
LASTS = timedelta(hours=2)
MOST = 3800
"""Maximum length in characters; browsers limit a cookie to 4096 bytes with name and attributes."""


def load() -> Practice:
    """Return the practice of the request; empty if the cookie is missing, expired or invalid."""
    try:
        kept = _signer().loads(
            request.cookies.get(cookies.for_a_part(NAME), ""), max_age=int(LASTS.total_seconds())
        )
    except BadData:
        return Practice()
    return _read(kept)


def keep(response: Response, practice: Practice) -> Response:
    """Set the cookie; drops the oldest assessments if it would be too long."""
    text = _signer().dumps(_written(practice))
    while len(text) > MOST and practice.made:
        practice = Practice(practice.registered, practice.made[1:])
        text = _signer().dumps(_written(practice))
    response.set_cookie(
        cookies.for_a_part(NAME),
        text,
        max_age=LASTS,
        path=PATH,
        **cookies.attributes(),
    )
    return response


def forget(response: Response) -> Response:
    """Delete the cookie."""
    response.delete_cookie(
        cookies.for_a_part(NAME),
        path=PATH,
        **cookies.attributes(),
    )
    return response


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="flexapp.practice")


def _written(practice: Practice) -> list[Any]:
    registered = practice.registered
    declared = None
    if registered is not None:
        details = registered.details
        declared = [
            details.division.code,
            details.ethnic_group.code,
            details.address,
            details.credit_code or "",
            int(registered.at.timestamp()),
        ]
    return [
        declared,
        [
            [
                each.number,
                each.start,
                each.end,
                each.entered,
                int(each.at.timestamp()),
                [[m.move.value, int(m.at.timestamp()), m.reason] for m in each.moved],
            ]
            for each in practice.made
        ],
    ]


def _read(kept: list[Any]) -> Practice:
    """Decode a verified payload; an empty practice if an older version wrote it."""
    try:
        declared, made = kept
        registered = None
        if declared is not None:
            division, group, address, code, at = declared
            details = check_details(
                division=division, ethnic_group=group, address=address, credit_code=code
            )
            if not isinstance(details, Details):
                return Practice()
            registered = Registered(details, moment(at))
        return Practice(registered, tuple(_read_made(each) for each in made))
    except (TypeError, ValueError):
        return Practice()


def _read_made(kept: list[Any]) -> Made:
    number, start, end, entered, at, moved = kept
    return Made(
        number,
        start,
        end,
        entered,
        moment(at),
        tuple(Moved(Move(name), moment(when), reason) for name, when, reason in moved),
    )
