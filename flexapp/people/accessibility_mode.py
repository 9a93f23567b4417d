"""The mode for elderly users (长辈版), stored in a cookie and on the account.

Before sign-in only the cookie of the phone is available. After sign-in the choice of the account
applies on every phone. It takes precedence over the cookie, which another user may have set.
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
    """Add the template variable `elder`."""
    app.context_processor(lambda: {"elder": is_elder()})


def is_elder() -> bool:
    """Whether this response is rendered in 长辈版."""
    visitor = g.get("visitor")
    if visitor is not None and visitor.elder is not None:
        return bool(visitor.elder)
    return chosen_on_this_phone() is True


def chosen_on_this_phone() -> bool | None:
    """Return the choice in the cookie; None if there is none."""
    return {ELDER: True, USUAL: False}.get(request.cookies.get(cookies.host_only(COOKIE), ""))


def choose(*, elder: bool, account_id: int | None) -> None:
    """Store the choice on the account, if somebody is signed in."""
    if account_id is not None:
        repository.set_elder(account_id, elder=elder)


def carry_over(account_id: int) -> None:
    """Copy the choice in the cookie to the account at sign-in, if the account has none."""
    chosen = chosen_on_this_phone()
    if chosen is not None:
        repository.set_elder(account_id, elder=chosen, over_another=False)


def remember_on_this_phone(response: Response, *, elder: bool) -> None:
    """Set the cookie."""
    response.set_cookie(
        cookies.host_only(COOKIE),
        ELDER if elder else USUAL,
        max_age=KEPT_FOR,
        **cookies.attributes(),
    )
