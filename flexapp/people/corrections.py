"""Corrections of names, from an inspected document, and changes of phone numbers at a hall.

A corrected name takes effect immediately if the person has no assessments. Otherwise it is pending
until a second member of staff confirms it. Data already sent to the tax bureau does not change.
Former names are kept, so that sheets printed with them can still be verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.db.session import advisory_lock
from flexapp.people import correction_repository, draft_repository, repository
from flexapp.people.external_services import GatewayDown, PopulationRegistry
from flexapp.people.service import PersonCard, mask_phone, person_by_id, phone_index
from flexapp.rules.corrections import CorrectionState, Document
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import outside_transaction

CORRECTED, PROPOSED, DECLINED, PHONE = (
    "person.name_corrected",
    "person.name_proposed",
    "person.name_declined",
    "person.phone_changed",
)
HALL = "hall"
"""Value of `Account.vouched_by` for a number entered at a hall.

A sign-in with the number still requires name and ID number, so that a mistyped number gives nobody
access.
"""

SAME_NAME = Refusal("nothing_changed", "这个姓名和现在登记的一样，不用更正。", "name")
WAITS = Refusal("correction_waits", "这个人已有一项姓名更正在等经办机构复核，复核后再提交。")
NOT_WAITING = Refusal("correction_done", "这项更正已经处理过，不用再点。")
CHANGED_SINCE = Refusal("correction_stale", "登记的姓名在提交以后又变了，请退回，再重新提交。")
NOT_THEIRS = Refusal(
    "name_not_confirmed",
    "人口信息核验没有通过：这个身份证号不是这个姓名。请对照证件核对；"
    "公安机关刚改过名的，等那边更新后再来办理。",
    "name",
)
REGISTRY_DOWN = Refusal("registry_down", "现在连不上核验系统，什么也没有改，请稍后再提交。")
SAME_PHONE = Refusal("nothing_changed", "这个号码和现在的一样，不用更换。", "phone")
NO_ACCOUNT = Refusal(
    "no_account", "这个人还没有手机账号，不用更换：用任何手机号登录，再实名认证就行。", "phone"
)
PHONE_CHANGED = Refusal(
    "phone_changed", "这个人的手机号刚刚由别人更换过，请核对现在的号码，再重新提交。", "phone"
)
TAKEN = Refusal(
    "phone_taken",
    "这个手机号现在是另一位参保人的账号，不能改到这里。请核对号码；号码没有错的，"
    "请那位参保人先在“我的”里注销账号，或到大厅更换手机号，也可以换一个号码办理。",
    "phone",
)


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """A pending or decided name correction. It has no repr, because it contains names."""

    id: int
    person_id: int
    old_name: str
    new_name: str
    document: Document
    document_end: str
    state: CorrectionState
    proposed_by: int
    proposed_label: str
    proposed_at: datetime
    decided_label: str
    decided_at: datetime | None
    reason: str | None


def check_name(*, person: PersonCard, name: str, registry: PopulationRegistry) -> Refusal | None:
    """Check a new name with the population registry; a refusal, or None if it is accepted.

    Call before any write, because the registry is queried with no transaction open. Refusals:
    `nothing_changed`, `name_not_confirmed`, `registry_down`.
    """
    if person.name == name:
        return SAME_NAME
    account = repository.account_of_person(person.id)
    phone = "" if account is None else account.phone
    try:
        with outside_transaction():
            confirmed = registry.confirms(name, person.identity, phone)
    except GatewayDown:
        return REGISTRY_DOWN
    return None if confirmed else NOT_THEIRS


def correct_name(
    *,
    person: PersonCard,
    name: str,
    document: Document,
    document_end: str,
    needs_second: bool,
    actor: Actor,
    at: datetime,
) -> Correction | Refusal:
    """Correct a name after `check_name`: immediately, or after confirmation if `needs_second`.

    Refusals: `nothing_changed`, `correction_waits`.
    """
    advisory_lock("person", person.identity.value)
    row = repository.reload_person(person.id)
    if row.name == name:
        return SAME_NAME
    if correction_repository.waiting_of(person.id) is not None:
        return WAITS
    assert actor.id is not None
    number = correction_repository.add(
        {
            "person_id": person.id,
            "old_name": row.name,
            "new_name": name,
            "document": document.value,
            "document_end": document_end,
            "state": (CorrectionState.WAITING if needs_second else CorrectionState.DONE).value,
            "proposed_by": actor.id,
            "proposed_label": actor.label,
            "proposed_at": at,
            "decided_label": "" if needs_second else actor.label,
            "decided_at": None if needs_second else at,
            "reason": None,
        }
    )
    if not needs_second:
        row.name = name
    _note(PROPOSED if needs_second else CORRECTED, person.id, number, document, actor, at)
    found = find(number)
    assert found is not None
    return found


def confirm(*, number: int, actor: Actor, at: datetime) -> Correction | Refusal:
    """Confirm a pending correction, by somebody else than its author; the name changes now.

    Refusals: `correction_unknown`, `correction_done`, `own_act`, `correction_stale`.
    """
    found = _held(number)
    if isinstance(found, Refusal):
        return found
    if found.proposed_by == actor.id:
        return Refusal("own_act", "这项更正是您提交的，请由别的经办人员复核。")
    row = repository.reload_person(found.person_id)
    if row.name != found.old_name:
        return CHANGED_SINCE
    row.name = found.new_name
    return _decide(found, CorrectionState.DONE, None, CORRECTED, actor, at)


def decline(*, number: int, reason: str, actor: Actor, at: datetime) -> Correction | Refusal:
    """Decline a pending correction, with a reason of 2 to 100 characters.

    Refusals: `correction_unknown`, `correction_done`, `reason_missing`.
    """
    found = _held(number)
    if isinstance(found, Refusal):
        return found
    if not 2 <= len(reason) <= 100:
        return Refusal("reason_missing", "请写明退回的原因，2 至 100 个字。", "reason")
    return _decide(found, CorrectionState.DECLINED, reason, DECLINED, actor, at)


def find(number: int) -> Correction | None:
    """Return the correction with this id, or None."""
    row = correction_repository.one(number)
    return None if row is None else _from(row)


def waiting(*, after: int, limit: int) -> tuple[Correction, ...]:
    """Return at most `limit` pending corrections with an id above `after`, oldest first."""
    return tuple(_from(row) for row in correction_repository.waiting(after, limit))


def count_waiting() -> tuple[int, datetime | None]:
    """Return the number of pending corrections and the time of the oldest."""
    return correction_repository.count_waiting()


def waiting_of(person_id: int) -> Correction | None:
    """Return the pending correction of a person, or None."""
    row = correction_repository.waiting_of(person_id)
    return None if row is None else _from(row)


def of_person(person_id: int) -> tuple[Correction, ...]:
    """Return all corrections of a person's name, oldest first."""
    return tuple(_from(row) for row in correction_repository.of_person(person_id))


def names_before(person_id: int) -> tuple[str, ...]:
    """Return the former names of a person, newest first."""
    done = [each for each in of_person(person_id) if each.state is CorrectionState.DONE]
    return tuple(each.old_name for each in reversed(done))


def phone_of(person_id: int) -> str | None:
    """Return the phone number of a person's account; None if there is no account."""
    account = repository.account_of_person(person_id)
    return None if account is None else account.phone


def check_phone(*, person: PersonCard, phone: str) -> Refusal | None:
    """Return a refusal if the person's account cannot get this number, else None.

    Refusals: `no_account`, `nothing_changed`, `phone_taken`.
    """
    account = repository.account_of_person(person.id)
    if account is None:
        return NO_ACCOUNT
    if account.phone == phone:
        return SAME_PHONE
    holder = repository.account_by_phone(phone_index(phone))
    return TAKEN if holder is not None and holder.person_id is not None else None


def change_phone(*, person: PersonCard, phone: str, actor: Actor, at: datetime) -> Refusal | None:
    """Move an account to another phone number and end its sessions.

    If the new number has an account without a person, that account is closed. It belongs to
    somebody who signed in with the number and did not pass real-name verification. Refusals:
    those of `check_phone`, and `phone_changed`.
    """
    old = phone_of(person.id)
    held = {phone_index(number) for number in (old, phone) if number}
    for index in sorted(held):
        advisory_lock("phone", index)
    advisory_lock("person", person.identity.value)
    refusal = check_phone(person=person, phone=phone)
    if refusal is not None:
        return refusal
    account = repository.account_of_person(person.id)
    assert account is not None
    if account.phone and account.phone_index not in held:
        return PHONE_CHANGED
    empty = repository.account_by_phone(phone_index(phone))
    if empty is not None:
        repository.end_sign_ins(empty.id, utcnow())
        draft_repository.remove_all(empty.id)
        empty.phone, empty.phone_index, empty.closed_at = "", f"closed:{empty.id}", at
        repository.changed(empty)
        repository.flush()
    repository.blank_codes(account.phone_index, utcnow())
    repository.end_sign_ins(account.id, utcnow())
    before = account.phone
    account.phone, account.phone_index = phone, phone_index(phone)
    account.vouched_by, account.closed_at = HALL, None
    repository.changed(account)
    audit.record(
        action=PHONE,
        person_id=person.id,
        subject="account",
        actor=actor,
        at=at,
        data={"phone_before": mask_phone(before), "phone": mask_phone(phone)},
    )
    return None


def _held(number: int) -> Correction | Refusal:
    found = find(number)
    if found is None:
        return Refusal("correction_unknown", "没有找到这项更正。")
    person = person_by_id(found.person_id)
    assert person is not None
    advisory_lock("person", person.identity.value)
    found = find(number)
    assert found is not None
    return found if found.state is CorrectionState.WAITING else NOT_WAITING


def _decide(
    found: Correction,
    state: CorrectionState,
    reason: str | None,
    action: str,
    actor: Actor,
    at: datetime,
) -> Correction:
    correction_repository.change(
        found.id, state=state.value, decided_label=actor.label, decided_at=at, reason=reason
    )
    _note(action, found.person_id, found.id, found.document, actor, at)
    decided = find(found.id)
    assert decided is not None
    return decided


def _note(
    action: str, person_id: int, number: int, document: Document, actor: Actor, at: datetime
) -> None:
    data = {"correction": str(number), "document": document.value}
    audit.record(action=action, person_id=person_id, subject="name", actor=actor, at=at, data=data)


def _from(row: Mapping[str, object]) -> Correction:
    values = {name: row[name] for name in Correction.__slots__}
    values |= {
        "document": Document(str(row["document"])),
        "state": CorrectionState(str(row["state"])),
    }
    return Correction(**values)  # type: ignore[arg-type]
