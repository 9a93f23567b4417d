"""The two servers of a run: processes of their own, stopped with everything they started."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.bench import load
from tests.support.processes import Process, free_port

__all__ = ["free_port", "serving"]


@contextmanager
def serving(
    command: list[str], port: int, probe: bytes, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
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
        yield
    finally:
        process.stop()
