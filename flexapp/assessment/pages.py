"""View models of the pages of 核定."""

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
    RESIDENT_PAGES,
    STATE_STYLES,
    DeskPages,
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
    """A move that is offered. `dialog`: it asks for confirmation first."""

    label: str
    url: str
    style: str
    dialog: bool


@dataclass(frozen=True, slots=True)
class RecordCard:
    """A record in a list, on its own page, or polled as a fragment."""

    serial: str
    url: str
    start: str
    end: str
    base: str
    total: str
    explained: str
    """Address of the explanation of the amounts."""
    listed: bool
    """Whether the card is in a list below the months of the year, not on the record's own page."""
    state: str
    tag: str
    note: str
    mark: str | None
    """The label of the rate if it is not the usual one."""
    made_by: str | None
    buttons: tuple[Button, ...]
    poll: str | None
    refresh: str
    """Address of the page that shows the card, for a manual refresh once polling has stopped."""
    again: str | None
    """Address that assesses a revoked record again with its values filled in; None if not
    possible.
    """

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
        desk: DeskPages = RESIDENT_PAGES,
        months: Sequence[YearMonths] = (),
    ) -> RecordCard:
        """Build the card of a record. A record in transmission polls itself up to `MAX_POLLS`
        times.

        `months`: what can be assessed now. A revoked record is offered again only if all its months
        are free.
        """
        free = is_free(record, months)
        stands = record.held_up is HeldUp.PARKED or record.held_back
        said = note(record, listed=listed, person=person_of(who, desk))
        waiting = record.state is State.QUEUED and polls < MAX_POLLS and not stands
        # The months above a list change together with the card, so the poll says that it is listed.
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


MAX_POLLS = 20
"""Maximum number of polls, one every two seconds. Afterwards 刷新 asks once more."""


def _again(record: Record, who: str | None, desk: DeskPages) -> str | None:
    # A resident may not create a make-up payment at the unit rate.
    if who is None or record.kind is RateKind.UNIT:
        return None
    return desk.listing(
        "new",
        who,
        start=record.period.start,
        end=record.period.end,
        base=record.entered,
    )


def _buttons(record: Record, who: str | None, desk: DeskPages) -> tuple[Button, ...]:
    """Return the buttons. The way forward is on the right, within reach of the thumb."""
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
    """The person a page is for, masked."""

    who: str
    name: str
    identity: str
    division: str
    by_proxy: bool

    @classmethod
    def of(cls, who: str, subject: AssessmentSubject) -> Header:
        """Build the header of a subject's pages."""
        return cls(
            who=who,
            name=subject.person.masked_name,
            identity=subject.person.masked_identity,
            division=subject.registration.division.name,
            by_proxy=subject.by_proxy,
        )


@dataclass(frozen=True, slots=True)
class ListPage:
    """The records of a person that the current user may see."""

    header: Header
    cards: tuple[RecordCard, ...]
    older: int | None
    taken_by_others: tuple[str, ...]
    """Months reserved by assessments whose amounts a proxy may not see."""
    months: tuple[YearMonths, ...]
    desk: DeskPages = RESIDENT_PAGES
    not_open: str | None = None
    """Why nothing can be assessed through this channel, if so."""

    @classmethod
    def of(
        cls,
        header: Header,
        records: Sequence[Record],
        *,
        months: tuple[YearMonths, ...],
        hidden: Sequence[Month] = (),
        desk: DeskPages = RESIDENT_PAGES,
        not_open: Refusal | None = None,
    ) -> ListPage:
        """Build a page of records, newest first.

        More than `PAGE_SIZE` records mean that there are older ones.
        """
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
    """The months of the open years, to be selected by tapping."""
    conflicts: tuple[tuple[str, str], ...] = field(default=())
    """Serial and address of the user's own records that reserve a selected month."""
    desk: DeskPages = RESIDENT_PAGES
    elsewhere: tuple[str, str] | None = None
    """Address and label of the button that takes the entry to another channel."""
    continued: str | None = None
    """The channel where the entry was typed, if it was another one."""


def month_options(
    bounds: Eligibility, chosen: Sequence[str]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the options of the month selects: the months that can be assessed, by year.

    A selected month that is no longer free stays in the list, marked, so that no selection
    disappears.
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
    # Without an empty option the browser selects the first month.
    none = (("", (("", "请选择"),)),) if "" in chosen else ()
    if len({value[:4] for value, _ in options}) <= 1:
        return (*none, ("", tuple(options)))
    years = sorted({value[:4] for value, _ in options})
    return none + tuple(
        (f"{year}年", tuple(option for option in options if option[0].startswith(year)))
        for year in years
    )


def clear_unavailable_months(form: AssessmentForm, bounds: Eligibility) -> tuple[str, ...]:
    """Clear the months of a draft that are no longer free, and return a sentence about each."""
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
    """One entry of a record's history."""

    at: object
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class DetailPage:
    """A record with its calculation and its history."""

    card: RecordCard
    explained: str
    """Address of the explanation of the calculation."""
    receipt: str | None
    """Address of its receipt."""
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
    """Address where the last finished business is rated, by the person or by who did it for
    them.
    """
    dispute: DisputeBox | None
    """The box about 不是我办的: that a case is open, or where to open one."""

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
        desk: DeskPages = RESIDENT_PAGES,
        months: Sequence[YearMonths] = (),
    ) -> DetailPage:
        """Build the page of a record from its events, oldest first. `case`: the latest case about
        it.
        """
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


def _rating(record: Record, events: Sequence[Event], own: bool, desk: DeskPages) -> str | None:
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
    # A proxy sees that other people acted, but not their names or numbers.
    who = event.actor_label if own or event.actor_kind != "account" else "参保人或代办人"
    return Step(event.at, f"{text}：{reason}" if reason else text, who)
