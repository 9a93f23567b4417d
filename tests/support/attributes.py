"""Lints HTML attributes: invalid ones or invalid values (HTML living standard, ARIA in HTML)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.support.html import Page

ONE_LINE = frozenset({"name", "username", "new-password", "current-password", "one-time-code"})
ONE_LINE |= {"address-line1", "postal-code", "organization"}
TELEPHONE = frozenset({"tel", "tel-national"})
MULTILINE = frozenset({"street-address"})
"""Allowed `autocomplete` values, grouped by the controls that may have them."""

NAMELESS = frozenset({"abbr", "b", "bdi", "bdo", "br", "caption", "cite", "code", "data", "dd"})
NAMELESS |= {"del", "dfn", "div", "dl", "dt", "em", "figcaption", "i", "ins", "kbd", "label"}
NAMELESS |= {"legend", "li", "mark", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small"}
NAMELESS |= {"span", "strong", "sub", "sup", "td", "th", "time", "u", "var"}
"""Elements without a role of their own that allows naming.

On them, or on an element with such a role, `aria-label` and `aria-labelledby` are not allowed.
"""

NAMING = ("aria-label", "aria-labelledby")
PROHIBITED_ROLES = frozenset({"presentation", "none", "generic", "paragraph", "code", "strong"})
CURRENT = frozenset({"page", "step", "location", "date", "time", "true", "false"})
INPUT_MODES = frozenset({"none", "text", "decimal", "numeric", "tel", "search", "email", "url"})
NO_LENGTH = frozenset({"number", "range", "date", "month", "radio", "checkbox", "hidden", "file"})


def attributes(page: Page) -> Iterator[str]:
    """Yield a message per attribute that is not allowed or has an invalid value."""
    for element in page.root.iter():
        if not isinstance(element.tag, str) or "}" in element.tag:
            continue
        for problem in (*_autocomplete(element), *_naming(element), *_values(element)):
            yield f"{problem} on {element.tag} {element.get('id') or element.get('class') or ''}"


def _autocomplete(element: Element) -> Iterator[str]:
    value = element.get("autocomplete")
    if value is None or value in ("on", "off"):
        return
    allowed: frozenset[str] = frozenset()
    if element.tag == "textarea":
        allowed = ONE_LINE | TELEPHONE | MULTILINE
    elif element.tag == "select":
        allowed = ONE_LINE
    elif element.tag == "input" and element.get("type") not in NO_LENGTH:
        allowed = ONE_LINE | TELEPHONE
    if value not in allowed:
        yield f"autocomplete={value!r}"


def _naming(element: Element) -> Iterator[str]:
    role = element.get("role")
    nameless = element.tag in NAMELESS if role is None else role in PROHIBITED_ROLES
    if nameless:
        yield from (name for name in NAMING if element.get(name) is not None)


def _values(element: Element) -> Iterator[str]:
    if element.get("aria-current", "true") not in CURRENT:
        yield f"aria-current={element.get('aria-current')!r}"
    if element.get("inputmode", "text") not in INPUT_MODES:
        yield f"inputmode={element.get('inputmode')!r}"
    if element.get("maxlength") is not None and (
        element.tag not in ("input", "textarea") or element.get("type") in NO_LENGTH
    ):
        yield "maxlength"
    if element.get("placeholder") is not None and element.tag not in ("input", "textarea"):
        yield "placeholder"
    if element.tag == "a" and element.get("href") is None and element.get("role") is None:
        yield "no href"
    if element.get("for") is not None and element.tag not in ("label", "output"):
        yield "for"
