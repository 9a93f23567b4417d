"""What belongs to one application: its adapters to outside systems, and typed values of slices.

`create_app` builds the `Services` once. A slice asks for `services()` inside a request or a
command, never for another slice's internals. Tests put fakes in their place.

`AppValue` is for what slices register in `init_app` or keep for a process. No other module uses
`app.extensions` (tests/architecture/test_structure.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from flask import current_app
from flask.sansio.app import App

if TYPE_CHECKING:
    from flexapp.channels.launch import SandboxApps
    from flexapp.demo.residents import FictionalResident
    from flexapp.people.external_services import PopulationRegistry, SmsGateway
    from flexapp.rules.parameters import ParameterBook
    from flexapp.staff.service import Clerk
    from flexapp.transmission.service import TaxGateway

T = TypeVar("T")


class AppValue(Generic[T]):
    """A value that every application has one of; it is read outside of a request as well.

    `first` makes the value that an application begins with. Without it, `of` raises `KeyError`
    until the value is set.
    """

    def __init__(self, name: str, first: Callable[[], T] | None = None) -> None:
        self._key = f"flexapp.{name}"
        self._first = first

    def set(self, app: App, value: T) -> None:
        """Replace the value of an application."""
        app.extensions[self._key] = value

    def of(self, app: App) -> T:
        """The value of an application."""
        values = app.extensions
        try:
            found: T = values[self._key]
        except KeyError:
            if self._first is None:
                raise
            found = values.setdefault(self._key, self._first())
        return found

    def get(self) -> T:
        """The value of the current application."""
        return self.of(current_app)


@dataclass(slots=True)
class Demo:
    """What only the demo has: fictional people, and what their phones would show."""

    residents: Mapping[str, FictionalResident]
    """By ID number."""
    second_factor: Callable[[Clerk], str | None]
    """The code of this half minute for one of the fictional staff; None for anybody else."""
    sandbox: SandboxApps


@dataclass(slots=True)
class Services:
    """The adapters of one application."""

    parameters: ParameterBook
    """The rows that come with the code; the agency's publications come on top (agency)."""
    sms: SmsGateway
    population: PopulationRegistry
    tax: TaxGateway
    channel_names: Callable[[], list[tuple[str, str]]]
    """Code and name of every app, in order."""
    usable_channels: Callable[[], set[str]]
    deliver_tax_events: Callable[[], int] | None = field(default=None)
    """Embedded tax bureau only: pass on what it has to tell; how many events it was."""
    demo: Demo | None = field(default=None)


_SERVICES: AppValue[Services] = AppValue("services")


def init_app(app: App, found: Services) -> None:
    """Make the services those of the application."""
    _SERVICES.set(app, found)


def services() -> Services:
    """Those of the current application."""
    return _SERVICES.get()


def services_of(app: App) -> Services:
    """Those of an application, also outside of its context."""
    return _SERVICES.of(app)
