"""The start page of staff (工作台): links to what each role may open. Slices add their entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, url_for

from flexapp.rules import divisions
from flexapp.rules.roles import Role
from flexapp.services import AppValue
from flexapp.staff.service import Clerk


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """A link on the start page, as a slice declares it."""

    position: int
    """Entries are listed in ascending order."""
    name: str
    about: str
    endpoint: str
    icon: str
    roles: frozenset[Role]
    waiting: Callable[[Clerk], str] | None = None
    """Text on the pending work behind the link and its age; "" if there is none."""


_ENTRIES: AppValue[list[DeskEntry]] = AppValue("desk_entries", list)


@dataclass(frozen=True, slots=True)
class DeskLink:
    """An entry resolved for one clerk, ready for the template."""

    name: str
    about: str
    url: str
    icon: str
    waits: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Content of /counter: the signed-in clerk and the links for their role."""

    name: str
    role: str
    divisions: str
    links: tuple[DeskLink, ...]

    @classmethod
    def of(cls, clerk: Clerk) -> DeskPage:
        """Build the page for a clerk."""
        names = [divisions.find(code) for code in clerk.divisions]
        entries = _ENTRIES.get()
        return cls(
            name=clerk.name,
            role=clerk.role.label,
            divisions="、".join(place.name for place in names if place) or "全区",
            links=tuple(
                DeskLink(
                    each.name,
                    each.about,
                    url_for(each.endpoint),
                    each.icon,
                    "" if each.waiting is None else each.waiting(clerk),
                )
                for each in sorted(entries, key=lambda entry: entry.position)
                if clerk.role in each.roles
            ),
        )


def add_entries(app: Flask, *entries: DeskEntry) -> None:
    """Add entries to the start page of the application."""
    _ENTRIES.of(app).extend(entries)
