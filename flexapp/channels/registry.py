"""Reads and checks `registry.toml`: which channels there are, in which order, usable or not.

What a kind of channel may do is not said here but in `flexapp/rules/capabilities.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flexapp.rules.capabilities import ChannelKind

Member = TypeVar("Member", bound=StrEnum)

FILE = Path(__file__).with_name("registry.toml")

# Short and lower case: every further letter makes the printed QR code finer.
_CODE = re.compile(r"[a-z][a-z0-9-]{1,23}")
_APP_KEYS = frozenset({"order", "code", "name", "category", "reason", "download"})
_COUNTER_KEYS = frozenset({"code", "name", "kind"})


class RegistryError(ValueError):
    """The registry cannot be used; the message names the entry and what is wrong with it."""


class Category(StrEnum):
    """Whose app it is. PLATFORM: general-purpose apps such as payment and chat."""

    GOVERNMENT = "government"
    BANK = "bank"
    MEDICAL = "medical"
    PLATFORM = "platform"

    @property
    def label(self) -> str:
        """What people read."""
        return _CATEGORY_LABELS[self]


_CATEGORY_LABELS = {
    Category.GOVERNMENT: "政务",
    Category.BANK: "银行",
    Category.MEDICAL: "医疗",
    Category.PLATFORM: "综合平台",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app on the phone. Exactly one of `order` (usable) and `reason` (not yet) is given.

    `order`: its number in the table, from 1. `reason`: why it cannot be used, a sentence for
    people. `download`: the vendor's https address, `None` where none is configured.
    """

    code: str
    name: str
    category: Category
    order: int | None = None
    reason: str | None = None
    download: str | None = None

    @property
    def kind(self) -> ChannelKind:
        """All apps may do the same things."""
        return ChannelKind.PHONE

    @property
    def usable(self) -> bool:
        """Whether people can do their business there today."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A place people walk into (经办窗口): TOWNSHIP or HALL."""

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
        orders = [app.order for app in self.apps if app.usable]
        if not orders:
            raise RegistryError("no app can be used")
        if orders != list(range(1, len(orders) + 1)):
            raise RegistryError(f"`order` must run 1, 2, 3 … through the file, not {orders}")


def read(file: Path = FILE) -> Registry:
    """The registry in this file; `RegistryError` for anything that cannot be right."""
    return parse(file.read_text("utf-8"))


def parse(text: str) -> Registry:
    """The registry this TOML text describes; `RegistryError` for anything that cannot be right."""
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


def _app(raw: Mapping[str, Any]) -> App:
    entry = f"app {raw.get('code', raw)!r}"
    _known_keys(entry, raw, _APP_KEYS)
    if ("order" in raw) == ("reason" in raw):
        raise RegistryError(f"{entry}: give either `order` (usable) or `reason` (not yet)")
    order = raw.get("order")
    # bool is an int for isinstance.
    if order is not None and type(order) is not int:
        raise RegistryError(f"{entry}: `order` must be a whole number")
    return App(
        code=_code(entry, raw),
        name=_text(entry, raw, "name"),
        category=_member(entry, raw, "category", Category),
        order=order,
        reason=_text(entry, raw, "reason") if "reason" in raw else None,
        download=_link(entry, raw) if "download" in raw else None,
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
    return code


def _member(entry: str, raw: Mapping[str, Any], key: str, members: type[Member]) -> Member:
    value = _text(entry, raw, key)
    try:
        return members(value)
    except ValueError as fault:
        allowed = ", ".join(members)
        raise RegistryError(f"{entry}: `{key}` must be one of {allowed}") from fault


def _link(entry: str, raw: Mapping[str, Any]) -> str:
    link = _text(entry, raw, "download")
    parts = urlsplit(link)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise RegistryError(f"{entry}: `download` must be an https address")
    return link


def _unique(what: str, values: Iterable[str]) -> None:
    twice = sorted(value for value, count in Tally(values).items() if count > 1)
    if twice:
        raise RegistryError(f"the same {what} twice: {', '.join(twice)}")
