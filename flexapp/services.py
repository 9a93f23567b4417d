"""What `create_app` builds once for a process and hands to the slices: outside systems and facts.

A slice asks for `services()` inside a request or a command, never for another slice's internals.
Tests put fakes in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, current_app

if TYPE_CHECKING:
    from flexapp.channels.launch import SandboxApps
    from flexapp.demo.residents import FictionalResident
    from flexapp.people.external_services import PopulationRegistry, SmsGateway
    from flexapp.rules.parameters import ParameterBook
    from flexapp.staff.service import Clerk
    from flexapp.transmission.service import TaxGateway

KEY = "services"


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


def init_app(app: Flask, found: Services) -> None:
    """Make the services those of the application."""
    app.extensions[KEY] = found


def services() -> Services:
    """Those of the current application."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    """Those of an application, also outside of its context."""
    found: Services = app.extensions[KEY]
    return found
