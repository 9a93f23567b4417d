"""The options of selects as markup: drawn once for each choice, because most people see the same.

The selects of the registration form offer more than eighty options; drawing them one by one takes
as long as everything else on the page.
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
"""Every 参保地区 under its city."""

LONGEST = 16
"""Characters of a value that is offered; longer ones were posted by hand and are not remembered."""


def init_app(app: Flask) -> None:
    """Give the templates `options(groups, chosen)`."""
    app.jinja_env.globals["options"] = options


def options(groups: Groups, chosen: str | None) -> Markup:
    """The `<option>` elements of these groups, the chosen one selected."""
    chosen = chosen or ""
    return _drawn(groups, chosen) if len(chosen) <= LONGEST else _draw(groups, chosen)


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
