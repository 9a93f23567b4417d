"""View models of this slice: frozen, ready to render."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from flexapp.agency import service as agency
from flexapp.agency.service import Kind, Place
from flexapp.channels import service
from flexapp.channels.catalogue import App
from flexapp.channels.launch import Waiting
from flexapp.people.service import Visitor
from flexapp.rules.divisions import Division
from flexapp.web import qrcodes
from flexapp.web.formatting import day
from flexapp.web.qrcodes import Code


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the app and the QR code of its landing page."""

    app: App
    code: Code


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """/channels in a business year: the usable apps, then those not usable yet."""

    year: int
    rows: tuple[Row, ...]
    not_yet: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class LandingPage:
    """/c/<code>: an app, usable or not. `download`: its download address, if one is configured."""

    app: App
    download: str | None


@dataclass(frozen=True, slots=True)
class PosterPage:
    """/channels/poster: all QR codes on one sheet.

    `across`: number of codes in a row. `address`: the address of the service as people type it.
    `year`: the business year.
    """

    year: int
    rows: tuple[Row, ...]
    not_yet: tuple[App, ...]
    across: int
    address: str
    area: str | None
    """The place of the sheet (参保地区); None for the whole region."""
    pilot: str | None
    """From when phones can be used there, while they cannot yet (小范围试用)."""


@dataclass(frozen=True, slots=True)
class BlockedPage:
    """Shown instead of any page in the webview of an app that is not usable yet.

    `address`: the requested page, for the phone's own browser.
    """

    app: App
    usable: tuple[App, ...]
    address: str


@dataclass(frozen=True, slots=True)
class LaunchPage:
    """/launch/<code>: whom the link is for, and from which app.

    `other`: masked name or phone of somebody else who is signed in in this browser.
    """

    code: str
    name: str
    app_name: str
    other: str | None

    @classmethod
    def of(cls, code: str, waiting: Waiting, visitor: Visitor | None) -> LaunchPage:
        """Build the page of a usable link."""
        other = None
        if visitor is not None and visitor.person is None:
            other = visitor.masked_phone
        elif visitor is not None and visitor.me.identity != waiting.identity:
            other = visitor.me.masked_name
        return cls(code, waiting.masked_name, waiting.app.name, other)


@dataclass(frozen=True, slots=True)
class LaunchRefusedPage:
    """/launch/<code> of an unusable link. `signed_in`: the open session can still be used."""

    sentence: str
    signed_in: bool


def channels_page(public_url: str, today: date) -> ChannelsPage:
    """Build the page for this public address."""
    return ChannelsPage(today.year, _rows(public_url, service.usable()), service.not_yet())


def poster_page(public_url: str, area: Division | None, today: date) -> PosterPage:
    """Build the sheet for this public address and area, with codes as large as fit."""
    shown = rows(public_url)
    across = next((across for most, across in ROOM if len(shown) <= most), MOST_ACROSS)
    address = public_url.removeprefix("https://").removeprefix("http://")
    return PosterPage(
        year=today.year,
        rows=shown,
        not_yet=service.not_yet(),
        across=across,
        address=address,
        area=None if area is None else area.name,
        pilot=None if area is None else _pilot(area, today),
    )


def _pilot(area: Division, today: date) -> str | None:
    (standing,) = agency.pilot([Place(Kind.AREA, area.code)], today)
    if standing.is_open:
        return None
    if standing.open_from is not None:
        return f"{area.name}从{day(standing.open_from)}起可以用手机办理，之前请到窗口。"
    return f"{area.name}暂时不能用手机办理，请到窗口。"


ROOM = ((6, 3), (12, 4), (20, 5))
"""(maximum number of codes, codes in a row) that fit one A4 sheet."""

MOST_ACROSS = 6
"""Five rows of six fit one sheet at 2 cm each; further codes go on a second sheet."""


def rows(public_url: str) -> tuple[Row, ...]:
    """Return the usable apps in order, each with the QR code of its landing page."""
    return _rows(public_url, service.usable())


@lru_cache(maxsize=4)
def _rows(public_url: str, apps: tuple[App, ...]) -> tuple[Row, ...]:
    # Cached per process and set of apps: drawing twelve codes costs more than the rest of the page.
    drawn = qrcodes.draw([service.address(public_url, app.code) for app in apps]) if apps else ()
    return tuple(Row(app, code) for app, code in zip(apps, drawn, strict=True))
