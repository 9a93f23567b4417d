"""The options of selects as markup, cached for each selected value.

The selects of the registration form have more than eighty options. Rendering them takes as long as
the rest of the page, and most people see the same markup.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from flexapp.rules import divisions

Groups = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""(group label or "", ((value, text), …)), …"""

DIVISIONS: Groups = tuple(
    (group, tuple((place.code, place.name) for place in places))
    for group, places in divisions.choices()
)
"""Every insured area (参保地区), grouped by city."""

MAX_VALUE = 16
"""Maximum length of an offered value. A longer one is a forged request, and is not cached."""


def init_app(app: Flask) -> None:
    """Add `options(groups, chosen)` to the template globals."""
    app.jinja_env.globals["options"] = options


def options(groups: Groups, chosen: str | None) -> Markup:
    """The `<option>` elements of these groups, with `chosen` selected."""
    chosen = chosen or ""
    return _drawn(groups, chosen) if len(chosen) <= MAX_VALUE else _draw(groups, chosen)


def _draw(groups: Groups, chosen: str) -> Markup:
    parts: list[str] = []
    for label, entries in groups:
        if label:
            parts.append(f'<optgroup label="{escape(label)}">')
        for value, text in entries:
            selected = " selected" if value == chosen else ""
            parts.append(f'<option value="{escape(value)}"{selected}>{escape(text)}</option>')
        if label:
            parts.append("</optgroup>")
    return Markup("\n".join(parts))  # noqa: S704 - every value in it was escaped


_drawn = lru_cache(maxsize=512)(_draw)
