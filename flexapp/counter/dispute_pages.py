"""View models of the pages of 不是我办的 at a counter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flexapp.assessment.disputes import Dispute
from flexapp.assessment.service import STATE_STYLES
from flexapp.counter.disputes import MAY_SETTLE, OWN_ACT, PAGE_SIZE, Found
from flexapp.people.service import PersonCard
from flexapp.rules.disputes import (
    FOUND_MAX,
    PAID_WAY,
    CaseState,
    Choice,
    Situation,
    choices_in_words,
    settle,
)
from flexapp.rules.money import yen
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State
from flexapp.staff.event_sentences import SENTENCES
from flexapp.staff.service import Clerk
from flexapp.web.clock import BEIJING
from flexapp.web.formatting import moment
from flexapp.web.select_options import Groups


def age(since: datetime, today: date, *, began: str) -> str:
    """Return how long something has waited: "已等 3 天", or for today "今天" followed by
    `began`.
    """
    days = (today - since.astimezone(BEIJING).date()).days
    return f"已等 {days} 天" if days > 0 else f"今天{began}"


def waiting_since(waits: tuple[int, datetime | None], today: date, *, began: str) -> str:
    """Return the number waiting and the longest wait, for the entry on the desk; "" if none."""
    number, since = waits
    if since is None:
        return ""
    oldest = age(since, today, began=began)
    return f"{number} 件，{oldest}" if number == 1 else f"{number} 件，最久的{oldest}"


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """One open case in the list."""

    id: int
    who: str
    about: str
    since: datetime
    age: str
    state: str
    under_way: bool


@dataclass(frozen=True, slots=True)
class DisputesPage:
    """The page /counter/disputes: open cases, oldest first."""

    lines: tuple[DisputeLine, ...]
    more: int | None

    @classmethod
    def of(cls, found: Sequence[tuple[Dispute, PersonCard]], today: date) -> DisputesPage:
        """Build a page of cases. More than `PAGE_SIZE` mean that there are further ones."""
        lines = tuple(
            DisputeLine(
                id=case.id,
                who=f"{person.masked_name}（{person.masked_identity}）",
                about=_about(case),
                since=case.opened_at,
                age=age(case.opened_at, today, began="反映"),
                state=_status(case),
                under_way=case.under_way and not case.record_paid,
            )
            for case, person in found[:PAGE_SIZE]
        )
        return cls(lines, lines[-1].id if len(found) > PAGE_SIZE else None)


@dataclass(frozen=True, slots=True)
class DisputePage:
    """The page /counter/disputes/<number>: what is disputed, its progress, and the possible
    decisions.
    """

    id: int
    name: str
    identity: str
    state: str
    facts: tuple[tuple[str, str], ...]
    record: tuple[tuple[str, str], ...]
    tag: tuple[str, str] | None
    """CSS class and label of the assessment's state."""
    note: str | None
    """What the person who settles the case must know first."""
    choices: Groups
    effects: tuple[tuple[str, str], ...]
    """The effect of each choice."""
    may_settle: bool
    most: int = FOUND_MAX

    @classmethod
    def of(cls, found: Found, clerk: Clerk, today: date) -> DisputePage:
        """Build the page of a case for this clerk. An auditor gets no buttons."""
        case, record = found.dispute, found.record
        own = case.staff_id == clerk.id
        may = clerk.role in MAY_SETTLE and case.state.is_open and not own
        offered = found.choices if may else ()
        return cls(
            id=case.id,
            name=found.person.masked_name,
            identity=found.person.masked_identity,
            state=case.state.label,
            facts=tuple(_facts(found, today)),
            record=tuple(_record_facts(found)),
            tag=None if record is None else (STATE_STYLES[record.state], record.state.label),
            note=OWN_ACT.sentence if own and case.state.is_open else _note(found),
            choices=(("", tuple((each.value, each.label) for each in offered)),),
            effects=tuple((each.label, _effect(each, found)) for each in offered),
            may_settle=bool(offered),
        )


def _status(case: Dispute) -> str:
    """Return the state of a case. An answer of the tax bureau means that the desk must act next."""
    if case.record_paid:
        return f"{case.state.label}，已缴费"
    if case.state is CaseState.ASKED and case.record_state == State.TAX_REVOKED:
        return "税务已撤销，请结案"
    if case.state is CaseState.ASKED and case.record_state == State.TRANSMITTED:
        return "税务不同意撤销，请结案"
    return case.state.label


def _about(case: Dispute) -> str:
    what = SENTENCES.get(case.about_action, case.about_action)
    return what if case.serial is None else f"{what}，流水号 {case.serial}"


def _facts(found: Found, today: date) -> Iterator[tuple[str, str]]:
    case = found.dispute
    yield "参保地区", found.division.name if found.division else "没有登记"
    yield "反映的事", SENTENCES.get(case.about_action, case.about_action)
    if found.event is not None:
        yield "谁办的", found.event.actor_label
        yield "办理时间", moment(found.event.at)
    yield "谁反映的", case.opened_label
    if case.settled_at is None:
        yield "反映时间", f"{moment(case.opened_at)}，{age(case.opened_at, today, began='反映')}"
    else:
        yield "反映时间", moment(case.opened_at)
        yield "结案时间", moment(case.settled_at)
        yield "结案人", case.settled_label
    if case.found:
        yield "核实的情况", case.found


def _record_facts(found: Found) -> Iterator[tuple[str, str]]:
    record = found.record
    if record is None:
        return
    yield "核定流水号", record.serial
    yield "月份", record.period.label
    yield "缴费总额", yen(record.total)
    yield "办理人", record.maker or "本人账号"


def _note(found: Found) -> str | None:
    case, record = found.dispute, found.record
    if not case.state.is_open or record is None:
        return None
    if case.state is CaseState.ASKED and record.state is State.TRANSMITTED:
        return "税务不同意撤销。请联系税务（12366）和参保人，再决定怎么结案。"
    if record.state is State.TAX_REVOKED:
        return f"税务已经撤销：选{choices_in_words(found.choices)}就办完。"
    if found.where is Situation.PAID:
        return PAID_WAY
    if found.where is Situation.ASKED:
        return "已经向税务申请撤销，等税务答复。"
    if found.where is Situation.ON_THE_WAY:
        return "这笔核定正在传输，等税务答复以后再撤销；一般几分钟。"
    return "这一笔已经交给税务。" if case.under_way else "结案以前不会传输。"


def _effect(choice: Choice, found: Found) -> str:
    step = settle(choice, found.where, by_proxy=found.dispute.by_proxy)
    assert not isinstance(step, Refusal)
    if choice is Choice.CONFIRM:
        return "是本人办的或同意办的。可以继续办理；已按过“传输”的马上传输。"
    if choice is Choice.ELSEWHERE:
        return "不是本人办的，这里也撤销不了。写明怎么处理，参保人会看到。"
    done = {
        Move.REVOKE: "撤销这笔核定，月份可以重新核定。",
        Move.ASK: "先向税务申请撤销；税务同意以后，再来这里结案。",
        None: "",
    }[step.move]
    return f"对方无权代办。关闭他人代办。{done}" if step.closes_proxy else done
