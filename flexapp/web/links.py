"""Links to pages of higher slices.

A slice never names an endpoint of a higher one. It names a `Page`, and the slice that has the page
registers its endpoint in `init_app`. In templates: `page_url("home")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask import Flask, url_for

from flexapp.services import AppValue


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


_NAMES = frozenset(Page)
_ENDPOINTS: AppValue[dict[Page, str]] = AppValue("pages", dict)


def init_app(app: Flask) -> None:
    """Add `page_url(name, **values)` to the template globals."""
    app.jinja_env.globals["page_url"] = page_url


def add_pages(app: Flask, endpoints: Mapping[Page, str]) -> None:
    """Register the endpoints of pages that a slice has."""
    _ENDPOINTS.of(app).update(endpoints)


def check_pages(app: Flask) -> None:
    """Raise `LookupError` at start-up unless every page has an existing endpoint."""
    for page in Page:
        if _ENDPOINTS.of(app).get(page) not in app.view_functions:
            raise LookupError(f"no slice has the page {page}")


def page_url(name: str, **values: str | int) -> str:
    """The URL of a page; `ValueError` if there is no such page."""
    return url_for(_ENDPOINTS.get()[Page(name)], **values)  # type: ignore[arg-type]


def endpoint_of(name: str) -> str:
    """The endpoint of a `Page`; any other name is an endpoint itself."""
    return _ENDPOINTS.get()[Page(name)] if name in _NAMES else name
