"""Where a practice is kept: in a signed cookie of its own, and nowhere else.

No table needs sweeping, nothing of it is ever beside real people's rows, and it ends with the
cookie. It is no session and is not read as one: only `/practice` is sent it. What is in it is a
person who does not exist; the address is whatever somebody typed, on their own phone.
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
"""Characters; browsers keep a cookie up to 4096 bytes, its name and attributes with it."""


def load() -> Practice:
    """What the browser brings; an empty practice where that is nothing, too old or not ours."""
    try:
        kept = _signer().loads(
            request.cookies.get(cookies.for_a_part(NAME), ""), max_age=int(LASTS.total_seconds())
        )
    except BadData:
        return Practice()
    return _read(kept)


def keep(response: Response, practice: Practice) -> Response:
    """Give it to the browser; the oldest assessments go where it would be too much to keep."""
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
    """Take it away again."""
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
    """What we wrote ourselves; an empty practice where an older version of us did."""
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
