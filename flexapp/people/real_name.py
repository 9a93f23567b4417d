"""Real-name verification (实名认证): link an account to its person."""

from __future__ import annotations

from datetime import date, datetime

from flexapp.audit import service as audit
from flexapp.db.session import advisory_lock
from flexapp.people import name_attempts, repository
from flexapp.people.external_services import GatewayDown, PopulationRegistry
from flexapp.people.service import (
    PersonCard,
    Visitor,
    add_person,
    asked_on,
    find_person,
    may_ask_about,
    phone_index,
)
from flexapp.rules.identity import IdentityNumber, same_name
from flexapp.rules.refusal import Refusal
from flexapp.web import rate_limit
from flexapp.web.unit_of_work import outside_transaction

MAX_NUMBERS_A_DAY = 5
"""Maximum number of different ID numbers that an account may try per day."""

NOT_CONFIRMED = Refusal(
    "real_name_not_confirmed",
    "姓名和身份证号没有通过核验，或者这个身份证号已在别的手机号上实名。"
    "请核对后再试；换了手机号的，请带身份证到社保服务大厅更换。",
)
"""The single refusal for every mismatch, so that nobody learns who is registered."""

SIGNED_OUT = Refusal("signed_out", "这次登录已经结束，请重新登录，再来实名认证。")
"""The account was closed, or its number changed, during the query to the registry."""


def confirm_real_name(
    *,
    visitor: Visitor,
    name: str,
    identity: IdentityNumber,
    registry: PopulationRegistry,
    at: datetime,
    today: date,
) -> PersonCard | Refusal:
    """Link the visitor's account to the person with this name and ID number.

    One ID number is one person with one account. Another name for it is refused, and so is an ID
    number that another account holds. If a channel has vouched for the person before, this confirms
    it by the holder of the phone number. Refusals: `already_real_name`, `real_name_limit`,
    `real_name_names`, `registry_down`, `signed_out`, `real_name_not_confirmed`.
    """
    if visitor.person is not None:
        if visitor.person.identity == identity and same_name(visitor.person.name, name):
            return visitor.person
        return Refusal("already_real_name", "这个手机号已经实名，不能再换成别人。")
    if not may_ask_about(
        account_id=visitor.account_id,
        kind="real_name",
        identity=identity,
        today=today,
        limit=MAX_NUMBERS_A_DAY,
    ):
        return Refusal(
            "real_name_limit",
            f"今天已经核验过 {MAX_NUMBERS_A_DAY} 个身份证号（填错的也算），"
            "请明天再试，或到经办窗口办理。",
        )
    tried = name_attempts.try_name(
        asker=f"account:{visitor.account_id}", kind="real_name", identity=identity, name=name
    )
    if not isinstance(tried, name_attempts.NameTry):
        return Refusal(
            "real_name_names",
            "为这个身份证号填错姓名的次数太多，"
            f"请{rate_limit.in_words(tried)}再试，或带身份证到经办窗口办理。",
        )
    try:
        with outside_transaction():
            confirmed = registry.confirms(name, identity, visitor.phone)
    except GatewayDown:
        tried.was_not_judged()
        return Refusal("registry_down", "现在连不上核验系统，您填的内容还在，请稍后再按“确认”。")
    advisory_lock("phone", phone_index(visitor.phone))
    advisory_lock("person", identity.value)
    account = repository.account(visitor.account_id)
    if account.closed_at is not None or account.phone_index != phone_index(visitor.phone):
        tried.was_not_judged()
        return SIGNED_OUT
    person = find_person(identity)
    if not confirmed or (person is not None and not same_name(person.name, name)):
        return NOT_CONFIRMED
    # A channel may have vouched for another person with this number; then one of the two is wrong.
    if account.person_id is not None and (person is None or person.id != account.person_id):
        return NOT_CONFIRMED
    holder = None if person is None else repository.account_of_person(person.id)
    if holder is not None and holder.id != account.id:
        return NOT_CONFIRMED
    tried.was_right()
    if person is None:
        person = add_person(name=name, identity=identity, at=at)
    account.person_id = person.id
    account.real_name_at = at
    account.vouched_by = None
    repository.changed(account)
    audit.record(
        action="person.real_name",
        person_id=person.id,
        subject="real-name",
        actor=visitor.actor,
        at=at,
    )
    return person


def has_tried_today(*, visitor: Visitor, today: date) -> bool:
    """Whether the account has tried any ID number today.

    The limit of an address does not apply to a first attempt, which others may have used up.
    """
    return asked_on(visitor.account_id, "real_name", today)
