"""缴费核定凭证: what the sheet of an assessment says, the code that vouches for it, and its check.

Nothing is stored when a sheet is shown. Its code is an HMAC over what the sheet says (but for the
moment it was made) and over the step of the record's history that it was made at. So the same state
gives the same code again, and whoever checks one is told what the sheet said then and what has
become of it since: the code is reckoned anew for each step, and the one that fits tells the step.

The key is the index key, as for the record of what was done: with another one no sheet that is
already out can be checked any more. A cookie secret may change, and every sheet stays good.
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
"""The digits, and the letters that nobody takes for one."""
MISREAD = str.maketrans("OQDILZSBG", "000112586")
"""What is typed in the place of a digit by who cannot tell them apart: no code holds these."""
LENGTH, GROUP = 16, 4
"""26 to the 16th are 75 bits: nobody finds one by trying, however often."""
SERIAL_DIGITS = 20

WRONG = Refusal(
    "receipt_wrong",
    "没有验证通过：流水号或验证码可能输错了，也可能不是本系统出具的凭证。请对照凭证核对后再试。",
)
"""One sentence for a wrong code and an unknown serial: neither tells which of the two it is."""


class Handled(StrEnum):
    """Who made an assessment, as a stranger may know it."""

    SELF = "本人"
    PROXY = "代办"
    COUNTER = "窗口"
    RESTORED = MADE_AGAIN


@dataclass(frozen=True, slots=True)
class Position:
    """A step of a record's history: the state, and since when."""

    state: State
    since: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sheet says. `rate`: a fraction, None where the record names none."""

    record: Record
    name: str
    identity: str
    handled: Handled
    rate: Decimal | None
    position: Position
    code: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine sheet: what it says, and where the record is now.

    `moved`: whether anything happened since, even where that led back to the same state.
    """

    receipt: Receipt
    now: Position
    moved: bool

    @property
    def void(self) -> bool:
        """Whether it is worth nothing any more."""
        return self.now.state is State.REVOKED


def issue(record: Record) -> Receipt:
    """The sheet of a record as it stands."""
    return _sheets(record)[-1]


def read_serial(text: str) -> str | Refusal:
    """The serial that was typed, 20 digits, however it was grouped."""
    digits = _plain(text)
    if not digits:
        return Refusal("receipt_serial_empty", "请输入核定流水号。", "serial")
    if len(digits) != SERIAL_DIGITS or not digits.isdecimal():
        sentence = f"核定流水号是 {SERIAL_DIGITS} 位数字，请对照凭证核对。"
        return Refusal("receipt_serial_form", sentence, "serial")
    return digits


def read_code(text: str) -> str | Refusal:
    """The code that was typed as the sheet writes it, however it was grouped or misread."""
    letters = _plain(text).translate(MISREAD)
    if not letters:
        return Refusal("receipt_code_empty", "请输入验证码。", "check")
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        sentence = f"验证码是 {LENGTH} 位字母和数字，请对照凭证核对。"
        return Refusal("receipt_code_form", sentence, "check")
    return _grouped(letters)


def verify(*, serial: str, code: str) -> Verified | Refusal:
    """Whether a code (both as read) is that of the serial's sheet, and what has happened since."""
    record = find(serial)
    if record is None:
        return WRONG
    # A sheet says the name of when it was made; the person may have had it corrected since.
    for name in (None, *names_before(record.person_id)):
        sheets = _sheets(record, name)
        # All are compared, each in constant time: how long it takes tells no character of a code.
        fits = [hmac.compare_digest(sheet.code, code) for sheet in sheets]
        if True in fits:
            step = fits.index(True)
            return Verified(sheets[step], sheets[-1].position, moved=step < len(sheets) - 1)
    return WRONG


def _sheets(record: Record, name: str | None = None) -> tuple[Receipt, ...]:
    """The sheet of each step of a record's history, oldest first; `name`: an earlier one of the
    person's."""
    person = person_by_id(record.person_id)
    assert person is not None
    if name is not None:
        person = replace(person, name=name)
    return tuple(
        _sheet(record, person, number, position)
        for number, position in enumerate(_history(record, audit.of_subject(subject=record.serial)))
    )


def _history(record: Record, events: Sequence[Event]) -> tuple[Position, ...]:
    """Every state that a record has been in, from the events about it, oldest first."""
    first = Position(State.ASSESSED, record.made_at)
    moves = []
    for event in events:
        if event.action == "assessment.imported":  # an old batch assessment came in as it stood
            first = Position(State(event.data["state"]), event.at)
        elif event.action == "assessment.restored":  # what it was before is not known
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
    """What only we can reckon of a message."""
    settings: Settings = current_app.config["SETTINGS"]
    sealed = f"assessment.receipt.{purpose}\0{message}".encode()
    return hmac.new(settings.index_key, sealed, hashlib.sha256).digest()


def _letters(digest: bytes) -> str:
    """A digest in the letters of a code."""
    number, letters = int.from_bytes(digest, "big"), ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return letters


def _grouped(letters: str) -> str:
    """`XXXX-XXXX-XXXX-XXXX`."""
    return "-".join(letters[n : n + GROUP] for n in range(0, LENGTH, GROUP))


def _plain(text: str) -> str:
    """Letters and digits of what was typed, capital and of half width: no blanks, no hyphens."""
    normal = normalise(text[:100]).upper()
    return "".join(char for char in normal if char.isascii() and char.isalnum())
