"""Staff sign-in: password, then a TOTP code; both are rate-limited.

Wrong attempts are counted per user name, whether or not it exists, and per client: an address, or
a browser in which that user has signed in before. So nobody learns which user names exist, and
nobody can lock a clerk out of their own computer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from argon2.exceptions import InvalidHashError, VerificationError

from flexapp.audit import service as audit
from flexapp.db.session import advisory_lock
from flexapp.rules.limits import (
    STAFF_CODE,
    STAFF_CODE_FOR,
    STAFF_PASSWORD,
    STAFF_PASSWORD_FOR,
    Limit,
)
from flexapp.rules.phone import read_code
from flexapp.rules.refusal import Refusal
from flexapp.staff import repository
from flexapp.staff.passwords import hashing_lock, refuse_guessable
from flexapp.staff.service import (
    PASSWORD_LEAST,
    PASSWORD_MOST,
    Clerk,
    clerk_from,
    hasher,
)
from flexapp.web import metrics, rate_limit
from flexapp.web.known_browsers import KnownDevices, LoginSource
from flexapp.web.rate_limit import AttemptLimit
from flexapp.web.unit_of_work import early_read, outside_transaction

devices = KnownDevices("staff-device", "/counter")
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
BEGUN_FOR = timedelta(minutes=10)
"""Lifetime of a session that has passed only the password."""

STEP = 30
"""Length of a TOTP time step in seconds (RFC 6238)."""

ISSUER = "宁夏灵活就业社保经办"

WRONG = Refusal("sign_in_wrong", "用户名或密码不对，或者这个用户已停用。")
CODE_WRONG = Refusal("code_wrong", "动态码不对，请看清楚后再输入；每个动态码只能用一次。", "code")


ENDED = Refusal("session_ended", "登录已结束，请重新登录。")
"""The session ended during the request: sign-out elsewhere, a reset, or a disabled account."""
FIRST_LOST = "忘了密码的请联系管理员重置。"
SECOND_LOST = "动态码用不了的请联系管理员重置。"


def _dummy_hash() -> str:
    """Return a random hash to check if the user is unknown, so that the timing is the same."""

    def random(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    return (
        f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        f"${random(hasher.salt_len)}${random(hasher.hash_len)}"
    )


@dataclass(frozen=True, slots=True)
class Session:
    """The staff session of a request.

    `complete`: both factors have passed. `must_change`: the first password must be replaced.
    """

    token: str
    clerk: Clerk
    complete: bool
    must_change: bool
    has_second_factor: bool
    seen_at: datetime


def read_user_name(text: str) -> str:
    """Normalise a user name as typed: without surrounding spaces, in lower case."""
    return text.strip().lower()


def sign_in(*, user_name: str, password: str, asker: LoginSource, at: datetime) -> str | Refusal:
    """Check the password and return the token of a new session that lacks the second factor.

    `user_name` comes from `read_user_name`. The attempt is counted before the password is checked,
    and no transaction is open during the check. Refusals: `locked`, `sign_in_wrong`.
    """
    with early_read():
        given = repository.password_of(user_name)
        tries = _tries(STAFF_PASSWORD, STAFF_PASSWORD_FOR, user_name, given, asker)
        wait = tries.wait()
    wait = wait or tries.begin()
    if wait is not None:
        return _locked(wait, asker, FIRST_LOST)
    row = repository.by_user_name(user_name)
    with outside_transaction(), hashing_lock():
        right = _right(_dummy_hash() if row is None else row.password_hash, password)
    if row is None or not right:
        return WRONG
    # Read again: the account may have been reset or disabled during the check.
    advisory_lock("staff", user_name)
    now = repository.by_user_name(user_name)
    if now is None or now.disabled_at is not None or now.password_hash != row.password_hash:
        return WRONG
    tries.was_right()
    repository.end_sessions_before(at - LONGEST)
    token = _new_token(row.id, "password")
    repository.add_session(
        {
            "token_digest": _digest(token),
            "staff_id": row.id,
            "passed": "password",
            "started_at": at,
            "seen_at": at,
            "new_secret": None,
        }
    )
    return token


def find(*, token: str, at: datetime) -> Session | None:
    """Return the session of a token; None if unknown, expired or of a disabled account."""
    found = repository.session_with_account(_digest(token))
    if found is None:
        return None
    session, row, places = found
    if not token.startswith(_whose(session.staff_id, session.passed)):
        return None
    complete = session.passed == "code"
    idle, longest = (IDLE, LONGEST) if complete else (BEGUN_FOR, BEGUN_FOR)
    over = at - session.seen_at > idle or at - session.started_at > longest
    if over or row.disabled_at is not None:
        return None
    return Session(
        token,
        clerk_from(row, places),
        complete,
        row.must_change,
        row.secret is not None,
        session.seen_at,
    )


def seen(*, token: str, at: datetime) -> None:
    """Record that the session is in use."""
    repository.change_session(_digest(token), seen_at=at)


def sign_out(*, token: str) -> None:
    """End a session."""
    repository.end_session(_digest(token))


def choose_password(*, session: Session, password: str, again: str) -> Refusal | None:
    """Replace the first password by the user's own; None on success.

    Refusals: `password_length`, `password_guessable`, `password_again`, `password_same`,
    `session_ended`.
    """
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        return Refusal(
            "password_length", f"新密码要 {PASSWORD_LEAST} 到 {PASSWORD_MOST} 个字符。", "password"
        )
    guessable = refuse_guessable(password, session.clerk.user_name)
    if guessable is not None:
        return guessable
    if password != again:
        return Refusal("password_again", "两次输入的密码不一样。", "again")
    row = repository.by_id(session.clerk.id)
    assert row is not None
    with outside_transaction(), hashing_lock():
        same = _right(row.password_hash, password)
        chosen = hasher.hash(password)
    # Read again: a reset or a disabling during the check must not be undone.
    advisory_lock("staff", row.user_name)
    now = repository.by_id(row.id)
    assert now is not None
    ended = repository.session(_digest(session.token)) is None or now.disabled_at is not None
    if ended or now.password_hash != row.password_hash:
        return ENDED
    if same:
        return Refusal("password_same", "新密码不能与原来的相同。", "password")
    repository.change(row.id, password_hash=chosen, must_change=False)
    return None


def new_secret(*, session: Session) -> str | Refusal:
    """Return the TOTP secret for enrolment; the same one until one of its codes is accepted.

    Refusal: `session_ended`.
    """
    stored = repository.session(_digest(session.token))
    if stored is None:
        return ENDED
    if stored.new_secret is not None:
        return stored.new_secret
    secret = pyotp.random_base32()
    repository.change_session(_digest(session.token), new_secret=secret)
    return secret


def address(*, session: Session, secret: str) -> str:
    """Return the otpauth:// URI for the QR code that an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=session.clerk.user_name, issuer_name=ISSUER)


def pass_code(*, session: Session, code: str, asker: LoginSource, at: datetime) -> str | Refusal:
    """Check a TOTP code, complete the session and return its new token.

    The first correct code also completes the enrolment. Refusals: `locked`, `code_wrong`,
    `session_ended`.
    """
    user_name = session.clerk.user_name
    given = repository.password_of(user_name)
    tries = _tries(STAFF_CODE, STAFF_CODE_FOR, user_name, given, asker)
    wait = tries.begin()
    if wait is not None:
        return _locked(wait, asker, SECOND_LOST)
    advisory_lock("staff", user_name)
    row = repository.by_id(session.clerk.id)
    stored = repository.session(_digest(session.token))
    assert row is not None
    if stored is None:
        return ENDED
    secret = row.secret or stored.new_secret
    step = None if secret is None else _step_of(secret, code, at)
    if step is None or not repository.take_step(row.id, step):
        return CODE_WRONG
    tries.was_right()
    repository.change(row.id, secret=secret)
    # A new token, so that a copied cookie of the incomplete session is of no use.
    token = _new_token(row.id, "code")
    repository.complete_session(_digest(session.token), new_digest=_digest(token), at=at)
    metrics.signed_in("staff")
    audit.record(
        action="staff.signed_in",
        person_id=None,
        subject=f"staff:{row.id}",
        actor=session.clerk.actor,
        at=at,
    )
    return token


def _tries(
    limit: Limit, for_all: Limit, user_name: str, given: str, asker: LoginSource
) -> AttemptLimit:
    """Return the attempt counters for a user name and a client.

    `given` is the stored password hash. A new password, such as after an administrator's reset,
    starts new counters, so that earlier attempts no longer lock the user.
    """
    login = f"{user_name}\0{given}"
    shared = None if asker.known else (for_all, login)
    return AttemptLimit((limit, f"{login}\0{asker.name}"), shared)


def _locked(wait: timedelta, asker: LoginSource, lost: str) -> Refusal:
    elsewhere = "" if asker.known else "，或在您以前登录过的电脑上登录"
    return Refusal("locked", f"输错次数太多，请{rate_limit.in_words(wait)}再试{elsewhere}；{lost}")


def _right(password_hash: str, password: str) -> bool:
    if len(password) > PASSWORD_MOST:
        return False
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step of a code: the current one or a neighbour, because clocks differ.

    None if the code is not valid.
    """
    digits = read_code(code)
    if not re.fullmatch(r"[0-9]{6}", digits, re.ASCII):
        return None
    now, totp = int(at.timestamp()) // STEP, pyotp.TOTP(secret)
    found = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(totp.generate_otp(step), digits)
    ]
    return found[-1] if found else None


def _new_token(staff_id: int, passed: str) -> str:
    """Return a random token that contains the account id and the factor passed.

    The cookie is signed. So a session row that is changed in the database to another account or
    factor does not match its token and is rejected.
    """
    return _whose(staff_id, passed) + secrets.token_urlsafe(32)


def _whose(staff_id: int, passed: str) -> str:
    return f"{staff_id}.{passed}."


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
