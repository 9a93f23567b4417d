"""Cases of 不是我办的: open, withdraw and settle them (design 2.4).

While a case about an assessment is open, `transition` refuses to transmit it and the outbox worker
skips it (`held_back`). counter/disputes.py decides who may settle a case and what this does to the
assessment. Revoking an assessment settles its case here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.assessment import dispute_repository, repository
from flexapp.assessment.queries import Record, record_from
from flexapp.audit import service as audit
from flexapp.audit.service import SYSTEM, Actor, ActorKind, Event
from flexapp.db.session import advisory_lock
from flexapp.people.service import person_of_account
from flexapp.rules.disputes import CaseState, Situation, situation
from flexapp.rules.limits import DISPUTES
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.web import rate_limit
from flexapp.web.clock import BEIJING

OPENED, WITHDRAWN, ASKED, SETTLED = (
    "person.disputed",
    "dispute.withdrawn",
    "dispute.asked",
    "dispute.settled",
)
PROXY_OPENED, PROXY_ASKED, PROXY_SETTLED = (
    "proxy.disputed",
    "proxy.dispute_asked",
    "proxy.dispute_settled",
)

MADE = frozenset({"assessment.assess", "assessment.imported", "assessment.restored"})
"""Audit actions that create an assessment. A restored assessment does not say who created it, so it
counts as created by somebody else.
"""

NOT_OPEN = Refusal("dispute_settled", "这件事已经核实完，不用再处理；结果见消息。")
ASKED_ALREADY = Refusal(
    "dispute_asked", "经办机构已向税务申请撤销这一笔，现在不能撤回；结果会在消息里告诉您。"
)
TOO_MANY = Refusal(
    "disputes_enough",
    f"一天最多反映 {DISPUTES.most} 件“不是我办的”，今天已经反映满；请明天再试，"
    "或者带身份证到社保服务大厅，由窗口登记核实。",
)
WITH_TAX_BUREAU = frozenset(
    {Situation.ON_THE_WAY, Situation.AT_TAX, Situation.ASKED, Situation.PAID}
)


@dataclass(frozen=True, slots=True)
class Dispute:
    """One case. `serial`, `record_state` and `record_claimed` are the present values of its
    assessment, if it has one.
    """

    id: int
    person_id: int
    about_seq: int
    about_action: str
    assessment_id: int | None
    serial: str | None
    record_state: str | None
    record_claimed: bool | None
    by_proxy: bool
    proxy_person_id: int | None
    staff_id: int | None
    opened_at: datetime
    opened_label: str
    state: CaseState
    settled_at: datetime | None
    settled_label: str
    found: str | None

    @property
    def record_paid(self) -> bool:
        """Whether the assessment is paid."""
        return self.record_state == State.PAID

    @property
    def declined(self) -> bool:
        """Whether the tax bureau was asked to revoke the assessment and refused."""
        state = self.record_state
        return self.state is CaseState.ASKED and state in (State.TRANSMITTED, State.PAID)

    @property
    def can_withdraw(self) -> bool:
        """Whether the person may withdraw the case. Not once the tax bureau was asked, unless it
        refused.
        """
        return self.state is CaseState.OPEN or self.declined

    @property
    def under_way(self) -> bool:
        """Whether the tax bureau has the assessment now, or may have it.

        The value when the case was opened may differ: an assessment that turned out not to have
        arrived is held back.
        """
        if self.record_state is None:
            return False
        return (
            situation(State(self.record_state), claimed=bool(self.record_claimed))
            in WITH_TAX_BUREAU
        )


def hold_cases(person_id: int) -> None:
    """Lock a person's cases until the transaction ends.

    Acquire before the first read of a case, and before the row of an assessment is changed together
    with its case.
    """
    advisory_lock("disputes of person", person_id)


def open_case(*, event: Event, person_id: int, actor: Actor, at: datetime) -> Refusal | None:
    """Open a case about an audit event about a person. Return None once a case is open.

    A second dispute of the same event, or one about an assessment with an open case, joins that
    case. Refused with `disputes_enough` if the account has reached today's limit.
    """
    hold_cases(person_id)
    record = _record_of(event)
    number = dispute_repository.open_about(
        about_seq=event.seq, assessment_id=None if record is None else record.id
    )
    if number is None:
        if actor.kind is ActorKind.ACCOUNT:
            if rate_limit.retry_after(DISPUTES, person_id) is not None:
                return TOO_MANY
            rate_limit.hit(DISPUTES, person_id)
        number = _open(event, record, person_id, actor, at)
    elif _belongs(event, number, person_id):
        return None
    data = {"about": str(event.seq), "case": str(number), **_months(event)}
    audit.record(
        action=OPENED,
        person_id=person_id,
        subject=event.subject,
        actor=actor,
        at=at,
        data=data,
    )
    return None


def making(events: Iterable[Event]) -> Event | None:
    """Return the event that created an assessment, from all events about it, or None."""
    return next((event for event in events if event.action in MADE), None)


def withdraw(*, number: int, person_id: int, actor: Actor, at: datetime) -> Refusal | None:
    """说错了，是我同意办的: withdraw a case of this person. The assessment may be transmitted
    again.
    """
    hold_cases(person_id)
    found = find(number)
    if found is None or found.person_id != person_id:
        return Refusal("dispute_unknown", "没有找到这条反映。")
    if found.state is CaseState.WITHDRAWN:
        return None
    if not found.state.is_open:
        return NOT_OPEN
    if not found.can_withdraw:
        return ASKED_ALREADY
    close(dispute=found, target=CaseState.WITHDRAWN, found=found.found, actor=actor, at=at)
    return None


def close(
    *, dispute: Dispute, target: CaseState, found: str | None, actor: Actor, at: datetime
) -> None:
    """Close an open case and notify the person and the proxy.

    The caller holds the lock of `hold_cases` since before it read the case.
    """
    _change(dispute, state=target.value, settled_at=at, settled_label=actor.label, found=found)
    if dispute.assessment_id is not None:
        repository.set_disputed(dispute.assessment_id, None)
    action = WITHDRAWN if target is CaseState.WITHDRAWN else SETTLED
    data = {"case": str(dispute.id), "outcome": target.value, **_months_of(dispute)}
    subject = dispute.serial or "dispute"
    audit.record(
        action=action, person_id=dispute.person_id, subject=subject, actor=actor, at=at, data=data
    )
    _tell_proxy(PROXY_SETTLED, dispute.proxy_person_id, subject, at, data)


def asked_tax(*, dispute: Dispute, found: str, actor: Actor, at: datetime) -> None:
    """Record that the tax bureau was asked to revoke the assessment. The case stays open until it
    answers.
    """
    _change(dispute, state=CaseState.ASKED.value, found=found)
    subject, months = dispute.serial or "dispute", _months_of(dispute)
    audit.record(
        action=ASKED,
        person_id=dispute.person_id,
        subject=subject,
        actor=actor,
        at=at,
        data={"case": str(dispute.id), **months},
    )
    _tell_proxy(PROXY_ASKED, dispute.proxy_person_id, subject, at, months)


def settled_by_revoking(record: Record, *, actor: Actor, at: datetime) -> None:
    """Settle the open case of an assessment that was revoked, whoever revoked it.

    `transition` acquires `hold_cases` before it changes the assessment.
    """
    row = dispute_repository.open_of_assessment(record.id)
    if row is not None:
        found = _from(row)
        close(dispute=found, target=CaseState.REVOKED, found=found.found, actor=actor, at=at)


def held_back(since: datetime) -> Refusal:
    """Return the refusal to transmit a disputed assessment. `since`: when the case was opened."""
    local = since.astimezone(BEIJING)
    return Refusal(
        "disputed",
        f"参保人反映这笔核定不是本人办的，{local.month}月{local.day}日起正在核实，核实前不能传输。"
        "其实是本人同意的，由本人在“消息”里点“说错了，是我同意办的”。",
    )


def find(number: int) -> Dispute | None:
    """Return the case with this number, or None."""
    row = dispute_repository.one(number)
    return None if row is None else _from(row)


def record_of(dispute: Dispute) -> Record | None:
    """Return the assessment of a case in its present state, or None."""
    if dispute.assessment_id is None:
        return None
    return record_from(repository.by_id(dispute.assessment_id))


def latest_of(record: Record) -> Dispute | None:
    """Return the latest case about a record, or None. Runs no query if there cannot be one."""
    alone = record.made_by is not None and not record.by_proxy
    if alone and record.disputed_at is None:
        return None
    row = dispute_repository.latest_of_assessment(record.id)
    return None if row is None else _from(row)


def of_person(person_id: int) -> tuple[Dispute, ...]:
    """Return all cases of a person, oldest first."""
    return tuple(_from(row) for row in dispute_repository.of_person(person_id))


def named_by(
    person_id: int, *, numbers: Iterable[str], events: Sequence[Event]
) -> tuple[Dispute, ...]:
    """Return the cases of a person with these numbers, or about these events or their assessments.

    Oldest first.
    """
    if not events:
        return ()
    rows = dispute_repository.named_by(
        person_id,
        numbers=sorted({int(number) for number in numbers if number}),
        seqs=[event.seq for event in events],
        serials=sorted({event.subject for event in events}),
    )
    return tuple(_from(row) for row in rows)


def disputed(person_id: int) -> Mapping[str, str]:
    """Map the sequence number of each event that a person disputed to its latest case number.

    The case number is "" for disputes from before cases were introduced.
    """
    events = audit.about_person(person_id=person_id, actions=(OPENED,), limit=1000)
    return {
        event.data["about"]: event.data.get("case", "")
        for event in reversed(events)
        if "about" in event.data
    }


def waiting(divisions: Sequence[str] | None, *, after: int = 0, limit: int) -> tuple[Dispute, ...]:
    """Return open cases of people insured in these divisions (None: all), oldest first.

    Only cases with an id above `after`, at most `limit`.
    """
    return tuple(
        _from(row) for row in dispute_repository.waiting(divisions, after=after, limit=limit)
    )


def count_waiting(divisions: Sequence[str] | None) -> tuple[int, datetime | None]:
    """Return the number of open cases in these divisions and when the oldest one was opened."""
    return dispute_repository.count_waiting(divisions)


def _belongs(event: Event, number: int, person_id: int) -> bool:
    """Whether the event was disputed in this open case, not only in an earlier one."""
    latest = disputed(person_id).get(str(event.seq))
    if latest == "":  # disputed before cases were introduced
        found = find(number)
        return found is not None and found.about_seq == event.seq
    return latest == str(number)


def _open(event: Event, record: Record | None, person_id: int, actor: Actor, at: datetime) -> int:
    proxy_account = None
    if event.actor_kind == ActorKind.ACCOUNT:
        proxy_account = event.actor_id
    elif record is not None and record.by_proxy:
        proxy_account = record.made_by
    proxy = None if proxy_account is None else person_of_account(proxy_account)
    own = proxy == person_id
    if record is not None:
        # From here on the assessment is held back. The returned row shows whether a worker claimed
        # it before.
        record = record_from(repository.set_disputed(record.id, at))
    where = situation(
        None if record is None else record.state, claimed=record is not None and record.claimed
    )
    number = dispute_repository.add(
        {
            "person_id": person_id,
            "about_seq": event.seq,
            "about_action": event.action,
            "assessment_id": None if record is None else record.id,
            "proxy_person_id": None if own else proxy,
            "by_proxy": proxy_account is not None and not own,
            "staff_id": event.actor_id if event.actor_kind == ActorKind.STAFF else None,
            "opened_at": at,
            "opened_label": actor.label,
            "under_way": where in WITH_TAX_BUREAU,
            "state": CaseState.OPEN.value,
            "settled_at": None,
            "settled_label": "",
            "found": None,
        }
    )
    if not own:
        waits = record is not None and where not in WITH_TAX_BUREAU
        held = {"held": "yes"} if waits and where is not Situation.NONE else {}
        _tell_proxy(PROXY_OPENED, proxy, event.subject, at, _months(event) | held)
    return number


def _tell_proxy(
    action: str, proxy: int | None, subject: str, at: datetime, data: Mapping[str, str]
) -> None:
    """Notify the proxy. The message contains no free text, only what the proxy knows already and
    what happens next.
    """
    if proxy is None:
        return
    kept = {name: data[name] for name in ("outcome", "start", "end", "held") if name in data}
    audit.record(action=action, person_id=proxy, subject=subject, actor=SYSTEM, at=at, data=kept)


def _record_of(event: Event) -> Record | None:
    if not event.action.startswith("assessment."):
        return None
    row = repository.by_serial(event.subject)
    return None if row is None else record_from(row)


def _months(event: Event) -> dict[str, str]:
    return {name: event.data[name] for name in ("start", "end") if name in event.data}


def _months_of(dispute: Dispute) -> dict[str, str]:
    record = record_of(dispute)
    if record is None:
        return {}
    return {"start": str(record.period.start), "end": str(record.period.end)}


def _change(dispute: Dispute, **values: object) -> None:
    if not dispute_repository.change(dispute.id, **values):
        raise RuntimeError("a case was changed that nobody held")


def _from(row: Mapping[str, object]) -> Dispute:
    values = {name: row[name] for name in Dispute.__slots__}
    return Dispute(**{**values, "state": CaseState(str(row["state"]))})  # type: ignore[arg-type]
