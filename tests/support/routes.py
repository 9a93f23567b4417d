"""The snapshot of all routes, tests/snapshots/routes.txt: method, URL rule, endpoint and access.

A change of routes is reviewed in the diff of that file. To write it anew:
`UPDATE_SNAPSHOTS=1 .venv/bin/python -m pytest -n 0 tests/architecture/test_access.py -k snapshot`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask

from flexapp.rules.roles import Role
from flexapp.web.access import Access, access_of, roles_of
from tests.support.snapshots import FOLDER

SNAPSHOT = "routes.txt"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the snapshot."""

    method: str
    rule: str
    endpoint: str
    access: Access
    roles: frozenset[Role]
    """Of `Access.STAFF` only."""

    @property
    def path(self) -> str:
        """The rule without converters: `/counter/years/<year>/open`."""
        return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", self.rule)

    def __str__(self) -> str:
        who = " ".join([self.access, *sorted(self.roles)])
        return f"{self.method:4} {self.rule}  {self.endpoint}  {who}"


def routes_of(app: Flask) -> list[Route]:
    """The routes of an application, sorted by URL and method."""
    found = [
        Route(
            method,
            rule.rule,
            rule.endpoint,
            access_of(app, rule.endpoint),
            roles_of(app, rule.endpoint)
            if access_of(app, rule.endpoint) is Access.STAFF
            else frozenset(),
        )
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda each: (each.rule, each.method))


def recorded() -> dict[str, Route]:
    """The routes of the snapshot, by endpoint."""
    found = {}
    for line in (FOLDER / SNAPSHOT).read_text("utf-8").splitlines():
        method, rule, endpoint, access, *roles = line.split()
        found[endpoint] = Route(
            method, rule, endpoint, Access(access), frozenset(Role(each) for each in roles)
        )
    return found
