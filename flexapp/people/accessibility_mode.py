"""长辈版: which look the pages have, kept for the phone and for the account.

Before signing in only the phone can know, by a cookie. Who has signed in and chosen is known on
every other phone too, and what the account says counts for more than the cookie of a phone that
somebody else may have used before.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, request

from flexapp.people import repository
from flexapp.web import cookies

COOKIE = "look"
ELDER, USUAL = "elder", "usual"
KEPT_FOR = timedelta(days=365)


def init_app(app: Flask) -> None:
    """Give the templates `elder`."""
    app.context_processor(lambda: {"elder": is_elder()})


def is_elder() -> bool:
    """Whether this answer is to have the look of 长辈版."""
    visitor = g.get("visitor")
    if visitor is not None and visitor.elder is not None:
        return bool(visitor.elder)
    return chosen_on_this_phone() is True


def chosen_on_this_phone() -> bool | None:
    """What the cookie says; None where nothing was chosen."""
    return {ELDER: True, USUAL: False}.get(request.cookies.get(cookies.host_only(COOKIE), ""))


def choose(*, elder: bool, account_id: int | None) -> None:
    """Remember the choice for whoever is signed in."""
    if account_id is not None:
        repository.set_elder(account_id, elder=elder)


def carry_over(account_id: int) -> None:
    """What was chosen before signing in becomes the account's, where it has chosen nothing."""
    chosen = chosen_on_this_phone()
    if chosen is not None:
        repository.set_elder(account_id, elder=chosen, over_another=False)


def remember_on_this_phone(response: Response, *, elder: bool) -> None:
    """Leave the cookie."""
    response.set_cookie(
        cookies.host_only(COOKIE),
        ELDER if elder else USUAL,
        max_age=KEPT_FOR,
        **cookies.attributes(),
    )
