"""What the rest of the service asks about channels: which there are and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from flexapp.channels import repository
from flexapp.channels.catalogue import (
    App,
    Channel,
    Counter,
    Registry,
    Switch,
    app_from,
    read,
    standing,
)
from flexapp.rules import capabilities
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import today


class TitleBar(StrEnum):
    """Who shows the title and the way back above the page."""

    OURS = "ours"
    APP = "app"


class Bridge(StrEnum):
    """The object by which an app's pages close its webview (static/src/js/host.js)."""

    NONE = "none"
    WEIXIN = "weixin"
    ALIPAY = "alipay"


@cache
def registry() -> Registry:
    """The registry that comes with the code, read once; `RegistryError` when it is wrong."""
    return read()


def apps() -> tuple[App, ...]:
    """Every app as it stands now: what ships with the code, what was added, what was switched.

    Read from the database each time, so that a switch counts at once and in every process.
    """
    return standing(registry(), added(), switches(), today())


def usable() -> tuple[App, ...]:
    """The apps people can use today, in the notice's order."""
    return tuple(app for app in apps() if app.usable)


def not_yet() -> tuple[App, ...]:
    """The apps that are known but cannot be used now; each has a `reason`."""
    return tuple(app for app in apps() if not app.usable)


def added() -> tuple[App, ...]:
    """The apps that were added without a change of code, in the order they were."""
    described = ("code", "name", "category", "download", "download_android", "download_ios")
    return tuple(
        app_from({name: row[name] for name in described if row[name] is not None})
        for row in repository.added()
    )


def switches() -> dict[str, Switch]:
    """The operators' latest words on apps, by code."""
    return {
        str(row["code"]): Switch(bool(row["enabled"]), str(row["reason"]))
        for row in repository.switches()
    }


def counters() -> tuple[Counter, ...]:
    """The places people walk into."""
    return registry().counters


def find(code: str) -> Channel | None:
    """The app or counter with this code, usable or not; `None` when there is none."""
    everything: tuple[Channel, ...] = (*apps(), *counters())
    return next((channel for channel in everything if channel.code == code), None)


def find_app(code: str) -> App | None:
    """The app with this code, usable or not; `None` when there is none."""
    found = find(code)
    return found if isinstance(found, App) else None


def why_not(*, channel: Channel, action: Action) -> Refusal | None:
    """`None` when `action` can be done at `channel`, else why not and where to go.

    `channel_disabled`: the app was switched off; `channel_not_yet`: it cannot be used so far;
    `channel_cannot`: its kind may not do this (the table of `flexapp/rules/capabilities.py`).
    """
    refusal = refuse_unusable(channel) if isinstance(channel, App) else None
    return refusal or capabilities.why_not(channel.kind, action)


def refuse_unusable(app: App) -> Refusal | None:
    """Why nothing can be done in an app now: `channel_disabled` or `channel_not_yet`.

    Nobody comes in from it any more. Who came in before may finish: their session ends by itself
    within hours, and cutting people off in the middle of 核定 helps nobody.
    """
    if app.reason is None:
        return None
    reason = "channel_disabled" if app.switched_off else "channel_not_yet"
    return Refusal(reason, f"{app.reason}请换一个渠道办理。")


def address(public_url: str, code: str) -> str:
    """What the channel's QR code says: its landing page, as seen from outside."""
    return f"{public_url}/c/{code}"


@dataclass(frozen=True, slots=True)
class Webview:
    """How an app's webview shows the pages. `frame_ancestors`: origins that may frame them."""

    title_bar: TitleBar = TitleBar.OURS
    bridge: Bridge = Bridge.NONE
    frame_ancestors: tuple[str, ...] = ()

    @property
    def draws_title(self) -> bool:
        """Whether the app shows the page's title itself."""
        return self.title_bar is TitleBar.APP


def webview(code: str) -> Webview:
    """How the webview of the channel with this code shows the pages."""
    row = repository.webview(code)
    if row is None:
        return Webview()
    return Webview(
        TitleBar(str(row["title_bar"])),
        Bridge(str(row["bridge"])),
        tuple(str(row["frame_ancestors"]).split()),
    )
