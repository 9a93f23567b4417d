"""`python -m flexapp.taxbureau`: starts, says what is wrong, and survives being killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.taxbureau.conftest import BEARER, CONTENT, SERIAL, TOKEN

COMMAND = [sys.executable, "-m", "flexapp.taxbureau"]
PROJECT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLEXAPP_")}
    return kept | more


@contextmanager
def running(database: Path, *arguments: str, **variables: str) -> Iterator[httpx.Client]:
    """The stand-in on a free port; killed hard at the end, with its workers."""
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "--database", str(database), "--port", str(port), *arguments],
        cwd=PROJECT,
        env=environment(**variables),
        start_new_session=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=BEARER) as client:
            _wait(client, process)
            yield client
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "the stand-in ended instead of starting"
        try:
            client.get("/v1/changes")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the stand-in does not answer")


def refused(*arguments: str, **variables: str) -> str:
    """What it says on stderr when it does not start."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_serves_pages_and_api_and_keeps_everything_when_it_is_killed(database: Path) -> None:
    with running(database, "--token", TOKEN) as client:
        assert client.put(f"/v1/assessments/{SERIAL}", json=CONTENT).status_code == 201
        assert SERIAL in client.get("/").text
    with running(database, "--machine-only", FLEXAPP_TAX_TOKEN=TOKEN) as client:
        assert client.put(f"/v1/assessments/{SERIAL}", json=CONTENT).status_code == 200
        assert client.get("/").status_code == 404


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "８１００"])
def test_a_wrong_port_is_named(database: Path, port: str) -> None:
    said = refused("--database", str(database), "--token", TOKEN, f"--port={port}")
    assert "is not a port; use 1 to 65535" in said


def test_a_missing_database_or_token_is_named(database: Path) -> None:
    assert "--database" in refused("--token", TOKEN)
    said = refused("--database", str(database))
    assert "--token or FLEXAPP_TAX_TOKEN" in said


def test_a_database_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert f"cannot use {tmp_path}" in refused("--database", str(tmp_path), "--token", TOKEN)


def test_a_port_that_is_taken_is_named(database: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        said = refused("--database", str(database), "--token", TOKEN, "--port", port)
    assert f"cannot listen on 127.0.0.1 port {port}" in said
