"""Server processes of the benchmark, stopped together with their child processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import Process, free_port
from tools.bench import load

__all__ = ["Server", "free_port", "product", "serving"]


@dataclass(frozen=True, slots=True)
class Server:
    """A server under test and its child processes; `session` is their POSIX session id."""

    port: int
    session: int

    def processor_seconds(self) -> float:
        """Return the CPU seconds used so far by all processes of the server's session."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # the process has ended
                continue
            if int(fields[3]) == self.session:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    command: list[str], port: int, probe: bytes, environment: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Run `python <command>` until the block ends; ready once `probe` is answered with 200."""
    log.unlink(missing_ok=True)
    process = Process(
        command[-1],
        [sys.executable, *command],
        environment=environment,
        log=log,
        is_up=lambda: load.fetch(port, probe).status == 200,
    )
    try:
        process.start()
        yield Server(port, process.pid)
    finally:
        process.stop()


@contextmanager
def product(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run the product with these settings on a free port."""
    port = free_port()
    own = {"FLEXAPP_PORT": str(port)}
    log = folder / f"{port}.log"
    with serving(["app.py"], port, load.get("/readyz"), {**environment, **own}, log) as server:
        yield server
