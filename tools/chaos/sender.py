"""A sender process (`flask transmission work`) that kills itself at an exact point.

The product has no hooks for this; its functions are wrapped here, in a process started for it. It
dies by SIGKILL, so that nothing can be cleaned up.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from flask.cli import ScriptInfo

from flexapp.config import load
from flexapp.factory import create_app
from flexapp.transmission import delivery, outbox_worker
from tools.chaos.site import transmit

TAKEN, SETTLED = "taken", "settled"
"""Notifications of a process about a message; the first `SETTLED` means that it has started."""
BEGINS_WITHIN = 60.0
PAUSE = 0.02
"""Seconds between polls of an idle outbox; short, so that rounds are short."""


class Point(StrEnum):
    """The point at which a process dies."""

    COMMITTED = "after the commit of the business row"
    CLAIMED = "after the claim"
    SENT = "after the answer to what was sent"
    ACKNOWLEDGING = "with the acknowledgement written and not committed"


@dataclass(frozen=True, slots=True)
class Plan:
    """The instructions for a process.

    `lease`: seconds; `point`: None if it does not kill itself.
    """

    environ: Mapping[str, str]
    lease: float
    point: Point | None = None
    occasion: int = 1
    """At which occurrence of the point the process dies."""
    hand_in: tuple[str, ...] = field(default=())
    """Serials to transmit first, as the page does."""
    compares: bool = False
    """Whether it starts with reconciliation like a normal sender.

    Reconciliation repairs what dead senders left; without it, the sender alone is tested.
    """
    tells: bool = False
    """Whether it reports each message that it claims; then somebody must read the pipe."""


def start(plan: Plan) -> tuple[ForkServerProcess, Connection]:
    """Start a process with this plan; return it and the pipe on which it reports.

    It is forked from a server that has already imported the product: starting hundreds of
    interpreters would take minutes.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, its = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(plan, its), daemon=True)
    process.start()
    its.close()
    return process, ours


@contextmanager
def working(
    environ: Mapping[str, str], *, lease: float, count: int = 1, compares: bool = False
) -> Iterator[None]:
    """Run `count` healthy senders until the block ends, then kill them."""
    started = [start(Plan(environ, lease, compares=compares)) for _ in range(count)]
    try:
        for _process, begins in started:
            assert begins.poll(BEGINS_WITHIN), "a sender did not start"
            begins.recv()
        yield
        assert all(process.is_alive() for process, _ in started), "a sender ended by itself"
    finally:
        for process, _begins in started:
            process.kill()
            process.join()


def _run(plan: Plan, begins: Connection) -> None:
    logging.disable(logging.CRITICAL)
    app = create_app(load(plan.environ))
    delivery.LEASE = timedelta(seconds=plan.lease)
    outbox_worker.PAUSE = PAUSE
    if not plan.compares:
        setattr(outbox_worker.Sender, "_compared", lambda _: True)  # noqa: B010
    strike = _Strike(plan)
    _wrap("_claim_due", strike.after(Point.CLAIMED, counts=bool))
    _wrap("_submit", strike.after(Point.SENT))
    _wrap("_write_down", strike.after(Point.ACKNOWLEDGING))
    if plan.tells:
        _wrap("_deliver", _telling(begins))
    begins.send(SETTLED)
    for serial in plan.hand_in:
        transmit(app, serial)
        strike.at(Point.COMMITTED)
    app.cli.main(args=["transmission", "work"], obj=ScriptInfo(create_app=lambda: app))


def _telling(begins: Connection) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a wrapper that reports when a message is claimed and when it is settled."""

    def wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            begins.send(TAKEN)
            result = function(*args)
            begins.send(SETTLED)
            return result

        return wrapped

    return wrapper


class _Strike:
    """Counts the occurrences of a point and kills the process at the planned one."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._left = plan.occasion

    def at(self, point: Point) -> None:
        if point is not self._plan.point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(
        self, point: Point, counts: Callable[[Any], bool] = lambda _: True
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return a wrapper that strikes after the function returned a result that `counts`."""

        def wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any) -> Any:
                result = function(*args)
                if counts(result):
                    self.at(point)
                return result

            return wrapped

        return wrapper


def _wrap(name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    # A missing name must stop the run: a point that is never reached proves nothing.
    setattr(delivery, name, wrapper(getattr(delivery, name)))
