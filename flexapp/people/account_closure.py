"""Closing an account (注销账号): account data is deleted, insurance data is kept.

The account row remains, without phone number and person, because assessments refer to it. The
number becomes free. The next sign-in with it creates a new account, which needs real-name
verification and then leads to the same person again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flexapp.audit import service as audit
from flexapp.db.session import advisory_lock
from flexapp.people import (
    draft_repository,
    handover_codes,
    repository,
)
from flexapp.people.service import Visitor, phone_index
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import utcnow

CLOSED = "account.closed"
AGAIN_AFTER = timedelta(days=1)
"""Minimum time between two closures, because a new account starts with unused daily limits."""

NOT_CONFIRMED = Refusal(
    "real_name_first", "这个手机号还没有完成实名认证。请先在“我的”里实名认证，再来注销。"
)
CLOSED_TODAY = Refusal("closed_today", "一天之内已经注销过一次，请明天再来。")
SIGNED_OUT = Refusal("signed_out", "这次登录已经结束，请重新登录，再来注销。")
TRIED_TODAY = Refusal("tried_today", "今天用这个手机号核验过身份证号，请明天再来注销。")


def why_not_close(*, visitor: Visitor, at: datetime, today: date) -> Refusal | None:
    """Return a refusal if the state of the account forbids closing it now, else None.

    Refusals: `real_name_first`, `tried_today`, `closed_today`.
    """
    if visitor.person is None:
        if repository.account(visitor.account_id).person_id is not None:
            # Only a channel has linked the account to a person; the visitor must verify first.
            return NOT_CONFIRMED
        if repository.asked_on(visitor.account_id, "real_name", today):
            return TRIED_TODAY
        return None
    last = audit.about_person(person_id=visitor.person.id, actions=(CLOSED,), limit=1)
    return CLOSED_TODAY if last and at - last[0].at < AGAIN_AFTER else None


def hold_open(visitor: Visitor) -> Refusal | None:
    """Lock the account until the end of the transaction; call before reading it.

    Refusal: `signed_out` if the account was closed or got another number since the guard ran.
    """
    # Without the lock a concurrent sign-in with this number would leave a session open.
    index = phone_index(visitor.phone)
    advisory_lock("phone", index)
    account = repository.account(visitor.account_id)
    return None if account.phone_index == index else SIGNED_OUT


def close(*, visitor: Visitor, at: datetime) -> None:
    """Close the account in the caller's transaction, after `hold_open` and `why_not_close`.

    Daily counts and the rows of sent codes, without the number, stay until the nightly clean-up.
    So closing an account does not reset the rate limits.
    """
    account = repository.account(visitor.account_id)
    repository.end_sign_ins(account.id, utcnow())
    repository.blank_codes(account.phone_index, utcnow())
    draft_repository.remove_all(account.id)
    if visitor.person is not None:
        handover_codes.close(person_id=visitor.person.id, account_id=account.id)
    account.phone = ""
    account.phone_index = f"closed:{account.id}"
    account.person_id = None
    account.real_name_at = None
    account.elder = None
    account.vouched_by = None
    account.closed_at = at
    repository.changed(account)
    audit.record(
        action=CLOSED,
        person_id=None if visitor.person is None else visitor.person.id,
        subject="account",
        actor=visitor.actor,
        at=at,
    )
