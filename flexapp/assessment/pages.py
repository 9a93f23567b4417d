"""What the pages of 核定 show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flexapp.assessment.calculator_view import ChoiceView
from flexapp.assessment.creation import AssessmentSubject
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.eligibility import Eligibility
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.months import YearMonths
from flexapp.assessment.note_pages import FREE_AGAIN, DisputeBox, is_free, note, person_of
from flexapp.assessment.queries import (
    PAGE_SIZE,
    RESIDENT_DESK,
    STATE_STYLES,
    Desk,
    HeldUp,
    Record,
)
from flexapp.assessment.timeline import (
    STEP_TEXTS,
    Progress,
    progress,
)
from flexapp.assessment.unavailable_pages import Closed
from flexapp.audit.service import Event
from flexapp.registration.service import unit_name
from flexapp.rules import divisions
from flexapp.rules.money import plain, yen
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.ratings import FINISHED, business_of
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State

BUTTONS = {Move.REVOKE: "risk", Move.ASK: "risk", Move.TRANSMIT: ""}
ENDPOINTS = {Move.REVOKE: "ask_revoke", Move.ASK: "ask_tax", Move.TRANSMIT: "transmit"}


@dataclass(frozen=True, slots=True)
class Button:
    """A move offered: `dialog` ones ask first."""

    label: str
    url: str
    style: str
    dialog: bool


@dataclass(frozen=True, slots=True)
class RecordCard:
    """A record in a list, on its own page, or polled by itself."""

    serial: str
    url: str
    start: str
    end: str
    base: str
    total: str
    explained: str
    """Where it is shown how they were reckoned."""
    listed: bool
    """Whether it stands in a list, below the months of the year, and not on a page of its own."""
    state: str
    tag: str
    note: str
    mark: str | None
    """Which rate, where it is not the usual one."""
    made_by: str | None
    buttons: tuple[Button, ...]
    poll: str | None
    refresh: str
    """The page it stands on, to be looked at again where nothing moves by itself."""
    again: str | None
    """Where a revoked one is assessed again with its values filled in."""

    @classmethod
    def of(
        cls,
        record: Record,
        *,
        who: str | None,
        shown_at: str,
        listed: bool = False,
        polls: int = 0,
        blocked: Refusal | None = None,
        desk: Desk = RESIDENT_DESK,
        months: Sequence[YearMonths] = (),
    ) -> RecordCard:
        """The card of a record; one in transmission asks again for itself, a limited time.

        `months`: what can be assessed now; a revoked one is made again only where all of it can.
        """
        free = is_free(record, months)
        stands = record.held_up is HeldUp.PARKED or record.held_back
        said = note(record, listed=listed, person=person_of(who, desk))
        waiting = record.state is State.QUEUED and polls < MOST_POLLS and not stands
        # The months above a list change with the card, so it has to say that it stands there.
        asks = {"polls": polls + 1} | ({"listed": 1} if listed else {})
        return cls(
            serial=record.serial,
            url=desk.record("detail", record.serial, who),
            start=str(record.period.start),
            end=str(record.period.end),
            base=plain(record.period_base),
            total=yen(record.total),
            explained=desk.record("explained", record.serial, who),
            listed=listed,
            state=record.state.label,
            tag=STATE_STYLES[record.state],
            note=blocked.sentence if blocked else FREE_AGAIN if free else said,
            mark=record.kind.label if record.kind is RateKind.UNIT else None,
            made_by=record.maker,
            buttons=() if blocked else _buttons(record, who, desk),
            poll=desk.record("card", record.serial, who, **asks) if waiting else None,
            refresh=shown_at,
            again=_again(record, who, desk) if free and not blocked else None,
        )


MOST_POLLS = 20
"""Every two seconds: after that the page stops asking, and 刷新 asks once more."""


def _again(record: Record, who: str | None, desk: Desk) -> str | None:
    # A make-up at the unit rate is not a resident's to make again.
    if who is None or record.kind is RateKind.UNIT:
        return None
    return desk.listing(
        "new",
        who,
        start=record.period.start,
        end=record.period.end,
        base=record.entered,
    )


def _buttons(record: Record, who: str | None, desk: Desk) -> tuple[Button, ...]:
    """What can be done, the way forward on the right, under the thumb."""
    moves = sorted(record.moves, key=lambda move: move is Move.TRANSMIT)
    return tuple(
        Button(
            label=move.label,
            url=desk.record(ENDPOINTS[move], record.serial, who),
            style=BUTTONS[move],
            dialog=move is not Move.TRANSMIT,
        )
        for move in moves
    )


@dataclass(frozen=True, slots=True)
class Header:
    """For whom the page is."""

    who: str
    name: str
    identity: str
    division: str
    by_proxy: bool

    @classmethod
    def of(cls, who: str, subject: AssessmentSubject) -> Header:
        """The header of a subject's pages."""
        return cls(
            who=who,
            name=subject.person.masked_name,
            identity=subject.person.masked_identity,
            division=subject.registration.division.name,
            by_proxy=subject.by_proxy,
        )


@dataclass(frozen=True, slots=True)
class ListPage:
    """The records of a person as far as the visitor may see them."""

    header: Header
    cards: tuple[RecordCard, ...]
    older: int | None
    taken_by_others: tuple[str, ...]
    """Months held by assessments whose amounts a proxy does not see."""
    months: tuple[YearMonths, ...]
    desk: Desk = RESIDENT_DESK
    not_open: str | None = None
    """Why nothing can be assessed on this phone, if so."""

    @classmethod
    def of(
        cls,
        header: Header,
        records: Sequence[Record],
        *,
        months: tuple[YearMonths, ...],
        hidden: Sequence[Month] = (),
        desk: Desk = RESIDENT_DESK,
        not_open: Refusal | None = None,
    ) -> ListPage:
        """A page of records, newest first; one more than fits says that there are older ones."""
        return cls(
            header=header,
            cards=tuple(
                RecordCard.of(
                    record,
                    who=header.who,
                    shown_at=desk.listing("records", header.who),
                    listed=True,
                    desk=desk,
                    months=months,
                )
                for record in records[:PAGE_SIZE]
            ),
            older=records[PAGE_SIZE - 1].id if len(records) > PAGE_SIZE else None,
            taken_by_others=tuple(month.label for month in hidden),
            months=months,
            desk=desk,
            not_open=None if not_open is None else not_open.sentence,
        )


@dataclass(frozen=True, slots=True)
class FormPage:
    """The assessment form."""

    header: Header
    month_options: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    closed: Closed | None
    """Why nothing can be assessed at all, if so, and what to do instead."""
    choice: ChoiceView
    months: tuple[YearMonths, ...]
    """Of the open years, to be chosen by tapping."""
    conflicts: tuple[tuple[str, str], ...] = field(default=())
    """Serial and address of the visitor's own records that hold a chosen month."""
    desk: Desk = RESIDENT_DESK
    elsewhere: tuple[str, str] | None = None
    """Address and name of the button that takes what is typed to another place."""
    continued: str | None = None
    """Where what stands in the fields was typed, if that was in another place."""


def month_options(
    bounds: Eligibility, chosen: Sequence[str]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The months of the selects: those that can be assessed, by year.

    A chosen month that is no longer free stays in the list and says so: nothing chosen vanishes.
    """
    free = bounds.free
    options = [(str(month), month.label) for month in free]
    for text in chosen:
        if text and text not in {value for value, _ in options}:
            try:
                label = Month.parse(text).label
            except ValueError:
                continue
            options.append((text, f"{label}（不能核定）"))
    options = sorted(set(options))
    # Without an entry for it, the browser would choose the first month by itself.
    none = (("", (("", "请选择"),)),) if "" in chosen else ()
    if len({value[:4] for value, _ in options}) <= 1:
        return (*none, ("", tuple(options)))
    years = sorted({value[:4] for value, _ in options})
    return none + tuple(
        (f"{year}年", tuple(option for option in options if option[0].startswith(year)))
        for year in years
    )


def unchoose(form: AssessmentForm, bounds: Eligibility) -> tuple[str, ...]:
    """Take months of a draft that are no longer free out of the form, and say which."""
    said = []
    for field_ in (form.start, form.end):
        try:
            month = Month.parse(field_.data or "")
        except ValueError:
            continue
        if month not in bounds.free:
            said.append(f"您上次选的{month.label}现在不能核定，请重新选择{field_.label.text}。")
            field_.data = ""
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a record."""

    at: object
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class DetailPage:
    """A record with how it was reckoned and what happened to it."""

    card: RecordCard
    explained: str
    """Where every step of the reckoning is shown."""
    receipt: str | None
    """Where its sheet is."""
    back: str
    division: str
    unit: str | None
    entered: str
    monthly_base: str
    monthly_amount: str
    months: int
    steps: tuple[Step, ...]
    progress: Progress
    rating: str | None
    """Where what was finished last is rated, by whom it was done for or who did it."""
    dispute: DisputeBox | None
    """About 不是我办的: that a case is open, or where one is opened."""

    @classmethod
    def of(
        cls,
        record: Record,
        *,
        who: str | None,
        back: str,
        events: Sequence[Event],
        own: bool,
        blocked: Refusal | None,
        case: Dispute | None = None,
        desk: Desk = RESIDENT_DESK,
        months: Sequence[YearMonths] = (),
    ) -> DetailPage:
        """The page of a record with its events, oldest first; `case`: the latest about it."""
        place = divisions.find(record.division)
        return cls(
            card=RecordCard.of(
                record,
                who=who,
                shown_at=desk.record("detail", record.serial, who),
                blocked=blocked,
                desk=desk,
                months=months,
            ),
            explained=desk.record("explained", record.serial, who),
            receipt=desk.receipt(record.serial, who),
            back=back,
            division=place.name if place else record.division,
            unit=unit_name(record.unit_id) if record.kind is RateKind.UNIT else None,
            entered=record.entered,
            monthly_base=plain(record.monthly_base),
            monthly_amount=yen(record.monthly_amount),
            months=record.period.count,
            steps=tuple(
                _step(event, own or _is_maker(event, record))
                for event in events
                if event.action in STEP_TEXTS
            ),
            progress=progress(record, events, person=desk.person, free=is_free(record, months)),
            rating=_rating(record, events, own, desk),
            dispute=DisputeBox.of(record, case, events, own=own, who=who, desk=desk),
        )


def _rating(record: Record, events: Sequence[Event], own: bool, desk: Desk) -> str | None:
    finished = FINISHED.get(record.state)
    for event in reversed(events):
        done = business_of(event.action, actor_kind=event.actor_kind, channel=event.channel)
        if done is not None and done is finished and (own or _is_maker(event, record)):
            return desk.rating(event.seq)
    return None


def _is_maker(event: Event, record: Record) -> bool:
    return event.actor_kind == "account" and event.actor_id == record.made_by


def _step(event: Event, own: bool) -> Step:
    text = STEP_TEXTS[event.action]
    reason = event.data.get("reason")
    # A proxy is not told the other hands by name and number, only that there were some.
    who = event.actor_label if own or event.actor_kind != "account" else "参保人或代办人"
    return Step(event.at, f"{text}：{reason}" if reason else text, who)
