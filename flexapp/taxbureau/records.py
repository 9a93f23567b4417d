"""What the tax bureau knows of an assessment, as everybody but the database sees it."""

from dataclasses import dataclass

from flexapp.taxbureau.content import Content
from flexapp.taxbureau.states import Event, State


@dataclass(frozen=True, slots=True)
class Proof:
    """A message as it came, kept so that it can be shown what was told: its JWS and its body."""

    token: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A received assessment. Times are ISO 8601 in Beijing time; `reason` is that of the state.

    `cursor` is the number of the latest that happened to it. `token`: the signed message that
    brought it; `None` for one that came before messages were signed.
    """

    number: int
    content: Content
    digest: str
    state: State
    cursor: int
    received_at: str
    changed_at: str
    reason: str | None
    receipt: str
    token: str | None

    @property
    def serial(self) -> str:
        return self.content.serial


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a delivery; `first` is true for exactly one delivery of a serial."""

    record: Record
    first: bool


@dataclass(frozen=True, slots=True)
class RevocationRequest:
    """What the product asked; `answer` is pending, agreed or declined; `state` is the record's."""

    request_id: str
    serial: str
    requested_at: str
    answer: str
    answered_at: str | None
    state: State


@dataclass(frozen=True, slots=True)
class LastRequest:
    """The latest request about a record; `reason` says why it was declined."""

    request_id: str
    answer: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A record as the product may see it: nothing about a person, `digest` proves the content."""

    serial: str
    state: State
    digest: str
    cursor: int
    received_at: str
    changed_at: str
    receipt: str
    reason: str | None
    request: LastRequest | None


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message of the product as it came; `kind` is submit or ask."""

    serial: str
    kind: str
    received_at: str
    signature: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """An event the product is told; `request_id` where it answers a request of the product."""

    event_id: str
    cursor: int
    serial: str
    event: Event
    at: str
    reason: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Telling:
    """How far the product was told of an event; `trouble` and `outcome` are words for the clerk.

    `status` is waiting, told or parked (not accepted, and not offered again). `due`: when it is
    offered next; `settled_at`: when it was told or parked.
    """

    status: str
    attempts: int
    due: float
    settled_at: str | None
    trouble: str | None
    outcome: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to one record; `what` is "receive" or the value of a `Move`.

    `token`: the signed message with which the product asked. `telling`: of the event, if it was
    one of those that are pushed.
    """

    what: str
    state: State
    at: str
    reason: str | None
    token: str | None
    telling: Telling | None


@dataclass(frozen=True, slots=True)
class Page:
    """Records newest first; `newer` and `older` are the numbers to go on from, if there is more."""

    records: tuple[Record, ...]
    newer: int | None
    older: int | None
