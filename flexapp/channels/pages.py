"""What the templates of this slice get: frozen, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from flexapp.channels import codes, service
from flexapp.channels.codes import Code
from flexapp.channels.registry import App


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the app and the QR code of its landing page."""

    app: App
    code: Code


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """/channels: the apps that can be used, then those that cannot yet."""

    rows: tuple[Row, ...]
    not_yet: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class LandingPage:
    """/c/<code>: one app, usable or not."""

    app: App


@cache
def channels_page(public_url: str) -> ChannelsPage:
    """The page for this outside address; drawn once a process, since neither part changes."""
    apps = service.usable()
    drawn = codes.draw([service.address(public_url, app.code) for app in apps])
    rows = tuple(Row(app, code) for app, code in zip(apps, drawn, strict=True))
    return ChannelsPage(rows, service.not_yet())
