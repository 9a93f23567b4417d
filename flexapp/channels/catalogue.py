"""Reads and validates `catalogue.toml`, and computes which apps are usable on a day.

What each kind of channel may do is defined in `flexapp/rules/capabilities.py`. Apps that were added
and switches that were set at run time are stored in the database; `apps_on` merges both. This
module is pure: the file, the stored rows and the date are arguments.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flexapp.rules.capabilities import ChannelKind

Member = TypeVar("Member", bound=StrEnum)

FILE = Path(__file__).with_name("catalogue.toml")

# Short and lower case, because every further character makes the printed QR code denser.
_CODE = re.compile(r"[a-z][a-z0-9-]{1,23}")
SANDBOX = "sandbox-"
"""Prefix of the codes of demo sandboxes (`flexapp/vendors/sandbox.py`); no channel may use it."""
# A product name of a user agent, without its version (RFC 9110, 10.1.5).
_USER_AGENT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{2,39}")
_SHIPPED = frozenset({"order", "reason", "from", "user_agents", "other_user_agents"})
_DESCRIBED = frozenset({"code", "name", "category", "download", "download_android", "download_ios"})
_COUNTER_KEYS = frozenset({"code", "name", "kind"})


class RegistryError(ValueError):
    """The catalogue is not valid; the message names the entry and the fault."""


class Category(StrEnum):
    """The kind of organisation that runs an app.

    PLATFORM is a general-purpose app, such as payment or chat.
    """

    GOVERNMENT = "government"
    BANK = "bank"
    MEDICAL = "medical"
    PLATFORM = "platform"

    @property
    def label(self) -> str:
        """The Chinese label."""
        return _CATEGORY_LABELS[self]


_CATEGORY_LABELS = {
    Category.GOVERNMENT: "政务",
    Category.BANK: "银行",
    Category.MEDICAL: "医疗",
    Category.PLATFORM: "综合平台",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A phone app. Exactly one of `order` (usable) and `reason` (not usable yet) is given.

    - `order`: its number in the table, from 1.
    - `reason`: why it is not usable, a sentence for residents.
    - `starts`: the first day on which it is usable; None for no limit.
    - `download…`: the vendor's https addresses; None if not configured.
    - `switched_off`: whether an operator has disabled it.
    - `user_agents`: words in the user agent of the app's own browser (`user_agents.is_in`).
    - `other_user_agents`: words that mark a browser as another app's, even if it has one of
      `user_agents`.
    """

    code: str
    name: str
    category: Category
    order: int | None = None
    reason: str | None = None
    starts: date | None = None
    download: str | None = None
    download_android: str | None = None
    download_ios: str | None = None
    switched_off: bool = False
    user_agents: tuple[str, ...] = ()
    other_user_agents: tuple[str, ...] = ()

    @property
    def kind(self) -> ChannelKind:
        """All apps have the same capabilities."""
        return ChannelKind.PHONE

    @property
    def usable(self) -> bool:
        """Whether residents can use it today."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Switch:
    """An operator's latest setting for an app: enabled, or disabled with a reason for residents."""

    enabled: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter for visitors (经办窗口): TOWNSHIP or HALL."""

    code: str
    name: str
    kind: ChannelKind


Channel = App | Counter


@dataclass(frozen=True, slots=True)
class Registry:
    """All channels: `apps` with the usable ones first and in order, then the `counters`."""

    source: str
    apps: tuple[App, ...]
    counters: tuple[Counter, ...]

    def __post_init__(self) -> None:
        everything: tuple[Channel, ...] = (*self.apps, *self.counters)
        _unique("code", (channel.code for channel in everything))
        _unique("name", (channel.name for channel in everything))
        _unique("kind", (counter.kind for counter in self.counters))
        _unique("user agent", (mark for app in self.apps for mark in app.user_agents))
        orders = [app.order for app in self.apps if app.usable]
        if not orders:
            raise RegistryError("no app can be used")
        if orders != list(range(1, len(orders) + 1)):
            raise RegistryError(f"`order` must run 1, 2, 3 … through the file, not {orders}")


def apps_on(
    registry: Registry, added: Sequence[App], switches: Mapping[str, Switch], today: date
) -> tuple[App, ...]:
    """Return all apps on a day: the usable ones by number, then the others.

    An app of the catalogue keeps its number whatever is switched. Apps that were added, or that an
    operator enabled, follow after them. If an added app is later listed in the catalogue too, the
    catalogue counts, so that its row need not be removed first.
    """
    shipped = {app.code for app in registry.apps}
    further = (app for app in added if app.code not in shipped)
    apps = [_app_on(app, switches.get(app.code), today) for app in (*registry.apps, *further)]
    usable = [app for app in apps if app.usable]
    last = max((app.order for app in registry.apps if app.order), default=0)
    unnumbered = (app for app in usable if app.order is None)
    numbered = [replace(app, order=last + n) for n, app in enumerate(unnumbered, start=1)]
    known = sorted((app for app in usable if app.order), key=lambda app: app.order or 0)
    return (*known, *numbered, *(app for app in apps if not app.usable))


def _app_on(app: App, switch: Switch | None, today: date) -> App:
    if switch is not None:
        if switch.enabled:
            return replace(app, reason=None)
        return replace(app, order=None, reason=switch.reason, switched_off=True)
    if app.starts is not None and today < app.starts:
        day = f"{app.starts.year}年{app.starts.month}月{app.starts.day}日"
        return replace(app, order=None, reason=f"“{app.name}”从{day}起可以办理。")
    return app


def read(file: Path = FILE) -> Registry:
    """Read the catalogue from a file. Raises `RegistryError` if it is not valid."""
    return parse(file.read_text("utf-8"))


def parse(text: str) -> Registry:
    """Parse the catalogue from TOML text. Raises `RegistryError` if it is not valid."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise RegistryError(f"not TOML: {fault}") from fault
    _known_keys("the registry", raw, frozenset({"source", "app", "counter"}))
    return Registry(
        source=_text("the registry", raw, "source"),
        apps=tuple(_app(entry) for entry in _tables(raw, "app")),
        counters=tuple(_counter(entry) for entry in _tables(raw, "counter")),
    )


def app_from(raw: Mapping[str, Any]) -> App:
    """Build an app that is added at run time, validated like those of the file.

    It has neither `order` nor `reason`: `apps_on` assigns its number.
    """
    entry = f"app {raw.get('code', raw)!r}"
    _known_keys(entry, raw, _DESCRIBED)
    return _described(entry, raw)


def _app(raw: Mapping[str, Any]) -> App:
    entry = f"app {raw.get('code', raw)!r}"
    _known_keys(entry, raw, _DESCRIBED | _SHIPPED)
    if ("order" in raw) == ("reason" in raw):
        raise RegistryError(f"{entry}: give either `order` (usable) or `reason` (not yet)")
    order = raw.get("order")
    # `isinstance` would accept a bool.
    if order is not None and type(order) is not int:
        raise RegistryError(f"{entry}: `order` must be a whole number")
    return replace(
        _described(entry, raw),
        order=order,
        reason=_text(entry, raw, "reason") if "reason" in raw else None,
        starts=_day(entry, raw) if "from" in raw else None,
        user_agents=_words(entry, raw, "user_agents"),
        other_user_agents=_words(entry, raw, "other_user_agents"),
    )


def _described(entry: str, raw: Mapping[str, Any]) -> App:
    return App(
        code=_code(entry, raw),
        name=_text(entry, raw, "name"),
        category=_member(entry, raw, "category", Category),
        download=_link(entry, raw, "download"),
        download_android=_link(entry, raw, "download_android"),
        download_ios=_link(entry, raw, "download_ios"),
    )


def _counter(raw: Mapping[str, Any]) -> Counter:
    entry = f"counter {raw.get('code', raw)!r}"
    _known_keys(entry, raw, _COUNTER_KEYS)
    kind = _member(entry, raw, "kind", ChannelKind)
    if kind is ChannelKind.PHONE:
        raise RegistryError(f"{entry}: what is on the phone is an [[app]]")
    return Counter(code=_code(entry, raw), name=_text(entry, raw, "name"), kind=kind)


def _tables(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    tables = raw.get(key)
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RegistryError(f"[[{key}]] is missing")
    return tables


def _known_keys(entry: str, raw: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = raw.keys() - known
    if unknown:
        raise RegistryError(f"{entry}: unknown keys {sorted(unknown)}")


def _text(entry: str, raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        raise RegistryError(f"{entry}: `{key}` must be text without spaces around it")
    return value


def _code(entry: str, raw: Mapping[str, Any]) -> str:
    code = _text(entry, raw, "code")
    if not _CODE.fullmatch(code):
        raise RegistryError(f"{entry}: `code` must be 2 to 24 of a-z, 0-9 and -, a letter first")
    if code.startswith(SANDBOX):
        raise RegistryError(f"{entry}: `code` must not begin with {SANDBOX}")
    return code


def _member(entry: str, raw: Mapping[str, Any], key: str, members: type[Member]) -> Member:
    value = _text(entry, raw, key)
    try:
        return members(value)
    except ValueError as fault:
        allowed = ", ".join(members)
        raise RegistryError(f"{entry}: `{key}` must be one of {allowed}") from fault


def _link(entry: str, raw: Mapping[str, Any], key: str) -> str | None:
    if key not in raw:
        return None
    link = _text(entry, raw, key)
    parts = urlsplit(link)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise RegistryError(f"{entry}: `{key}` must be an https address")
    return link


def _day(entry: str, raw: Mapping[str, Any]) -> date:
    day = raw["from"]
    # `isinstance` would accept a datetime.
    if type(day) is not date:
        raise RegistryError(f"{entry}: `from` must be a date such as 2019-09-24")
    return day


def _words(entry: str, raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if name not in raw:
        return ()
    marks = raw[name]
    if not isinstance(marks, list) or not marks:
        raise RegistryError(f"{entry}: `{name}` must be a list of words")
    for mark in marks:
        if not isinstance(mark, str) or not _USER_AGENT.fullmatch(mark):
            raise RegistryError(f"{entry}: `{name}` must be words such as MicroMessenger")
    return tuple(marks)


def _unique(what: str, values: Iterable[str]) -> None:
    twice = sorted(value for value, count in Tally(values).items() if count > 1)
    if twice:
        raise RegistryError(f"the same {what} twice: {', '.join(twice)}")
