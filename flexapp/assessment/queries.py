"""Read models of assessments, and who may see and move which."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from flask import url_for

from flexapp.assessment import repository
from flexapp.people.service import Visitor, person_by_id
from flexapp.rules.money import from_fen
from flexapp.rules.parameters import ParameterRow
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, moves_of_person
from flexapp.web import page_owner
from flexapp.web.clock import utcnow
from flexapp.web.links import Page, endpoint_of

PAGE_SIZE = 20

RESTORED = "由税务存档恢复"
"""Label of the creator of an assessment restored from the tax bureau's archive."""

STATE_STYLES = {
    State.ASSESSED: "made",
    State.QUEUED: "wait",
    State.TRANSMITTED: "sent",
    State.PAID: "done",
    State.REJECTED: "back",
    State.TAX_REVOKING: "wait",
    State.TAX_REVOKED: "back",
    State.REVOKED: "off",
}
"""Colour classes. The name of the state is always shown beside the colour."""

CASE_LIFE = timedelta(hours=12)
"""How long a proxy case lasts; afterwards name and ID number are asked again."""


UNANSWERED = frozenset({State.QUEUED, State.TAX_REVOKING})
"""States that only an answer of the tax bureau ends."""


class HeldUp(StrEnum):
    """Why a queued record is not being sent."""

    NOTHING = ""
    DOWN = "down"
    PARKED = "parked"


PLACE = "-serial-"


@dataclass(frozen=True, slots=True)
class DeskPages:
    """The addresses and labels of one user interface: the resident's, the counter's or the
    practice's.

    `who` in an address says whom the page is for: "self", a proxy's case or a clerk's case.
    """

    endpoints: Mapping[str, str]
    """Name of an address to its endpoint, or to a `Page` that a higher slice has."""
    key: str
    """The name of the parameter `who` in these addresses; "" if they do not need it."""
    in_records: bool
    """Whether the addresses of single records contain it too."""
    leave_label: str
    of_owner: bool = False
    """Whether addresses that contain a selection also contain the page owner: set if nothing else
    in them says whose they are.
    """
    person: str = "您"
    """How these pages address the person."""
    layout: str = "layouts/page.html"
    """Template of the layout."""

    def listing(self, name: str, who: str, **more: object) -> str:
        """Return the address of a page about the person."""
        whom = {self.key: who} if self.key else {}
        if self.of_owner and (more.get("start") or more.get("base")):
            # The browser's Back may open this address while somebody else is signed in. The owner
            # in it lets their page ignore the selection.
            more[page_owner.OF] = page_owner.in_address()
        return url_for(endpoint_of(self.endpoints[name]), **whom, **more)  # type: ignore[arg-type]

    def record(self, name: str, serial: str, who: str | None, **more: object) -> str:
        """Return the address of a page about one record."""
        held = {self.key: who} if self.in_records else {}
        # A list has five addresses per record. Build them with a constant placeholder for the
        # serial.
        written = PLACE if serial.isdecimal() and serial.isascii() else serial
        url = url_for(endpoint_of(self.endpoints[name]), serial=written, **held, **more)  # type: ignore[arg-type]
        return url.replace(PLACE, serial, 1)

    def receipt(self, serial: str, who: str | None) -> str | None:
        """Return the address of a record's receipt, or None if this desk issues none."""
        return self.record("receipt", serial, who) if "receipt" in self.endpoints else None

    def rating(self, case: int) -> str | None:
        """Return the address where this case is rated, or None if this desk has no ratings."""
        endpoint = self.endpoints.get("rating")
        return None if endpoint is None else url_for(endpoint_of(endpoint), case=case)

    def dispute(self, name: str, **more: int) -> str | None:
        """Return the address of an action about 不是我办的, or None if this desk has none."""
        endpoint = self.endpoints.get(name)
        return None if endpoint is None else url_for(endpoint_of(endpoint), **more)  # type: ignore[arg-type]

    def leave(self, who: str) -> str:
        """Return the address of the page to go to when nothing is left to do."""
        endpoint = endpoint_of(self.endpoints["leave"])
        return url_for(endpoint, **{self.key: who}) if self.in_records else url_for(endpoint)  # type: ignore[arg-type]


RESIDENT_PAGES = DeskPages(
    {
        "records": "assessment.records",
        "new": "assessment.new",
        "create": "assessment.create",
        "read_back": "assessment.read_back",
        "trial": "assessment.trial",
        "detail": "assessment.detail",
        "explained": "assessment.explained",
        "receipt": "assessment.receipt",
        "card": "assessment.card",
        "ask_revoke": "assessment.ask_revoke",
        "revoke": "assessment.confirm_revoke",
        "transmit": Page.TRANSMIT,
        "ask_tax": Page.ASK_TAX,
        "rating": Page.RATE,
        "not_me": Page.NOT_ME,
        "withdraw": Page.WITHDRAW_DISPUTE,
        "leave": Page.HOME,
    },
    key="who",
    in_records=False,
    of_owner=True,
    leave_label="回到首页",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One assessment. Amounts are in yuan."""

    id: int
    serial: str
    person_id: int
    unit_id: int
    division: str
    kind: RateKind
    period: Period
    entered: str
    meaning: str
    bound: str
    monthly_base: Decimal
    period_base: Decimal
    monthly_amount: Decimal
    total: Decimal
    parameters: tuple[ParameterRow, ...]
    made_by: int | None
    """The account that created it; None for a clerk."""
    made_by_label: str
    by_proxy: bool
    made_at: datetime
    state: State
    state_at: datetime
    claimed: bool
    held_up: HeldUp
    disputed_at: datetime | None = None
    """When the open case of 不是我办的 about it was opened."""
    restored: bool = False
    """Restored from the tax bureau's archive: creator and entry are unknown."""

    @property
    def held_back(self) -> bool:
        """Whether an open case blocks transmission. One that a worker has claimed is not
        stopped.
        """
        waits = self.state in (State.ASSESSED, State.QUEUED) and not self.claimed
        return waits and self.disputed_at is not None

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves that a person may make now: the buttons."""
        moves = moves_of_person(self.state, self.claimed)
        return tuple(each for each in moves if not (each is Move.TRANSMIT and self.held_back))

    @property
    def maker(self) -> str | None:
        """Masked name of the creator if that was not the person's own account."""
        if self.made_by is None:
            return self.made_by_label
        return f"{self.made_by_label}代办" if self.by_proxy else None


def record_from(row: Mapping[str, object]) -> Record:
    """Build a record from its row."""

    def fen(name: str) -> Decimal:
        value = row[name]
        assert isinstance(value, int)
        return from_fen(value)

    return Record(
        id=row["id"],  # type: ignore[arg-type]
        serial=str(row["serial"]),
        person_id=row["person_id"],  # type: ignore[arg-type]
        unit_id=row["unit_id"],  # type: ignore[arg-type]
        division=str(row["division"]),
        kind=RateKind(str(row["kind"])),
        period=Period(Month.parse(str(row["start_month"])), Month.parse(str(row["end_month"]))),
        entered=str(row["entered"]),
        meaning=str(row["meaning"]),
        bound=str(row["bound"]),
        monthly_base=fen("monthly_base"),
        period_base=fen("period_base"),
        monthly_amount=fen("monthly_amount"),
        total=fen("total"),
        parameters=_parameters(str(row["parameters"])),
        made_by=row["made_by"],  # type: ignore[arg-type]
        made_by_label=str(row["made_by_label"]),
        by_proxy=bool(row["by_proxy"]),
        made_at=row["made_at"],  # type: ignore[arg-type]
        state=State(str(row["state"])),
        state_at=row["state_at"],  # type: ignore[arg-type]
        claimed=bool(row["claimed"]),
        held_up=HeldUp(str(row["held_up"])),
        disputed_at=row["disputed_at"],  # type: ignore[arg-type]
        restored=bool(row["origin"]),
    )


@lru_cache(maxsize=256)
def _parameters(stored: str) -> tuple[ParameterRow, ...]:
    """Parse stored parameter rows. Cached because thousands of records share the same rows."""
    return tuple(ParameterRow.from_record(record) for record in json.loads(stored))


def find(serial: str) -> Record | None:
    """Return the record with this serial, without a check of access. Pages use `find_for`."""
    row = repository.by_serial(serial)
    return None if row is None else record_from(row)


def in_states(states: Sequence[State], *, after: int, limit: int) -> tuple[Record, ...]:
    """Return records in one of these states with an id above `after`, oldest first.

    Reconciliation uses it.
    """
    names = [state.value for state in states]
    rows = repository.in_states(names, after=after, limit=limit)
    return tuple(record_from(row) for row in rows)


def find_for(serial: str, visitor: Visitor) -> Record | None:
    """Return the record if the visitor may see it: their own, or one they created for another.

    None for the serial of anybody else's record, exactly as for an unknown serial.
    """
    record = find(serial)
    if record is None:
        return None
    mine = visitor.person is not None and record.person_id == visitor.person.id
    return record if mine or record.made_by == visitor.account_id else None


def refuse_mover(record: Record, visitor: Visitor) -> Refusal | None:
    """Return why the visitor may not move a record that they can see, or None if they may."""
    if record.person_id == visitor.me.id:
        return None
    person = person_by_id(record.person_id)
    if person is not None and person.proxy_allowed:
        return None
    return Refusal("proxy_off", "对方已关闭他人代办，您不能再代为办理；请由本人办理。")


def who_for(record: Record, visitor: Visitor, blocked: Refusal | None) -> str | None:
    """Return how this visitor's addresses name the person of a record.

    "self", the token of a proxy case, or None if no case is valid. `blocked`: what `refuse_mover`
    returned.
    """
    if record.person_id == visitor.me.id:
        return "self"
    if blocked is not None:
        return None
    case = repository.proxy_case_for(visitor.account_id, record.person_id)
    return case.token if case is not None and case_lives(case.opened_at) else None


def case_lives(opened_at: datetime) -> bool:
    """Whether a proxy case opened at that moment is still valid."""
    return timedelta(0) <= utcnow() - opened_at <= CASE_LIFE


def own_records(person_id: int, before: int | None = None) -> tuple[Record, ...]:
    """Return a page of a person's records, newest first.

    At most `PAGE_SIZE + 1`: the extra record means that there are more.
    """
    rows = repository.of_person(person_id, before=before, limit=PAGE_SIZE + 1)
    return tuple(record_from(row) for row in rows)


def all_own(person_id: int) -> tuple[Record, ...]:
    """Return all of a person's records, newest first."""
    found: list[Record] = []
    before = None
    while True:
        page = own_records(person_id, before)
        found += page[:PAGE_SIZE]
        if len(page) <= PAGE_SIZE:
            return tuple(found)
        before = found[-1].id


def created_for_others(account_id: int, person_id: int | None) -> tuple[Record, ...]:
    """Return what an account created for people other than its own person, newest first."""
    return tuple(record_from(row) for row in repository.by_account(account_id, person_id))


def awaiting_tax(account_id: int, person_id: int | None) -> tuple[Record, ...]:
    """Return the records in `UNANSWERED` states of a person, and those an account created for
    others.

    The tax bureau will answer, and somebody has to read the answer.
    """
    states = [state.value for state in UNANSWERED]
    rows = repository.of_person_or_by_account(account_id, person_id, states)
    found = tuple(record_from(row) for row in rows)
    return (
        *(record for record in found if record.person_id == person_id),
        *(record for record in found if record.person_id != person_id),
    )


def forget_cases(account_id: int) -> None:
    """Delete the proxy cases of an account."""
    repository.forget_cases(account_id)


def made_for(person_id: int, account_id: int, before: int | None = None) -> tuple[Record, ...]:
    """Return a page of what an account created for a person: the only amounts a proxy may see.

    Paged like `own_records`.
    """
    rows = repository.of_person(person_id, before=before, limit=PAGE_SIZE + 1, made_by=account_id)
    return tuple(record_from(row) for row in rows)
