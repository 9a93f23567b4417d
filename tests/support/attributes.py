"""Attributes that are not valid where they stand (HTML living standard, ARIA in HTML)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.support.html import Page

ONE_LINE = frozenset({"name", "username", "new-password", "current-password", "one-time-code"})
ONE_LINE |= {"address-line1", "postal-code", "organization"}
TELEPHONE = frozenset({"tel", "tel-national"})
MULTILINE = frozenset({"street-address"})
"""Autofill fields of the standard that our forms may name, by the controls that may hold them."""

NAMELESS = frozenset({"abbr", "b", "bdi", "bdo", "br", "caption", "cite", "code", "data", "dd"})
NAMELESS |= {"del", "dfn", "div", "dl", "dt", "em", "figcaption", "i", "ins", "kbd", "label"}
NAMELESS |= {"legend", "li", "mark", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small"}
NAMELESS |= {"span", "strong", "sub", "sup", "td", "th", "time", "u", "var"}
"""Elements without a role of their own that may be named: on them, or on a generic role, neither
`aria-label` nor `aria-labelledby` may stand."""

NAMING = ("aria-label", "aria-labelledby")
PROHIBITED_ROLES = frozenset({"presentation", "none", "generic", "paragraph", "code", "strong"})
CURRENT = frozenset({"page", "step", "location", "date", "time", "true", "false"})
INPUT_MODES = frozenset({"none", "text", "decimal", "numeric", "tel", "search", "email", "url"})
NO_LENGTH = frozenset({"number", "range", "date", "month", "radio", "checkbox", "hidden", "file"})


def attributes(page: Page) -> Iterator[str]:
    """Every attribute that its element may not have, or with a value that it may not have."""
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
