"""The locks fit every Python that pyproject.toml promises, not only the one they were made with.

For each version, the lock is checked from what pyproject.toml asks for: what a package needs on
that version must be locked on that version, in a version that the need allows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT

PROMISED = ("3.11.0", "3.11.2", "3.11.3", "3.11.14", "3.12.0", "3.13.0", "3.14.0")
"""The lowest, Debian 12's own, the first that needs less, and the first of each later one."""

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

LOCKS = {
    "requirements.txt": ("dependencies",),
    "requirements-dev.txt": ("dependencies", "dev"),
    "deploy/locks/node.txt": ("node",),
    "deploy/locks/old-chromium.txt": ("old-chromium",),
}
"""Each lock, and the lists of pyproject.toml that it locks."""


def environment(version: str) -> dict[str, str]:
    """What markers are asked about on Linux with that Python."""
    return {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "implementation_version": version,
        "extra": "",
    }


def pins_of(lock: str) -> Iterator[Requirement]:
    """The lines of a lock, without hashes and comments."""
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", " ", "-")):
            yield Requirement(line.removesuffix("\\").strip())


def asked_for(group: str) -> Iterator[Requirement]:
    """The requirements of a dependency group, with its included groups, or of the project."""
    if group == "dependencies":
        yield from map(Requirement, PYPROJECT["project"]["dependencies"])
        return
    for entry in PYPROJECT["dependency-groups"][group]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from asked_for(entry["include-group"])


def locked_on(lock: str, version: str) -> dict[str, str]:
    """What the lock installs there: version by name."""
    there = environment(version)
    found: dict[str, str] = {}
    for pin in pins_of(lock):
        if pin.marker is None or pin.marker.evaluate(there):
            (exactly,) = pin.specifier
            assert exactly.operator == "=="
            found[canonicalize_name(pin.name)] = exactly.version
    return found


def needs_of(name: str, extras: frozenset[str], version: str) -> Iterator[Requirement]:
    """What an installed package says that it needs there; nothing of one that is not installed."""
    try:
        told = distribution(name).requires or []
    except PackageNotFoundError:
        return
    for need in map(Requirement, told):
        environments = [environment(version) | {"extra": extra} for extra in ("", *sorted(extras))]
        if need.marker is None or any(need.marker.evaluate(each) for each in environments):
            yield need


def missing(lock: str, locked: Mapping[str, str], version: str) -> list[str]:
    """What is needed there and not locked, or locked in a version that does not do."""
    found: list[str] = []
    waiting = [(need, group) for group in LOCKS[lock] for need in asked_for(group)]
    seen = set()
    while waiting:
        need, asker = waiting.pop()
        name, extras = canonicalize_name(need.name), frozenset(need.extras)
        if name not in locked or not need.specifier.contains(locked[name], prereleases=True):
            found.append(f"{asker} needs {need} on Python {version}; locked: {locked.get(name)}")
        elif (name, extras) not in seen:
            seen.add((name, extras))
            waiting += [(each, name) for each in needs_of(name, extras, version)]
    assert seen, "nothing was looked at"
    return found


@pytest.mark.parametrize("version", PROMISED)
@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_whatever_is_needed_on(lock: str, version: str) -> None:
    assert missing(lock, locked_on(lock, version), version) == []


def test_every_group_is_locked() -> None:
    included = {
        entry["include-group"]
        for entries in PYPROJECT["dependency-groups"].values()
        for entry in entries
        if isinstance(entry, dict)
    }
    locked = {group for groups in LOCKS.values() for group in groups}
    assert PYPROJECT["dependency-groups"].keys() | {"dependencies"} == included | locked


def test_a_lock_made_with_a_newer_python_is_noticed() -> None:
    locked = locked_on("requirements.txt", "3.11.2")
    del locked["async-timeout"]
    (fault,) = missing("requirements.txt", locked, "3.11.2")
    assert fault.startswith("redis needs async-timeout")
    assert missing("requirements.txt", locked, "3.11.3") == []


def test_the_versions_tried_begin_with_the_lowest_that_is_promised() -> None:
    promised = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert promised.contains(PROMISED[0])
    assert not promised.contains("3.10.99")
