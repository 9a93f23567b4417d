"""Runs a function on many threads that start at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable


def at_once(count: int, act: Callable[[int], None]) -> None:
    """Run `act(0)` … `act(count - 1)` on threads that start together; raises the first error."""
    barrier, faults = threading.Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        try:
            barrier.wait()
            act(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
