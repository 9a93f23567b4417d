"""Sign-in by mobile number and SMS code, and sign-out."""

from __future__ import annotations

import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import advisory_lock
from flexapp.encryption import vault
from flexapp.people import repository
from flexapp.people.external_services import GatewayDown, SmsGateway
from flexapp.people.models import BY_PHONE
from flexapp.people.service import add_account, mask_phone, phone_index
from flexapp.rules.limits import (
    SMS_AGAIN,
    SMS_BY,
    SMS_FOR,
    SMS_FOR_THEN,
    Limit,
)
from flexapp.rules.refusal import Refusal
from flexapp.web import metrics, rate_limit
from flexapp.web.known_browsers import KnownDevices, LoginSource
from flexapp.web.unit_of_work import outside_transaction

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5

devices = KnownDevices("device", "/sign-in")
"""Recognises browsers that have signed in with a number before."""

SMS_DOWN = (
    "短信没有发出去，请稍后再试（过一分钟再按“获取验证码”）。"
    "也可以从手机银行或政务 App 里进入，不用验证码。"
)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code that was sent. `shown` is the code itself if the demo shows it on the page."""

    id: str
    shown: str | None


@dataclass(frozen=True, slots=True, repr=False)
class AwaitedCode:
    """The number a code was sent to, and the seconds until another may be requested."""

    phone: str
    resend_in: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new server-side session. `token` goes into the cookie; only its digest is stored."""

    token: str
    account_id: int
    needs_real_name: bool


def request_code(
    *, phone: str, asker: LoginSource, gateway: SmsGateway, at: datetime
) -> CodeSent | Refusal:
    """Send a new code to a number (from `parse_phone`), within the limits of rules/limits.py.

    Each address and each known browser may request one code a minute and ten a day per number. All
    addresses together get twenty a day and then one an hour. So a number is neither flooded with
    messages nor locked out. Refusals: `code_too_soon`, `codes_used_up`, `codes_of_others`,
    `sms_down`.
    """
    index = phone_index(phone)
    advisory_lock("phone", index)
    counts = _sms_counts(index, asker)
    refusal = _refuse_code(counts, asker)
    if refusal is not None:
        return refusal
    for limit, who in counts:
        rate_limit.hit(limit, who)
    code_id, code = secrets.token_urlsafe(16), f"{secrets.randbelow(1_000_000):06d}"
    repository.add_code(
        {
            "id": code_id,
            "phone": phone,
            "phone_index": index,
            "code_digest": _code_digest(code_id, code),
            "sent_at": at,
            "tries": 0,
            "used_at": None,
        }
    )
    try:
        # The row is committed before the provider is called. A crash in between leaves one unusable
        # code, but never a sent code without a row.
        with outside_transaction():
            shown = gateway.send(phone, code)
    except GatewayDown as fault:
        repository.use_code(code_id, at)
        if not fault.maybe_done:
            # Nothing was sent: take back all counts except the wait of one minute.
            for limit, who in counts[1:]:
                rate_limit.take_back(limit, who)
        metrics.sms("failed")
        return Refusal("sms_down", SMS_DOWN, "phone")
    metrics.sms("sent")
    return CodeSent(code_id, shown)


def _sms_counts(index: str, asker: LoginSource) -> list[tuple[Limit, str]]:
    """Return the limits that a code for a number counts against, `SMS_AGAIN` first."""
    by = f"{index}\0{asker.name}"
    counts = [(SMS_AGAIN, by), (SMS_BY, by)]
    if not asker.known:
        used_up = rate_limit.used_up(SMS_FOR, index)
        counts.append((SMS_FOR_THEN if used_up else SMS_FOR, index))
    return counts


def _refuse_code(counts: list[tuple[Limit, str]], asker: LoginSource) -> Refusal | None:
    for limit, who in counts:
        # `_sms_counts` returns SMS_FOR only if it is not used up.
        wait = None if limit == SMS_FOR else rate_limit.retry_after(limit, who)
        if wait is None:
            continue
        if limit == SMS_AGAIN:
            seconds = rate_limit.seconds(wait)
            sentence = f"验证码刚刚发过，请 {seconds} 秒后再获取。"
            return Refusal("code_too_soon", sentence, "phone")
        if limit == SMS_BY:
            return Refusal("codes_used_up", _CODES_USED_UP[asker.known], "phone")
        return Refusal(
            "codes_of_others",
            f"今天有人多次为这个手机号获取验证码，请{rate_limit.in_words(wait)}再获取。"
            "用以前登录过的手机，或从手机银行、政务 App 里进入，不用等。",
            "phone",
        )
    return None


_CODES_USED_UP = {
    False: "从您这个网络为这个手机号获取验证码的次数，今天已用完。"
    "请换一个网络再获取（比如关掉无线网络），或从手机银行、政务 App 里进入，不用验证码。",
    True: "这部手机今天获取验证码的次数已用完，请明天再试；"
    "急用的请换一部手机，或从手机银行、政务 App 里进入，不用验证码。",
}


def awaited_code(code_id: str, at: datetime) -> AwaitedCode | None:
    """Return the pending code of a browser; None if it is unknown, used or expired."""
    row = repository.code(code_id)
    if row is None or row.used_at is not None or not at - row.sent_at <= CODE_LIFE:
        return None
    rest = SMS_AGAIN.within - (at - row.sent_at)
    return AwaitedCode(row.phone, max(0, math.ceil(rest.total_seconds())))


def is_untried_code(code_id: str) -> bool:
    """Whether a code is unused and nobody has tried to sign in with it yet."""
    row = repository.code(code_id)
    return row is not None and row.used_at is None and row.tries == 0


def sign_in(*, code_id: str, phone: str, code: str, at: datetime) -> SignedIn | Refusal:
    """Exchange a code for a new session; create the account at the first sign-in.

    A code works once, for five minutes, for its number, with at most five attempts. Refusals:
    `code_unknown`, `code_expired`, `code_tries_used_up`, `code_earlier`, `code_wrong`.
    """
    advisory_lock("phone", phone_index(phone))
    row = repository.code(code_id)
    if row is None or row.phone != phone or row.used_at is not None:
        return Refusal("code_unknown", "请先点“获取验证码”。", "code")
    if at - row.sent_at > CODE_LIFE:
        return Refusal("code_expired", "验证码已过期，请重新获取。", "code")
    if not repository.count_try(code_id, CODE_TRIES):
        return Refusal("code_tries_used_up", "验证码输错次数太多，请重新获取。", "code")
    if not hmac.compare_digest(row.code_digest, _code_digest(code_id, code)):
        if any(
            hmac.compare_digest(digest, _code_digest(earlier, code))
            for earlier, digest in repository.earlier_codes(row, at - timedelta(days=1))
        ):
            return Refusal("code_earlier", "这是前面一条短信里的验证码，请用最新一条。", "code")
        return Refusal("code_wrong", "验证码不对，请核对短信后再输入。", "code")
    repository.use_code(code_id, at)
    # Look up the account by the number that was typed, not by one stored with the code.
    account = repository.account_by_phone(phone_index(phone))
    if account is None:
        made = add_account(phone=phone, person=None, at=at)
        return start_session(account_id=made, phone=phone, person_id=None, at=at)
    # If only a channel vouched for the number, its holder may be somebody else.
    person_id = None if account.vouched_by is not None else account.person_id
    return start_session(account_id=account.id, phone=phone, person_id=person_id, at=at)


def start_session(
    *,
    account_id: int,
    phone: str,
    person_id: int | None,
    at: datetime,
    channel: str = BY_PHONE,
) -> SignedIn:
    """Start a session for an account whose holder is authenticated."""
    metrics.signed_in("phone" if channel == BY_PHONE else "app")
    # The token in the signed cookie contains the account id. A session row that is changed in the
    # database to another account is therefore rejected (auth.py).
    token = f"{account_id}.{secrets.token_urlsafe(32)}"
    repository.start_sign_in(account_id, token_digest(token), channel, at)
    audit.record(
        action="account.signed_in",
        person_id=person_id,
        subject="sign-in",
        actor=Actor(ActorKind.ACCOUNT, account_id, f"手机号 {mask_phone(phone)}", channel),
        at=at,
    )
    return SignedIn(token, account_id, needs_real_name=person_id is None)


def sign_out(*, token: str, at: datetime) -> None:
    """End a session; copies of its cookie become invalid, too."""
    repository.end_sign_in(token_digest(token), at)


def token_digest(token: str) -> str:
    """Return the keyed digest under which a session token is stored."""
    return vault().index(token, "sign_in.token")


def _code_digest(code_id: str, code: str) -> str:
    return vault().index(f"{code_id}:{code}", "sms_code.code")
