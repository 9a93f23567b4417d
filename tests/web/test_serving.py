"""`python app.py` as an operator has it: one of its processes may die, the service goes on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from flexapp.config import PROJECT
from tests.support.database import Templates
from tests.support.processes import Process, free_port

TODAY = date(2026, 11, 24)
WITHIN = 30.0
"""Seconds: how long the service may be away at most."""


class Service:
    """`python app.py` on a port of its own, with the demo's people."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "site.log"
        self.settings = {
            "FLEXAPP_DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
            "FLEXAPP_METRICS_DIR": str(folder / "metrics"),
            "FLEXAPP_PORT": str(self.port),
            "FLEXAPP_WORKERS": "2",
        }
        self.process = Process(
            "the service",
            [sys.executable, "app.py"],
            environment=self.settings,
            log=self.log,
            is_up=self.answers,
        )

    def answers(self) -> bool:
        """Whether 首页 is served now."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/", timeout=10).is_success
        except httpx.TransportError:
            return False

    def serving(self) -> set[int]:
        """The processes that serve; multiprocessing's helper is none of them."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
        return {child for child, line in lines.items() if b"resource_tracker" not in line}


@pytest.fixture
def service(tmp_path: Path, templates: Templates) -> Iterator[Service]:
    """A running service."""
    (tmp_path / "site.sqlite3").write_bytes(templates.path(TODAY).read_bytes())
    running = Service(tmp_path)
    running.process.start()
    until(lambda: len(running.serving()) == 2)
    yield running
    running.process.stop()
    assert not running.process.is_running


def until(reached: Callable[[], bool]) -> None:
    """Wait for it, not for ever."""
    end = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < end, "not reached"
        time.sleep(0.1)


def kill_until_given_up(service: Service) -> None:
    """Kill whatever serves until Granian takes it for a fault that no new process mends."""

    def given_up() -> bool:
        kill(service.serving())
        return "starting again" in service.log.read_text()

    until(given_up)


def kill(processes: set[int]) -> None:
    """End them at once, as the system does when memory runs out."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_a_serving_process_that_the_system_kills_is_replaced_and_the_service_goes_on(
    service: Service,
) -> None:
    before = service.serving()
    kill({min(before)})
    until(lambda: len(service.serving() - {min(before)}) == 2)
    until(service.answers)
    assert service.process.is_running


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_serving_processes_that_die_again_and_again_do_not_end_the_service(
    service: Service,
) -> None:
    kill_until_given_up(service)
    until(service.answers)
    assert service.process.is_running


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_a_service_asked_to_stop_between_two_starts_stops(service: Service) -> None:
    kill_until_given_up(service)
    service.process.signal(signal.SIGTERM)
    service.process.wait_until_ended(3)
    assert not service.process.is_running


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_a_service_asked_to_stop_stops(service: Service) -> None:
    service.process.signal(signal.SIGTERM)
    service.process.wait_until_ended()
    assert not service.process.is_running
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{service.port}/")


def test_a_second_service_on_the_same_port_does_not_start(service: Service) -> None:
    second = subprocess.run(
        [sys.executable, "app.py"],
        env=os.environ | service.settings,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert second.returncode == 2
    assert f"127.0.0.1:{service.port} is in use" in second.stderr
    assert service.answers()


def test_the_version_of_pyproject_is_printed_and_stands_nowhere_else() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    done = subprocess.run(
        [sys.executable, "app.py", "--version"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "FLEXAPP_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"flexapp {version}\n")
    assert "version" not in json.loads((PROJECT / "package.json").read_text("utf-8"))


def test_flask_finds_the_application(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "routes"],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "FLEXAPP_DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
            "FLEXAPP_TAX_DATABASE": str(tmp_path / "tax.sqlite3"),
            "FLEXAPP_METRICS_DIR": str(tmp_path / "metrics"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\S+ +GET +/readyz *$", done.stdout, re.M)
