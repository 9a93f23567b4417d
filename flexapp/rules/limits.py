"""The figures of all rate limits: action, subject, maximum count and time window.

There are two kinds. Limits by person, account, clerk or number are strict. Limits by network
address are generous, because thousands of phones of a mobile network, a whole village or all desks
of a hall share one address. An address is limited only so that a single one cannot use up the SMS
quota or guess without end. docs/limits.md explains how each figure was chosen.

A limit that a stranger could exhaust for somebody else is also counted per client: per address, or
per known browser (web/known_browsers.py). A known browser is one in which the same person has
signed in before; the limits for unknown clients do not count it.

Other strict limits are stored with the rows that they count: attempts per code
(people/sessions.py), ID numbers per account (people/real_name.py, assessment/proxy.py), sandboxes
in total (vendors/sandbox.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in a fixed window of length `within`, which starts at the first one.

    `name`: a stable identifier for storage and metrics.
    """

    name: str
    most: int
    within: timedelta


SMS_CODES = Limit("sms_codes", 600, HOUR)
"""SMS codes requested from one address. Requests of known browsers are not counted."""

SMS_AGAIN = Limit("sms_again", 1, MINUTE)
"""SMS codes for one number, requested by one address or one known browser."""

SMS_BY = Limit("sms_by", 10, DAY)
"""SMS codes for one number, requested by one address or one known browser in a day."""

SMS_FOR = Limit("sms_for", 20, DAY)
"""SMS codes for one number from all addresses. Known browsers are not counted. Once it is used up,
`SMS_FOR_THEN` applies."""

SMS_FOR_THEN = Limit("sms_for_then", 1, HOUR)
"""SMS codes for one number once `SMS_FOR` is used up. It limits unwanted messages, and the owner of
the number waits an hour at most instead of a day."""

SIGN_IN_WRONG = Limit("sign_in_wrong", 300, HOUR)
"""Wrong codes entered at 登录 from one address. Known browsers are not counted, but have the limit
of five attempts per code too."""

REAL_NAME_WRONG = Limit("real_name_wrong", 100, HOUR)
"""Failed real-name verifications (实名认证) from one address. Once it is used up, accounts that
have already tried today are refused."""

PROXY_WRONG = Limit("proxy_wrong", 100, HOUR)
"""Proxy look-ups (代他人核定) from one address whose name and ID number match nobody. Once it is
used up, accounts that have already tried today are refused."""

STAFF_WRONG = Limit("staff_wrong", 200, HOUR)
"""Wrong passwords and codes at staff sign-in from one address. Known browsers are not counted."""

STAFF_PASSWORD = Limit("staff_password", 5, QUARTER)
"""Wrong passwords for one user name from one address or one known browser, whether or not the user
exists."""

STAFF_PASSWORD_FOR = Limit("staff_password_for", 30, HOUR)
"""Wrong passwords for one user name from all addresses. Known browsers are not counted."""

STAFF_CODE = Limit("staff_code", 5, QUARTER)
"""Wrong second-factor codes for one user from one address or one known browser."""

STAFF_CODE_FOR = Limit("staff_code_for", 20, HOUR)
"""Wrong second-factor codes for one user from all addresses. Known browsers are not counted."""

VERIFY_WRONG = Limit("verify_wrong", 60, HOUR)
"""Wrong verification codes of printed sheets entered from one address. QR codes are not counted."""

NAMES_BY = Limit("names_by", 3, DAY)
"""Different wrong names that one account or channel may try for one ID number. 实名认证, 代他人核定
and launches are counted separately."""

NAMES_FOR = Limit("names_for", 5, HOUR)
"""Wrong names for one ID number from all accounts. Once it is used up, each account still has its
first attempt."""

SAME_NAME = Limit("same_name", 1, DAY)
"""How often the same pair of name and ID number counts for one account: repeats reveal nothing."""

LAUNCHES_UNCONFIRMED = Limit("launches_unconfirmed", 300, HOUR)
"""Launches of one channel for different people that nobody confirms."""

LAUNCHES = Limit("launches", 1800, MINUTE)
"""Validly signed launches of one channel."""

LAUNCHES_FALSE = Limit("launches_false", 120, MINUTE)
"""Launches from one address that are malformed or not signed by a known key. The window is one
minute so that a vendor who has fixed a key does not wait long."""

SANDBOXES = Limit("sandboxes", 20, DAY)
"""Sandbox channels created from one address: a tenth of the daily total."""

REPORTS = Limit("reports", 60, MINUTE)
"""Content security policy reports of browsers from one address."""

HAND_OVER_BY = Limit("hand_over_by", 20, HOUR)
"""Wrong handover codes (办理码) entered by one clerk or account."""

HAND_OVER_FOR = Limit("hand_over_for", 5, HOUR)
"""Wrong handover codes entered by one clerk or account for one person."""

HAND_OVER_ALL = Limit("hand_over_all", 20, HOUR)
"""Wrong handover codes entered by anybody for one person. Once it is used up, each clerk or account
still has its first attempt."""

HAND_OVERS = Limit("hand_overs", 10, DAY)
"""Handover codes issued to one account, or by one clerk to one person. Each writes an audit event,
which cannot be deleted."""

DISPUTES = Limit("disputes", 20, DAY)
"""Disputes (不是我办的) that one person opens on the phone. Each writes a row and audit events and
notifies the proxy."""

PEOPLE_FOUND = Limit("people_found", 120, HOUR)
"""People that one clerk may look up: twice the load of the busiest counter."""

PERSON_AGAIN = Limit("person_again", 5, HOUR)
"""How often one person counts as the same look-up for a clerk: not found, read back, stored, and
one typing error."""

BY_ADDRESS = (
    SMS_CODES,
    SIGN_IN_WRONG,
    REAL_NAME_WRONG,
    PROXY_WRONG,
    STAFF_WRONG,
    VERIFY_WRONG,
    LAUNCHES_FALSE,
    SANDBOXES,
    REPORTS,
)
BY_SOMEBODY = (
    SMS_AGAIN,
    SMS_BY,
    SMS_FOR,
    SMS_FOR_THEN,
    STAFF_PASSWORD,
    STAFF_PASSWORD_FOR,
    STAFF_CODE,
    STAFF_CODE_FOR,
    NAMES_BY,
    NAMES_FOR,
    SAME_NAME,
    LAUNCHES,
    LAUNCHES_UNCONFIRMED,
    HAND_OVER_BY,
    HAND_OVER_FOR,
    HAND_OVERS,
    HAND_OVER_ALL,
    DISPUTES,
    PEOPLE_FOUND,
    PERSON_AGAIN,
)
