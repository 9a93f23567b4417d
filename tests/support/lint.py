"""Checks that apply to every HTML response; `lint` reports all violations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from flexapp.web import assets
from flexapp.web.forms import MARK
from flexapp.web.headers import policies
from tests.support.attributes import attributes
from tests.support.html import Page, words
from tests.support.names import found_by_name

ROOT = Path(__file__).resolve().parents[2]
SPRITE = ROOT / "static" / "src" / "img" / "icons.svg"
ICONS = frozenset(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()))

TAX_BUREAU = "/tax-bureau/"
"""The stand-in is another application: only its HTML is checked."""

NEEDS_LABEL = ("input", "select", "textarea")
REFERENCES = ("aria-describedby", "aria-labelledby")


class UnfitPage(AssertionError):
    """Raised for a response that violates a rule, whatever the test itself asserts."""


def lint(app: Flask, page: Page, framed_by: tuple[str, ...] = ()) -> None:
    """Raise `UnfitPage` with all violations of this response."""
    found = [
        *_headers(app, page, framed_by),
        *_document(page),
        *_ids(page),
        *_controls(page),
        *_restored(page),
        *_icons(page),
        *_inline(page),
        *attributes(page),
    ]
    if not page.path.startswith(TAX_BUREAU):
        found += found_by_name(page)
        found += _addresses(app, page)
        found += _heading(page) if _whole(page) else _fragment(page)
    if found:
        raise UnfitPage("\n".join([f"{page!r}", *found]))


def _whole(page: Page) -> bool:
    return page.root.tag == "html"


def _headers(app: Flask, page: Page, framed_by: tuple[str, ...]) -> Iterator[str]:
    headers = page.response.headers
    if headers.get("Cache-Control") != "no-store":
        yield "may be kept by a cache"
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        yield "no strict content security policy"
    if page.path.startswith(TAX_BUREAU):
        return
    expected = policies(app.config["SETTINGS"], framed_by, is_page=_whole(page))
    for name in ("Content-Security-Policy", "Content-Security-Policy-Report-Only"):
        if headers.get(name) != expected.get(name):
            yield "another content security policy than the product's"
    if "HX-Request" not in headers.get("Vary", ""):
        yield "Vary does not name HX-Request"


def _document(page: Page) -> Iterator[str]:
    yield from page.objections
    if _whole(page) and page.root.get("lang") != "zh-CN":
        yield "the language is not zh-CN"


def _heading(page: Page) -> Iterator[str]:
    titles = ["".join(title.itertext()).strip() for title in page.root.iterfind("head/title")]
    headings = page.texts("h1")
    if len(titles) != 1 or titles != headings or not titles[0]:
        yield f"title {titles} and h1 {headings} are not one and the same"


def _fragment(page: Page) -> Iterator[str]:
    if page.all("h1") or page.all("title"):
        yield "a fragment carries a page's heading"


def _ids(page: Page) -> Iterator[str]:
    seen: set[str] = set()
    for element in page.root.iter():
        identifier = element.get("id")
        if identifier is not None and (identifier in seen or not identifier):
            yield f"the id {identifier!r} is there twice or empty"
        seen.add(identifier or "")
    for element in page.root.iter():
        wanted = [name for ref in REFERENCES for name in element.get(ref, "").split()]
        if element.tag == "label" and element.get("for"):
            wanted.append(element.get("for", ""))
        if element.tag in ("button", *NEEDS_LABEL) and element.get("form"):
            wanted.append(element.get("form", ""))
        if _whole(page):
            selectors = f"{element.get('hx-target', '')},{element.get('hx-include', '')}".split(",")
            wanted += [s.strip()[1:] for s in selectors if s.strip().startswith("#")]
        href = element.get("href", "")
        if element.tag == "a" and href.startswith("#"):
            wanted.append(href[1:])
        yield from (f"no element has the id {name!r}" for name in wanted if name not in seen)


def _controls(page: Page) -> Iterator[str]:
    labelled = {label.get("for") for label in page.root.iter("label") if words(label)}
    for element in page.root.iter():
        if element.tag in NEEDS_LABEL and element.get("type") != "hidden":
            if element.get("id") not in labelled:
                yield f"{element.tag} {element.get('name')} has no label"
        elif element.tag in ("a", "button") and not (
            words(element) or element.get("aria-label") or element.get("aria-labelledby")
        ):
            yield f"a nameless {element.tag} ({element.get('href')})"
        elif element.tag == "img" and element.get("alt") is None:
            yield "an image without a text for those who do not see it"
    for form in page.forms():
        if form.method.lower() == "post" and not form.fields.get("csrf_token"):
            yield f"the POST form {form.action} carries no csrf_token"


def _restored(page: Page) -> Iterator[str]:
    """Yield fields that browsers would restore by themselves (back, reload, reopened tab)."""
    held: set[int] = set()
    for form in page.root.iter("form"):
        fields = [element for element in form.iter() if element.tag in NEEDS_LABEL]
        typed = [field for field in fields if field.get("type") != "hidden"]
        held |= {id(field) for field in typed}
        if typed and form.get("autocomplete") != "off":
            yield f"browsers fill the form {form.get('action')} in by themselves"
        # A named autocomplete field overrides the form's "off". The mark as first field makes it
        # another form for the browser.
        named = [field for field in typed if field.get("autocomplete", "off") != "off"]
        if named and not fields[0].get("name", "").startswith(MARK):
            yield f"browsers fill {named[0].get('name')} in by themselves"
    for element in page.root.iter():
        typed_in = element.tag in NEEDS_LABEL and element.get("type") != "hidden"
        if typed_in and id(element) not in held:
            yield f"{element.tag} {element.get('id')} stands in no form"


def _icons(page: Page) -> Iterator[str]:
    for element in page.root.iter():
        if not element.tag.endswith("use"):
            continue
        address = next((v for k, v in element.attrib.items() if k.endswith("href")), "")
        if address.partition("#")[2] not in ICONS:
            yield f"no icon of that name: {address}"


def _inline(page: Page) -> Iterator[str]:
    for element in page.root.iter():
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            yield f"inline {element.tag}"
        if element.tag == "noscript":
            yield "something for JavaScript that is off: nobody whose script is blocked sees it"
        # "_top" stays in the same window, outside any frame.
        if element.get("target", "_top") != "_top" or element.get("formtarget"):
            yield f"a {element.tag} that opens another window, which webviews do not have"
        yield from (
            f"inline {name} on {element.tag}"
            for name in element.attrib
            if name == "style" or name.startswith(("on", "hx-on"))
        )


def _addresses(app: Flask, page: Page) -> Iterator[str]:
    for element in page.root.iter():
        for name in ("href", "src"):
            if element.get(name) is not None and not element.tag.endswith("use"):
                yield from _resolves(app, page, element.get(name, ""), "GET")
        for name, method in (("hx-get", "GET"), ("hx-post", "POST")):
            if element.get(name) is not None:
                yield from _resolves(app, page, element.get(name, ""), method)
        if element.tag == "form":
            method = element.get("method", "get").upper()
            yield from _resolves(app, page, element.get("action", ""), method)
            if element.get("hx-post") not in (None, element.get("action")):
                yield "a form leads elsewhere with the script than without it"
        if element.get("formaction") is not None:
            yield from _resolves(app, page, element.get("formaction", ""), "POST")


def _resolves(app: Flask, page: Page, address: str, method: str) -> Iterator[str]:
    parts = urlsplit(address)
    if address.startswith("#"):
        return
    if parts.scheme or parts.netloc:
        if parts.scheme != "https":
            yield f"an address that is neither ours nor https: {address}"
        return
    if parts.path.startswith("/static/"):
        if parts.path.removeprefix("/static/") not in assets.BUILD.of(app).names.values():
            yield f"not one of the built files: {address}"
        return
    try:
        app.url_map.bind("localhost").match(parts.path, method=method)
    except (HTTPException, RequestRedirect) as error:
        yield f"{method} {address!r} leads nowhere ({error})"
