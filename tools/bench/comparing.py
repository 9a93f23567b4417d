"""Compares two sides that do the same work: measured in alternation, reported as ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from tools.bench import load
from tools.bench.load import Expected, Outcome
from tools.bench.serving import Server

CONNECTIONS = 16

Requests = Callable[[], Sequence[bytes]]
"""Returns the requests of one round; some requests can be sent only once."""


@dataclass(frozen=True, slots=True)
class Side:
    """One or more servers; requests are spread evenly over them."""

    servers: Sequence[Server]

    def answer(self, requests: Sequence[bytes], expected: Expected) -> tuple[Outcome, float]:
        """Send the requests; return the outcome and the servers' CPU seconds per request."""
        before = self._processor_seconds()
        ports = [server.port for server in self.servers]
        outcome = load.run(ports, requests, connections=CONNECTIONS, expected=expected)
        return outcome, (self._processor_seconds() - before) / len(requests)

    def _processor_seconds(self) -> float:
        return sum(server.processor_seconds() for server in self.servers)


@dataclass(slots=True)
class Contest:
    """One comparison: (outcome, CPU seconds per request) of both sides for each round."""

    name: str
    ours: list[tuple[Outcome, float]] = field(default_factory=list)
    other: list[tuple[Outcome, float]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Our request rate divided by the other's in the same round; the median of all rounds.

        Per round, because other load on the machine slows both sides of a round alike, but not all
        rounds.
        """
        return median(
            ours.rate / other.rate
            for (ours, _), (other, _) in zip(self.ours, self.other, strict=True)
        )

    @property
    def cost(self) -> float:
        """The other's CPU time per request divided by ours, over all rounds.

        Other load takes CPU time from both sides but adds little to the time that their processes
        are charged.
        """
        return sum(used for _, used in self.other) / max(sum(used for _, used in self.ours), 1e-9)

    @property
    def failed(self) -> int:
        """The number of failed requests on both sides."""
        return sum(outcome.failed for outcome, _ in (*self.ours, *self.other))

    @property
    def own_share(self) -> float:
        """The load generator's largest share of one CPU."""
        return max(outcome.own_share for outcome, _ in (*self.ours, *self.other))

    def __str__(self) -> str:
        rates = (median(outcome.rate for outcome, _ in side) for side in (self.ours, self.other))
        shown = "".join(f"{rate:9.0f}" for rate in rates)
        return f"{self.name:44}{shown}{self.ratio:8.0%}{self.cost:8.0%}{self.failed:8d}"


def heading(what: str, ours: str, other: str) -> str:
    """Return the header line; the last three columns are `ratio`, `cost` and `failed`."""
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
    """Measure both sides in alternation for `rounds` rounds.

    The `warm` requests come first and are not measured: each worker process compiles templates and
    statements on first use.
    """
    sides = (ours, other)
    for (side, _), requests, wanted in zip(sides, warm, expected, strict=True):
        side.answer(requests, Expected(wanted.status))
    contest = Contest(name)
    for _ in range(rounds):
        contest.ours.append(ours[0].answer(ours[1](), expected[0]))
        contest.other.append(other[0].answer(other[1](), expected[1]))
    return contest


def repeat(requests: Sequence[bytes], count: int) -> list[bytes]:
    """Return `count` requests, repeating the given ones."""
    return [requests[i % len(requests)] for i in range(count)]
