"""Two sides that do the same: served in the same run, measured in turns, compared as ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from tools.bench import load
from tools.bench.load import Expected, Outcome
from tools.bench.serving import Server

CONNECTIONS = 16

Requests = Callable[[], Sequence[bytes]]
"""The requests of one round; some can be sent only once."""


@dataclass(frozen=True, slots=True)
class Side:
    """One or more servers that are asked evenly."""

    servers: Sequence[Server]

    def answer(self, requests: Sequence[bytes], expected: Expected) -> tuple[Outcome, float]:
        """What came of the requests, and the processor's seconds that each cost the servers."""
        before = self._processor_seconds()
        ports = [server.port for server in self.servers]
        outcome = load.run(ports, requests, connections=CONNECTIONS, expected=expected)
        return outcome, (self._processor_seconds() - before) / len(requests)

    def _processor_seconds(self) -> float:
        return sum(server.processor_seconds() for server in self.servers)


@dataclass(slots=True)
class Contest:
    """One thing that both sides do: (outcome, processor seconds a request) round by round."""

    name: str
    ours: list[tuple[Outcome, float]] = field(default_factory=list)
    other: list[tuple[Outcome, float]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Our rate over the other's in the same round; the median of all rounds.

        Round by round, because a busy machine slows both sides of a round alike, but not all
        rounds.
        """
        return median(
            ours.rate / other.rate
            for (ours, _), (other, _) in zip(self.ours, self.other, strict=True)
        )

    @property
    def cost(self) -> float:
        """The other's processor time a request over ours, all rounds together.

        What else runs on the machine takes time away from both, but adds little of its own to what
        their processes are charged with.
        """
        return sum(used for _, used in self.other) / max(sum(used for _, used in self.ours), 1e-9)

    @property
    def failed(self) -> int:
        """Requests that did not succeed, on either side."""
        return sum(outcome.failed for outcome, _ in (*self.ours, *self.other))

    @property
    def own_share(self) -> float:
        """Of one processor, that the load generator used at most."""
        return max(outcome.own_share for outcome, _ in (*self.ours, *self.other))

    def __str__(self) -> str:
        rates = (median(outcome.rate for outcome, _ in side) for side in (self.ours, self.other))
        shown = "".join(f"{rate:9.0f}" for rate in rates)
        return f"{self.name:44}{shown}{self.ratio:8.0%}{self.cost:8.0%}{self.failed:8d}"


def heading(what: str, ours: str, other: str) -> str:
    """The line above contests; the last three columns are `ratio`, `cost` and `failed`."""
    return f"{what:44}{ours:>9}{other:>9}{'rate':>8}{'cpu':>8}{'failed':>8}"


def compete(
    name: str,
    ours: tuple[Side, Requests],
    other: tuple[Side, Requests],
    *,
    rounds: int,
    expected: tuple[Expected, Expected] = (Expected(), Expected()),
    warm: tuple[Sequence[bytes], Sequence[bytes]],
) -> Contest:
    """Rounds in turns. `warm`: each worker process compiles templates and statements the first
    time it needs them."""
    sides = (ours, other)
    for (side, _), requests, wanted in zip(sides, warm, expected, strict=True):
        side.answer(requests, Expected(wanted.status))
    contest = Contest(name)
    for _ in range(rounds):
        contest.ours.append(ours[0].answer(ours[1](), expected[0]))
        contest.other.append(other[0].answer(other[1](), expected[1]))
    return contest


def repeat(requests: Sequence[bytes], count: int) -> list[bytes]:
    """So many requests, these over and over."""
    return [requests[i % len(requests)] for i in range(count)]
