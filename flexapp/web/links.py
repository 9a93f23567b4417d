"""Links to pages of higher slices.

A slice never names an endpoint of a higher one. It names a `Page`, and the slice that has the page
registers its endpoint in `init_app`. In templates: `page_url("home")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask import Flask, current_app, url_for

_KEY = "pages"


class Page(StrEnum):
    """Pages that lower slices lead to."""

    HOME = "home"
    ME = "me"
    SOCIAL_SECURITY = "social_security"
    AFFAIRS = "affairs"
    HAND_OVER = "hand_over"
    NOT_ME = "not_me"
    """Action 不是我办的 on a message; parameter `seq`."""
    WITHDRAW_DISPUTE = "withdraw_dispute"
    """Parameter `number`."""
    CALCULATE = "calculate"
    """First page of 核定."""
    RATE = "rate"
    """Form that rates a finished case; parameter `case`."""
    TRANSMIT = "transmit"
    """Action 传输 on a record; parameter `serial`."""
    ASK_TAX = "ask_tax"
    """Form 申请税务撤销 of a record; parameter `serial`."""


def init_app(app: Flask) -> None:
    """Add `page_url(name, **values)` to the template globals."""
    app.jinja_env.globals["page_url"] = page_url


def add_pages(app: Flask, endpoints: Mapping[Page, str]) -> None:
    """Register the endpoints of pages that a slice has."""
    app.extensions.setdefault(_KEY, {}).update(endpoints)


def check_pages(app: Flask) -> None:
    """Raise `LookupError` at start-up unless every page has an existing endpoint."""
    endpoints: dict[Page, str] = app.extensions.get(_KEY, {})
    for page in Page:
        if endpoints.get(page) not in app.view_functions:
            raise LookupError(f"no slice has the page {page}")


def page_url(name: str, **values: str | int) -> str:
    """The URL of a page; `ValueError` if there is no such page."""
    return url_for(_endpoints()[Page(name)], **values)  # type: ignore[arg-type]


def endpoint_of(name: str) -> str:
    """The endpoint of a `Page`; any other name is an endpoint itself."""
    return _endpoints().get(name, name)


def _endpoints() -> Mapping[str, str]:
    found: Mapping[str, str] = current_app.extensions[_KEY]
    return found
