"""Closing an account (注销账号): what is the account's goes, what is the insurance's stays.

The row of the account is left, without number and person, because assessments say by which account
they were made. The number is free: whoever signs in with it next gets a new account, and has to
prove their real name, which leads them to the same person again.
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
"""A new account begins with new daily limits, so that closing must not be a way to new tries."""

NOT_CONFIRMED = Refusal(
    "real_name_first", "这个手机号还没有完成实名认证。请先在“我的”里实名认证，再来注销。"
)
CLOSED_TODAY = Refusal("closed_today", "一天之内已经注销过一次，请明天再来。")
SIGNED_OUT = Refusal("signed_out", "这次登录已经结束，请重新登录，再来注销。")
TRIED_TODAY = Refusal("tried_today", "今天用这个手机号核验过身份证号，请明天再来注销。")


def why_not_close(*, visitor: Visitor, at: datetime, today: date) -> Refusal | None:
    """Why this account cannot be closed now, as far as the account itself goes."""
    if visitor.person is None:
        if repository.account(visitor.account_id).person_id is not None:
            return NOT_CONFIRMED  # a vendor's word made it somebody's; whose, is to be shown first
        if repository.asked_on(visitor.account_id, "real_name", today):
            return TRIED_TODAY
        return None
    last = audit.about_person(person_id=visitor.person.id, actions=(CLOSED,), limit=1)
    return CLOSED_TODAY if last and at - last[0].at < AGAIN_AFTER else None


def hold_open(visitor: Visitor) -> Refusal | None:
    """Keep the account as it is until the transaction ends, before the first look at it. Refused
    where it was closed, or got another number, since the visitor was let in."""
    # Whoever signs in with this number meanwhile would have a session that nobody ends.
    index = phone_index(visitor.phone)
    advisory_lock("phone", index)
    account = repository.account(visitor.account_id)
    return None if account.phone_index == index else SIGNED_OUT


def close(*, visitor: Visitor, at: datetime) -> None:
    """Close it, in the caller's transaction; only after `hold_open` and `why_not_close` found
    nothing.

    The daily counts stay until the nightly clean-up, and so does that codes were sent, without the
    number: what limits how much one may try must not begin anew.
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
