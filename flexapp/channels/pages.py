"""What the templates of this slice get: frozen, ready to show."""

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
    """One line of the table: the app and the QR code of its landing page."""

    app: App
    code: Code


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """/channels in a business year: the apps that can be used, then those that cannot yet."""

    year: int
    rows: tuple[Row, ...]
    not_yet: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class LandingPage:
    """/c/<code>: one app, usable or not. `download`: where to get it, if an address is known."""

    app: App
    download: str | None


@dataclass(frozen=True, slots=True)
class PosterPage:
    """/channels/poster: the same codes on one sheet. `across`: how many stand side by side.

    `address`: where a browser finds the service, as people type it. `year`: the business year.
    """

    year: int
    rows: tuple[Row, ...]
    not_yet: tuple[App, ...]
    across: int
    address: str
    area: str | None
    """The place whose sheet it is (参保地区); None for the whole region's."""
    pilot: str | None
    """From when its phones can be used, where that is not yet so (小范围试用)."""


@dataclass(frozen=True, slots=True)
class BlockedPage:
    """Any page that was opened inside an app which cannot be used yet.

    `address`: where the person was going, for the phone's own browser.
    """

    app: App
    usable: tuple[App, ...]
    address: str


@dataclass(frozen=True, slots=True)
class LaunchPage:
    """/launch/<code>: for whom one goes on, and from where.

    `other`: somebody else, masked, who is still signed in in this browser.
    """

    code: str
    name: str
    app_name: str
    other: str | None

    @classmethod
    def of(cls, code: str, waiting: Waiting, visitor: Visitor | None) -> LaunchPage:
        """The page of a link that can be used now."""
        other = None
        if visitor is not None and visitor.person is None:
            other = visitor.masked_phone
        elif visitor is not None and visitor.me.identity != waiting.identity:
            other = visitor.me.masked_name
        return cls(code, waiting.masked_name, waiting.app.name, other)


@dataclass(frozen=True, slots=True)
class LaunchRefusedPage:
    """/launch/<code> of a link that leads nowhere. `signed_in`: one can go on all the same."""

    sentence: str
    signed_in: bool


def channels_page(public_url: str, today: date) -> ChannelsPage:
    """The page for this outside address."""
    return ChannelsPage(today.year, _rows(public_url, service.usable()), service.not_yet())


def poster_page(public_url: str, area: Division | None, today: date) -> PosterPage:
    """The sheet for this outside address and area, as large as its codes can be on it."""
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
"""(up to how many codes, how many side by side): so many fit one sheet of A4."""

MOST_ACROSS = 6
"""Five lines of six fit one sheet at 2 cm each; more go on to a second one."""


def rows(public_url: str) -> tuple[Row, ...]:
    """The usable apps in order, each with the code of its landing page."""
    return _rows(public_url, service.usable())


@lru_cache(maxsize=4)
def _rows(public_url: str, apps: tuple[App, ...]) -> tuple[Row, ...]:
    # Drawn once a process and again after a switch: twelve codes cost more than the whole page.
    drawn = qrcodes.draw([service.address(public_url, app.code) for app in apps]) if apps else ()
    return tuple(Row(app, code) for app, code in zip(apps, drawn, strict=True))
