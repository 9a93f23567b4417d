"""缴费核定凭证: the content of a receipt, its verification code, and verifying one.

Showing a receipt stores nothing. Its code is an HMAC over its content (except the time of issue)
and over the number of the step in the record's history. The same state therefore gives the same
code. Verifying calculates the code of every step. The step that matches tells what the receipt said
and what has happened since.

The key is the index key, as for the audit log. Rotating it invalidates all issued receipts.
Rotating the cookie secret does not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from flask import current_app

from flexapp.assessment.queries import RESTORED as MADE_AGAIN
from flexapp.assessment.queries import Record, find
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.config import Settings
from flexapp.people.corrections import names_before
from flexapp.people.service import PersonCard, person_by_id
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.rules.text import normalise

ALPHABET = "0123456789ACEFHJKMNPRTVWXY"
"""The digits, and the letters that are not mistaken for a digit."""
MISREAD = str.maketrans("OQDILZSBG", "000112586")
"""Maps letters that no code contains to the character they are mistaken for."""
LENGTH, GROUP = 16, 4
"""26 to the power of 16 is 75 bits, so a code cannot be found by trying."""
SERIAL_DIGITS = 20

WRONG = Refusal(
    "receipt_wrong",
    "没有验证通过：流水号或验证码可能输错了，也可能不是本系统出具的凭证。请对照凭证核对后再试。",
)
"""One sentence for a wrong code and an unknown serial, so that it does not tell which it is."""


class Handled(StrEnum):
    """Who created an assessment, as far as a third party may know."""

    SELF = "本人"
    PROXY = "代办"
    COUNTER = "窗口"
    RESTORED = MADE_AGAIN


@dataclass(frozen=True, slots=True)
class Position:
    """A step of a record's history: the state and when it began."""

    state: State
    since: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The content of a receipt. `rate` is a fraction, or None if the record names no rate."""

    record: Record
    name: str
    identity: str
    handled: Handled
    rate: Decimal | None
    position: Position
    code: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine receipt: its content, and the present step of the record.

    `moved`: whether the record has moved since, even if it is back in the same state.
    """

    receipt: Receipt
    now: Position
    moved: bool

    @property
    def void(self) -> bool:
        """Whether the assessment is revoked, so the receipt is invalid."""
        return self.now.state is State.REVOKED


def issue(record: Record) -> Receipt:
    """Return the receipt of a record in its present state."""
    return _sheets(record)[-1]


def read_serial(text: str) -> str | Refusal:
    """Parse a typed serial of 20 digits, in any grouping."""
    digits = _plain(text)
    if not digits:
        return Refusal("receipt_serial_empty", "请输入核定流水号。", "serial")
    if len(digits) != SERIAL_DIGITS or not digits.isdecimal():
        sentence = f"核定流水号是 {SERIAL_DIGITS} 位数字，请对照凭证核对。"
        return Refusal("receipt_serial_form", sentence, "serial")
    return digits


def read_code(text: str) -> str | Refusal:
    """Normalise a typed code to the form on the receipt, whatever its grouping or misread
    letters.
    """
    letters = _plain(text).translate(MISREAD)
    if not letters:
        return Refusal("receipt_code_empty", "请输入验证码。", "check")
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        sentence = f"验证码是 {LENGTH} 位字母和数字，请对照凭证核对。"
        return Refusal("receipt_code_form", sentence, "check")
    return _grouped(letters)


def verify(*, serial: str, code: str) -> Verified | Refusal:
    """Verify a code for a serial, both already parsed, and return what has happened since."""
    record = find(serial)
    if record is None:
        return WRONG
    # A receipt shows the name at the time of issue, which may have been corrected since.
    for name in (None, *names_before(record.person_id)):
        sheets = _sheets(record, name)
        # Compare all codes, each in constant time, so that timing reveals no character of a code.
        fits = [hmac.compare_digest(sheet.code, code) for sheet in sheets]
        if True in fits:
            step = fits.index(True)
            return Verified(sheets[step], sheets[-1].position, moved=step < len(sheets) - 1)
    return WRONG


def _sheets(record: Record, name: str | None = None) -> tuple[Receipt, ...]:
    """Return the receipt of each step of a record's history, oldest first.

    `name`: an earlier name of the person to use instead of the present one.
    """
    person = person_by_id(record.person_id)
    assert person is not None
    if name is not None:
        person = replace(person, name=name)
    return tuple(
        _sheet(record, person, number, position)
        for number, position in enumerate(_history(record, audit.of_subject(subject=record.serial)))
    )


def _history(record: Record, events: Sequence[Event]) -> tuple[Position, ...]:
    """Return every state that a record has been in, oldest first, from the events about it."""
    first = Position(State.ASSESSED, record.made_at)
    moves = []
    for event in events:
        if event.action == "assessment.imported":  # starts in its imported state
            first = Position(State(event.data["state"]), event.at)
        elif event.action == "assessment.restored":  # earlier states are unknown
            first = Position(State(event.data["to"]), event.at)
        elif event.action.startswith("assessment.") and event.data.get("to") in set(State):
            moves.append(Position(State(event.data["to"]), event.at))
    return (first, *moves)


def _sheet(record: Record, person: PersonCard, number: int, position: Position) -> Receipt:
    rate = next((row.value for row in record.parameters if row.parameter.is_rate), None)
    handled = Handled.PROXY if record.by_proxy else Handled.SELF
    if record.made_by is None:
        handled = Handled.RESTORED if record.restored else Handled.COUNTER
    said = [
        record.serial,
        person.masked_name,
        person.masked_identity,
        record.division,
        record.kind.value,
        str(record.period.start),
        str(record.period.end),
        str(record.monthly_base),
        str(record.period_base),
        str(rate),
        str(record.total),
        "staff" if handled is Handled.COUNTER else handled.name,
        number,
        position.state.value,
        position.since.astimezone(UTC).isoformat(),
    ]
    return Receipt(
        record=record,
        name=person.masked_name,
        identity=person.masked_identity,
        handled=handled,
        rate=rate,
        position=position,
        code=_grouped(_letters(_digest("code", json.dumps(said, ensure_ascii=False)))),
    )


def _digest(purpose: str, message: str) -> bytes:
    """Return the HMAC of a message under the index key."""
    settings: Settings = current_app.config["SETTINGS"]
    sealed = f"assessment.receipt.{purpose}\0{message}".encode()
    return hmac.new(settings.index_key, sealed, hashlib.sha256).digest()


def _letters(digest: bytes) -> str:
    """Encode a digest in the alphabet of codes."""
    number, letters = int.from_bytes(digest, "big"), ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return letters


def _grouped(letters: str) -> str:
    """Format as `XXXX-XXXX-XXXX-XXXX`."""
    return "-".join(letters[n : n + GROUP] for n in range(0, LENGTH, GROUP))


def _plain(text: str) -> str:
    """Return the ASCII letters and digits of a typed text, upper case and half width."""
    normal = normalise(text[:100]).upper()
    return "".join(char for char in normal if char.isascii() and char.isalnum())
