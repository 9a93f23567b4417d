"""View models of the vendors' pages: launch reference with its errors, examples, sandboxes.

The OpenAPI document says what to do about each error, and `launch_errors` what is answered. The
error table joins both; loading it fails if one has a reason that the other lacks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flexapp.channels.launch_errors import LAUNCH_ERRORS
from flexapp.config import PROJECT
from flexapp.vendors.sandbox import (
    Resident,
    Sandbox,
    residents,
)
from flexapp.web import openapi
from flexapp.web.clock import BEIJING

DOCUMENT = Path(__file__).with_name("launch-v1.openapi.json")
EXAMPLES = PROJECT / "docs" / "examples"
PLACEHOLDER = "https://service.example"
"""Replaced in the example files by the deployment's public address."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row of the error table.

    `means`: the sentence in the answer. `todo`: what the vendor should do.
    """

    reason: str
    status: int
    means: str
    todo: openapi.Line


@dataclass(frozen=True, slots=True)
class LaunchReferencePage:
    """/open/launches: the OpenAPI document as a page, and the table of errors."""

    reference: openapi.Reference
    errors: tuple[ErrorRow, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """An example program that requests a link.

    `needs`: its prerequisites. `text`: its source code.
    """

    name: str
    title: str
    needs: str
    run: str
    text: str


@dataclass(frozen=True, slots=True)
class VendorPage:
    """/open/. `sandbox`: whether this deployment has sandboxes."""

    address: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class ExamplesPage:
    """/open/examples: the programs with this deployment's address filled in."""

    address: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class SandboxPage:
    """/open/sandbox/<code>: a channel for one day.

    `jwk`: its public key. `until`: when it expires, in Beijing time.
    """

    code: str
    kid: str
    jwk: str
    until: str
    address: str
    residents: tuple[Resident, ...]
    targets: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]

    @classmethod
    def of(cls, found: Sandbox, address: str) -> SandboxPage:
        """Build the page of a sandbox, for the deployment at this public address."""
        arguments = f"{found.code} {found.key.kid} private.pem"
        return cls(
            found.code,
            found.key.kid,
            found.key.jwk,
            f"{found.expires_at.astimezone(BEIJING):%m月%d日 %H:%M}",
            address,
            residents(),
            _TARGETS,
            tuple(each[3].replace("abc 2026-a private.pem", arguments) for each in _EXAMPLES),
        )


_TARGETS = (
    ("/social-security", "社保专题"),
    ("/social-security/affairs", "社保办事"),
    ("/registration", "登记"),
    ("/assessment", "核定"),
    ("/me", "我的"),
    ("/me/messages", "消息"),
    ("/", "首页"),
)

_EXAMPLES = (
    (
        "launch.py",
        "Python",
        "Python 3.11 以上，pip install joserfc httpx",
        "python launch.py abc 2026-a private.pem",
    ),
    (
        "launch_cryptography.py",
        "Python，只用 cryptography",
        "Python 3.11 以上，pip install cryptography",
        "python launch_cryptography.py abc 2026-a private.pem",
    ),
    (
        "Launch.java",
        "Java",
        "Java 17 以上，不用任何库",
        "java Launch.java abc 2026-a private.pem",
    ),
    (
        "launch.sh",
        "命令行",
        "bash、openssl、curl 7.76 以上",
        "bash launch.sh abc 2026-a private.pem",
    ),
)


@cache
def launch_reference() -> LaunchReferencePage:
    """Return the reference, read once per process.

    Raises `ValueError` if the errors of the document and of the code differ.
    """
    reference = openapi.read(DOCUMENT)
    told = json.loads(reference.text)["x-errors"]
    if {each["reason"]: each["status"] for each in told} != {
        reason: status for reason, (status, _) in LAUNCH_ERRORS.items()
    }:
        raise ValueError("the errors of launch-v1.openapi.json are not those of launch_errors")
    return LaunchReferencePage(
        reference,
        tuple(
            ErrorRow(
                each["reason"],
                each["status"],
                LAUNCH_ERRORS[each["reason"]][1],
                openapi.spans(each["todo"]),
            )
            for each in told
        ),
    )


@cache
def examples(address: str) -> tuple[Example, ...]:
    """Return the programs for the deployment at this public address."""
    return tuple(
        Example(name, title, needs, run, _filled_in(name, address))
        for name, title, needs, run in _EXAMPLES
    )


def _filled_in(name: str, address: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8").replace(PLACEHOLDER, address)
