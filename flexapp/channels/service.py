"""What the rest of the service asks about channels: which there are and what each may do."""

from __future__ import annotations

from functools import cache

from flexapp.channels.registry import App, Channel, Counter, Registry, read
from flexapp.rules import capabilities
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal


@cache
def registry() -> Registry:
    """The registry that comes with the code, read once; `RegistryError` when it is wrong."""
    return read()


def usable() -> tuple[App, ...]:
    """The apps people can use today, in the notice's order."""
    return tuple(app for app in registry().apps if app.usable)


def not_yet() -> tuple[App, ...]:
    """The apps that are known but cannot be used yet; each has a `reason`."""
    return tuple(app for app in registry().apps if not app.usable)


def counters() -> tuple[Counter, ...]:
    """The places people walk into."""
    return registry().counters


def find(code: str) -> Channel | None:
    """The app or counter with this code, usable or not; `None` when there is none."""
    everything: tuple[Channel, ...] = (*registry().apps, *registry().counters)
    return next((channel for channel in everything if channel.code == code), None)


def find_app(code: str) -> App | None:
    """The app with this code, usable or not; `None` when there is none."""
    found = find(code)
    return found if isinstance(found, App) else None


def why_not(*, channel: Channel, action: Action) -> Refusal | None:
    """`None` when `action` can be done at `channel`, else why not and where to go.

    `channel_not_yet`: the app cannot be used at all; `channel_cannot`: its kind may not do this
    (the table of `flexapp/rules/capabilities.py`).
    """
    if isinstance(channel, App) and channel.reason is not None:
        return Refusal("channel_not_yet", f"{channel.reason}请换一个渠道办理。")
    return capabilities.why_not(channel.kind, action)


def address(public_url: str, code: str) -> str:
    """What the channel's QR code says: its landing page, as seen from outside."""
    return f"{public_url}/c/{code}"
