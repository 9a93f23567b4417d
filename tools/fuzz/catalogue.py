"""All routes, and the parameters that real pages send to each.

The routes come from the applications' `url_map`, so new ones are included automatically. Form
fields and link parameters are collected by crawling the pages in each role.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.routing.exceptions import RequestRedirect

from flexapp.web.access import Access, access_of
from tests.support.client import LintingClient
from tests.support.html import Form, Page
from tests.taxbureau.conftest import CONTENT
from tools.fuzz.people import PATTERN
from tools.fuzz.wire import QuickPage

MOUNTED = "/tax-bureau"
MACHINE = f"{MOUNTED}/v1/"
PRODUCT = "product"
"""The role that calls the stand-in's machine API: the product."""

SAME_PAGE = 3
"""Maximum number of pages per route that each role reads."""

OPEN_PAGE = 4
"""Maximum number of pages per public route that all roles together read."""

CSRF, ONCE = "csrf_token", "once"
OURS: Mapping[str, str] = {CSRF: "⟦csrf⟧", ONCE: "⟦once⟧"}
"""Hidden fields of every form, with the placeholders that replace their values."""


@dataclass(slots=True)
class Route:
    """A route of one of the applications."""

    endpoint: str
    path: str
    """The URL path with `<name>` for each variable part."""
    parts: tuple[str, ...]
    method: str
    values: dict[str, set[str]] = field(default_factory=dict)
    """Observed values of each variable part."""
    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, set[str]] = field(default_factory=dict)
    """Observed form fields or query parameters, and their offered values."""
    roles: set[str] = field(default_factory=set)
    """Roles that have a link or form to it."""

    @property
    def label(self) -> str:
        return f"{self.method} {self.endpoint}"


class Catalogue:
    """All routes by method and endpoint; the stand-in's endpoints start with `tax-bureau:`."""

    def __init__(self, app: Flask, stand_in: Flask, known: dict[str, str]) -> None:
        self._known = known
        self._app = app
        self.routes: dict[str, Route] = {}
        self._maps: tuple[tuple[str, MapAdapter, str], ...] = (
            (MOUNTED, stand_in.url_map.bind("localhost"), "tax-bureau:"),
            ("", app.url_map.bind("localhost"), ""),
        )
        for prefix, rules, mark in (
            (MOUNTED, stand_in.url_map, "tax-bureau:"),
            ("", app.url_map, ""),
        ):
            for route in _routes(rules, prefix, mark):
                self.routes[route.label] = route
                if route.endpoint == "tax-bureau:api.receive":
                    route.fields |= CONTENT | {"serial": "⟦serial.a.2⟧"}
                elif route.path.startswith(MACHINE) and route.method == "POST":
                    route.fields |= {"request_id": str(UUID(int=4)), "reason": "月份填错了"}
        self._looked = Counter[str]()
        self.pages: dict[str, list[str]] = {}
        """URLs of pages with forms, by role."""

    def find(self, path: str, method: str) -> tuple[Route, Mapping[str, Any]] | None:
        """Return the route of a path and its variable parts; None if there is none."""
        for prefix, adapter, mark in self._maps:
            if prefix and not path.startswith(prefix + "/"):
                continue
            try:
                endpoint, values = adapter.match(path[len(prefix) :], method=method)
            except (HTTPException, RequestRedirect):
                return None
            route = self.routes.get(f"{method} {mark}{endpoint}")
            return None if route is None else (route, values)
        return None

    def look_around(self, role: str, client: LintingClient) -> None:
        """Crawl all pages that this role can reach, and record their links and forms."""
        waiting, seen, often = deque(self._starts(role)), set[str](), Counter[str]()
        with_forms: list[str] = []
        while waiting:
            address = waiting.popleft()
            path, query = urlsplit(address).path, urlsplit(address).query
            found = self.find(path, "GET")
            if found is None or address in seen or "leave" in path:
                continue
            seen.add(address)
            self._note_link(role, *found, query)
            often[found[0].label] += 1
            self._looked[found[0].label] += 1
            too_often = (
                role != "practice"
                and self._is_open(found[0])
                and self._looked[found[0].label] > OPEN_PAGE
            )
            if often[found[0].label] > SAME_PAGE or too_often:
                continue
            # Not linted: the test suite lints these pages.
            answer = FlaskClient.open(client, address)
            if answer.status_code in (302, 303):
                waiting.append(answer.headers["Location"])
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            page = QuickPage(answer)
            for href in page.links().values():
                waiting.append(path + href if href.startswith("?") else href)
            forms = page.forms()
            for form in forms:
                self._note_form(role, path, form)
                if form.method.lower() == "get":
                    waiting.append(form.action or path)
            self._note_asked_beside(role, page, forms)
            if forms:
                with_forms.append(self.named(address))
        self.pages[role] = sorted(with_forms)

    def _starts(self, role: str) -> Iterator[str]:
        """Yield the start URLs: all without variable parts, and those given to the role."""
        mine = {
            "nobody": (
                f"/launch/{self._known['launch']}",
                f"/open/sandbox/{self._known['sandbox']}",
            )
        }
        yield from mine.get(role, ())
        for name, token in self._known.items():
            if name.startswith(f"case.{role}"):
                yield f"/counter/people/{token}"
        for route in self.routes.values():
            if route.method == "GET" and not route.parts:
                yield route.path

    def _is_open(self, route: Route) -> bool:
        return (
            route.path.startswith(MOUNTED) or access_of(self._app, route.endpoint) is Access.PUBLIC
        )

    def named(self, text: str) -> str:
        """Replace values that differ between runs by their ⟦names⟧."""
        for name, value in self._known.items():
            if len(value) > 9:
                text = text.replace(value, f"⟦{name}⟧")
        return text

    def _note_link(self, role: str, route: Route, values: Mapping[str, Any], query: str) -> None:
        route.roles.add(role)
        for name, value in values.items():
            route.values.setdefault(name, set()).add(self.named(str(value)))
        for name, text in parse_qsl(query):
            route.fields.setdefault(name, "")
            route.offered.setdefault(name, set()).add(self.named(text))

    def _note_asked_beside(self, role: str, page: Page, forms: list[Form]) -> None:
        """Record the requests (`hx-get`) that the script sends while a form is filled in."""
        for element in page.root.iter():
            found = self.find(urlsplit(element.get("hx-get", "")).path, "GET")
            if element.get("hx-get") is None or found is None:
                continue
            self._note_link(role, *found, "")
            for form in forms:
                for name in form.fields.keys() - OURS.keys():
                    found[0].fields.setdefault(name, "")

    def _note_form(self, role: str, path: str, form: Form) -> None:
        method = form.method.upper()
        actions = {form.action or path}
        extra = [b for b in form.buttons if b.get("formaction") or b.get("name")]
        actions |= {b.get("formaction", "") for b in extra if b.get("formaction")}
        for action in actions:
            found = self.find(urlsplit(action).path, method)
            if found is None:
                continue
            route, values = found
            self._note_link(role, route, values, urlsplit(action).query)
            for name, value in form.fields.items():
                kept = OURS.get(name) or self.named(value)
                if name == "typist":
                    kept = "⟦typist⟧"
                if PATTERN.search(kept):
                    kept = ""
                if kept or name not in route.fields:
                    route.fields[name] = kept
            for name, offered in form.offered.items():
                route.fields.setdefault(name, "")
                route.offered.setdefault(name, set()).update(offered)
            for button in extra:
                if button.get("name"):
                    name = button.get("name", "")
                    route.offered.setdefault(name, set()).add(button.get("value", ""))


def _routes(rules: Map, prefix: str, mark: str) -> Iterator[Route]:
    for rule in rules.iter_rules():
        parts = tuple(re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule))
        path = prefix + re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            route = Route(mark + rule.endpoint, path, parts, method)
            for name in parts:
                route.values[name] = set(_one_of(rule, name))
            yield route


def _one_of(rule: Rule, name: str) -> list[str]:
    found = re.search(rf"<any\(([^)]*)\):{name}>", rule.rule)
    return sorted(re.findall(r"[\w-]+", found[1])) if found is not None else []
