"""Public API of the slice: which channels there are and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
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
    apps_on,
    read,
)
from flexapp.db.reference import reference
from flexapp.rules import capabilities
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import today


class TitleBar(StrEnum):
    """Who shows the title bar with the back button above the page."""

    OURS = "ours"
    APP = "app"


class Bridge(StrEnum):
    """The JavaScript object by which a page closes the app's webview (static/src/js/host.js)."""

    NONE = "none"
    WEIXIN = "weixin"
    ALIPAY = "alipay"


@cache
def registry() -> Registry:
    """Return the catalogue in the code, read once. Raises `RegistryError` if it is not valid."""
    return read()


def apps() -> tuple[App, ...]:
    """Return every app in its current state: catalogue, added apps and switches merged.

    A switch takes effect with the next request in every process (`flexapp/db/reference.py`).
    """
    day = today()
    return reference("apps", day, lambda: apps_on(registry(), added(), switches(), day))


def usable() -> tuple[App, ...]:
    """Return the apps usable today, in the order of the agency's notice."""
    return tuple(app for app in apps() if app.usable)


def not_yet() -> tuple[App, ...]:
    """Return the apps that cannot be used now; each has a `reason`."""
    return tuple(app for app in apps() if not app.usable)


def added() -> tuple[App, ...]:
    """Return the apps added at run time, in the order of their addition."""
    described = ("code", "name", "category", "download", "download_android", "download_ios")
    return tuple(
        app_from({name: row[name] for name in described if row[name] is not None})
        for row in repository.added()
    )


def switches() -> dict[str, Switch]:
    """Return the operators' latest switches, by app code."""
    return {
        str(row["code"]): Switch(bool(row["enabled"]), str(row["reason"]))
        for row in repository.switches()
    }


def counters() -> tuple[Counter, ...]:
    """Return the counters."""
    return registry().counters


def find(code: str) -> Channel | None:
    """Return the app or counter with this code, usable or not; None if there is none."""
    everything: tuple[Channel, ...] = (*apps(), *counters())
    return next((channel for channel in everything if channel.code == code), None)


def find_app(code: str) -> App | None:
    """Return the app with this code, usable or not; None if there is none."""
    found = find(code)
    return found if isinstance(found, App) else None


def why_not(*, channel: Channel, action: Action) -> Refusal | None:
    """Return why `action` cannot be done at `channel` and where to go; None if it can.

    `channel_disabled`: an operator disabled the app. `channel_not_yet`: it is not usable yet.
    `channel_cannot`: its kind may not do this (table in `flexapp/rules/capabilities.py`).
    """
    refusal = refuse_unusable(channel) if isinstance(channel, App) else None
    return refusal or capabilities.why_not(channel.kind, action)


def refuse_unusable(app: App) -> Refusal | None:
    """Return why an app cannot be used now: `channel_disabled` or `channel_not_yet`; None if it
    can.

    It opens no new sessions. Open sessions may finish: they expire within hours, and ending them in
    the middle of 核定 helps nobody.
    """
    if app.reason is None:
        return None
    reason = "channel_disabled" if app.switched_off else "channel_not_yet"
    return Refusal(reason, f"{app.reason}请换一个渠道办理。")


def address(public_url: str, code: str) -> str:
    """Return the address in the channel's QR code: its landing page under the public address."""
    return f"{public_url}/c/{code}"


@dataclass(frozen=True, slots=True)
class Webview:
    """Settings of an app's webview. `frame_ancestors`: origins that may frame the pages."""

    title_bar: TitleBar = TitleBar.OURS
    bridge: Bridge = Bridge.NONE
    frame_ancestors: tuple[str, ...] = ()

    @property
    def draws_title(self) -> bool:
        """Whether the app shows the page's title itself."""
        return self.title_bar is TitleBar.APP


def webview(code: str) -> Webview:
    """Return the settings of a channel's webview; the defaults if never set."""
    return reference("webviews", None, _webviews).get(code, Webview())


def _webviews() -> Mapping[str, Webview]:
    return {
        str(row["code"]): Webview(
            TitleBar(str(row["title_bar"])),
            Bridge(str(row["bridge"])),
            tuple(str(row["frame_ancestors"]).split()),
        )
        for row in repository.webviews()
    }
