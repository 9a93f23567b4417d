"""代他人核定: open a case for another person, and the protections around it (design 2.4)."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from flexapp.assessment import repository
from flexapp.assessment.creation import AssessmentSubject
from flexapp.assessment.models import ProxyCase
from flexapp.assessment.queries import case_lives
from flexapp.audit import service as audit
from flexapp.people.service import (
    NameTry,
    Visitor,
    asked_on,
    find_person,
    may_ask_about,
    person_by_id,
    try_name,
)
from flexapp.registration import service as registration
from flexapp.rules.identity import IdentityNumber, same_name
from flexapp.rules.refusal import Refusal
from flexapp.web import rate_limit
from flexapp.web.clock import utcnow

PEOPLE_A_DAY = 5
ENDED = Refusal("proxy_ended", "这次代办已经结束，请重新填写对方的姓名和身份证号。")

NO_MATCH = Refusal(
    "proxy_no_match",
    "没有找到可以代办的人。请核对姓名和身份证号；对方须已登记参保，且没有关闭他人代办。",
)
"""One sentence for every mismatch, so that nobody learns who is registered."""


def open_case(
    *, visitor: Visitor, name: str, identity: IdentityNumber, at: datetime, today: date
) -> str | Refusal:
    """Open a case for the person with this name and ID number, and return its token.

    Every ID number counts towards the account's daily limit, found or not. Every different name for
    a number counts towards the limit of name attempts.
    """
    if visitor.me.identity == identity:
        return Refusal("proxy_self", "这是您本人，请选“本人缴费核定”。", "identity")
    if not may_ask_about(
        account_id=visitor.account_id,
        kind="proxy",
        identity=identity,
        today=today,
        limit=PEOPLE_A_DAY,
    ):
        return Refusal(
            "proxy_limit",
            f"每天最多代 {PEOPLE_A_DAY} 人办理（填错的也算），今天的次数已用完，"
            "请明天再办，或到社保服务大厅办理。",
        )
    tried = try_name(
        asker=f"account:{visitor.account_id}", kind="proxy", identity=identity, name=name
    )
    if not isinstance(tried, NameTry):
        return Refusal(
            "proxy_names",
            "为这个身份证号填错姓名的次数太多，"
            f"请{rate_limit.in_words(tried)}再试，或请对方本人办理，或到社保服务大厅办理。",
        )
    person = find_person(identity)
    if (
        person is None
        or not same_name(person.name, name)
        or not person.proxy_allowed
        or registration.current(person.id) is None
    ):
        return NO_MATCH
    tried.was_right()
    case = repository.proxy_case_for(visitor.account_id, person.id)
    if case is None:
        case = ProxyCase(
            token=secrets.token_urlsafe(16),
            account_id=visitor.account_id,
            person_id=person.id,
            opened_at=utcnow(),
        )
        repository.add_proxy_case(case)
    case.opened_at = utcnow()
    audit.record(
        action="proxy.opened",
        person_id=person.id,
        subject="proxy",
        actor=visitor.actor,
        at=at,
    )
    return case.token


def has_tried_today(*, visitor: Visitor, today: date) -> bool:
    """Whether the account has named anybody today.

    An account that has not is not refused because of others behind the same IP address.
    """
    return asked_on(visitor.account_id, "proxy", today)


def subject_of(*, token: str, visitor: Visitor) -> AssessmentSubject | Refusal | None:
    """Return the subject of a case, a refusal if it has ended, or None if it is not the visitor's.

    A case lasts half a day, and only while the person allows proxies.
    """
    case = repository.proxy_case(token, visitor.account_id)
    if case is None:
        return None
    if not case_lives(case.opened_at):
        return ENDED
    person = person_by_id(case.person_id)
    registered = registration.current(case.person_id)
    if person is None or registered is None or not person.proxy_allowed:
        return ENDED
    return AssessmentSubject(person, registered, by_proxy=True)
