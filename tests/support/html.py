"""Parsed pages and fragments, and what a person or browser finds in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

from tinyhtml5 import inputstream, parser  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

SKIPPED = frozenset({"script", "style", "template", "head"})


class CharacterClasses(dict[tuple[Collection[str], bool], re.Pattern[str]]):
    """The tokenizer's patterns: characters, and whether a run of them or of all others is wanted.

    tinyhtml5 2.1 stores each pattern under a key that it never looks up, and so builds the pattern
    anew for every token: half of the time that parsing takes. Here it is built on first use.
    """

    def __missing__(self, key: tuple[Collection[str], bool]) -> re.Pattern[str]:
        characters, these = key
        listed = "".join(f"\\x{ord(character):02x}" for character in characters)
        self[key] = re.compile(f"[{'' if these else '^'}{listed}]+")
        return self[key]


inputstream.characters_until_regex = CharacterClasses()


@lru_cache(maxsize=16)
def parse(text: str) -> tuple[Element, list[str]]:
    """Return the tree of a page or fragment and the parse errors of a strict parser.

    Cached, because lint and test parse the same response; the tree must not be changed.
    """
    machine = parser.HTMLParser(namespace_html_elements=False)
    whole = text.lstrip().lower().startswith("<!doctype")
    tree: Element = machine.parse(text) if whole else machine.parse_fragment(text, container="main")
    return tree, [f"line {line}: {code}" for (line, _), code, _ in machine.errors]


def words(element: Element) -> str:
    """Return the visible text of an element with whitespace collapsed."""
    return " ".join("".join(_visible(element)).split())


def _visible(element: Element) -> Iterator[str]:
    if element.tag in SKIPPED:
        return
    yield element.text or ""
    for child in element:
        yield from _visible(child)
        # Block elements are separated by a space, as on a page.
        yield " " + (child.tail or "") if child.tag in BLOCKS else child.tail or ""


BLOCKS = frozenset({"p", "div", "dt", "dd", "li", "h1", "h2", "section", "td", "th", "option", "a"})


@dataclass(slots=True)
class Form:
    """A form with the values that a browser would submit."""

    element: Element
    action: str
    method: str
    fields: dict[str, str]
    offered: dict[str, frozenset[str]]
    """The values of each select and radio group; a browser submits no others."""
    buttons: list[Element] = field(default_factory=list)


class Page:
    """A parsed response."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.path = response.request.full_path.rstrip("?")
        self.html = response.text
        self.root, self.objections = parse(self.html)

    def __repr__(self) -> str:
        return f"<{self.status} {self.path}: {self.words[:300]}>"

    @property
    def location(self) -> str:
        """The target of a redirect by HTTP or htmx; "" without one."""
        headers = self.response.headers
        return headers.get("HX-Redirect") or headers.get("Location", "")

    @property
    def title(self) -> str:
        """The text of the page's h1."""
        return words(next(self.root.iter("h1")))

    @property
    def words(self) -> str:
        """The whole visible text."""
        return words(self.root)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of the tag with all these attributes; `class_` matches one class."""
        wanted = attributes.pop("class_", None)
        return [
            element
            for element in self.root.iter(tag)
            if all(element.get(n.replace("_", "-")) == v for n, v in attributes.items())
            and (wanted is None or wanted in element.get("class", "").split())
        ]

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """Return the visible text of each of those elements."""
        return [words(element) for element in self.all(tag, **attributes)]

    @property
    def alert(self) -> str:
        """The text of all elements with role alert (the error summary); "" without one."""
        return " ".join(
            words(element) for element in self.root.iter() if element.get("role") == "alert"
        )

    @property
    def errors(self) -> dict[str, str]:
        """The error sentence of each invalid field, found through `aria-describedby`."""
        found = {}
        for control in self.root.iter():
            if control.get("aria-invalid") != "true":
                continue
            for identifier in control.get("aria-describedby", "").split():
                if identifier.endswith("-error"):
                    found[control.get("name", "")] = words(self.by_id(identifier))
        return found

    def by_id(self, identifier: str) -> Element:
        """Return the element with the id."""
        return next(element for element in self.root.iter() if element.get("id") == identifier)

    def value(self, name: str) -> str:
        """Return the value of a form field."""
        return next(form.fields[name] for form in self.forms() if name in form.fields)

    def facts(self) -> dict[str, str]:
        """Return each dt with its dd; for equal names the last one wins."""
        return {
            words(pair[0]): words(pair[1])
            for pair in self.root.iter("div")
            if len(pair) >= 2 and pair[0].tag == "dt" and pair[1].tag == "dd"
        }

    def links(self) -> dict[str, str]:
        """Return the address of every link by its text."""
        return {words(a): a.get("href", "") for a in self.root.iter("a")}

    def buttons(self) -> list[str]:
        """Return the texts of all buttons."""
        return [words(button) for button in self.root.iter("button")]

    def options(self, name: str) -> list[str]:
        """Return the values that a select offers."""
        (select,) = self.all("select", name=name)
        return [option.get("value", "") for option in select.iter("option")]

    def forms(self) -> list[Form]:
        """Return all forms, including buttons outside a form that refer to it."""
        made = [_form(element) for element in self.root.iter("form")]
        for button in self.root.iter("button"):
            for form in made:
                if button.get("form") and button.get("form") == form.element.get("id"):
                    form.buttons.append(button)
        return made

    def form(self, button: str) -> tuple[Form, Element]:
        """Return the form that the button of this name submits, and the button."""
        for form in self.forms():
            for element in form.buttons:
                if words(element) == button:
                    return form, element
        raise AssertionError(f"no button {button} among {self.buttons()} on {self!r}")


def _form(element: Element) -> Form:
    form = Form(element, element.get("action", ""), element.get("method", "get"), {}, {})
    for control in element.iter():
        name = control.get("name")
        if control.tag == "button":
            form.buttons.append(control)
        elif name is None:
            continue
        elif control.tag == "select":
            _read_select(form, name, control)
        elif control.tag == "textarea":
            form.fields[name] = control.text or ""
        elif control.tag == "input" and control.get("type") in ("radio", "checkbox"):
            value = control.get("value", "on")
            form.offered[name] = form.offered.get(name, frozenset()) | {value}
            if control.get("checked") is not None:
                form.fields[name] = value
        elif control.tag == "input":
            form.fields[name] = control.get("value", "")
    return form


def _read_select(form: Form, name: str, select: Element) -> None:
    options = list(select.iter("option"))
    form.offered[name] = frozenset(option.get("value", "") for option in options)
    chosen = [option for option in options if option.get("selected") is not None] or options[:1]
    form.fields[name] = chosen[0].get("value", "") if chosen else ""
