"""Server processes of the tests: start, wait until ready, stop, kill."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from flexapp.config import PROJECT

START_WITHIN = 60.0
STOP_WITHIN = 10.0
"""Timeouts in seconds."""


def free_port() -> int:
    """Return a currently unused port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Process:
    """A server process that can be started again after it was stopped or killed.

    `is_up` is polled until it returns True; connection errors count as not ready. The process
    inherits the environment except `FLEXAPP_…`; product settings come from `environment`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        is_up: Callable[[], bool],
        user: str | None = None,
        folder: Path = PROJECT,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [str(word) for word in command]
        self._environment = environment
        self._is_up = is_up
        self._user = user
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready; `RuntimeError` with its log if it never is."""
        self.launch()
        self.wait_until_up()

    def launch(self) -> None:
        """Start it without waiting."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith("FLEXAPP_")}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=ours | dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user,
            )

    def wait_until_up(self) -> None:
        """Wait until it is ready; `RuntimeError` with the end of its log if it never is."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until and self.is_running:
            try:
                if self._is_up():
                    return
            except (OSError, httpx.TransportError):
                pass
            time.sleep(0.05)
        said = self.log.read_text(errors="replace")[-4000:]
        self.kill()
        raise RuntimeError(f"{self.name} did not start:\n{said}")

    def signal(self, number: int) -> None:
        """Send a signal to the process itself, not to its children."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """Send SIGTERM, wait, and kill it if it does not end."""
        if self._process is None:
            return
        if self.is_running:
            self.signal(signal.SIGTERM)
        self.wait_until_ended()

    def wait_until_ended(self, seconds: float = STOP_WITHIN) -> None:
        """Wait for it to end; kill it after `seconds`."""
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the whole process group with SIGKILL."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
