"""The snapshot of all routes, tests/snapshots/routes.txt: method, URL rule, endpoint and access.

A change of routes is reviewed in the diff of that file. Write it anew with

    .venv/bin/python -m tests.support.routes
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from flexapp.config import load
from flexapp.factory import create_app
from flexapp.rules.roles import Role
from flexapp.web.access import Access, access_of, roles_of

REGENERATE = ".venv/bin/python -m tests.support.routes"
SNAPSHOT = Path(__file__).parents[1] / "snapshots" / "routes.txt"


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
    for line in SNAPSHOT.read_text("utf-8").splitlines():
        method, rule, endpoint, access, *roles = line.split()
        found[endpoint] = Route(
            method, rule, endpoint, Access(access), frozenset(Role(each) for each in roles)
        )
    return found


def text_of(app: Flask) -> str:
    """The snapshot that an application should have."""
    return "".join(f"{route}\n" for route in routes_of(app))


def main() -> None:
    """Write the snapshot of the demo, which has every route."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load({"FLEXAPP_DATABASE_URL": f"sqlite:///{folder}/flexapp.sqlite3"})
        SNAPSHOT.write_text(text_of(create_app(settings)), "utf-8")


if __name__ == "__main__":
    main()
