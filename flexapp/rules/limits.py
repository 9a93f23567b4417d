"""How often something may be done or tried, by whom and within what time: every figure, said once.

Two kinds. What one person, account, clerk or number may do is strict. What may come from one
network address is generous: the phones of a mobile network share addresses by the thousand, a
village is behind one, and so is every desk of a hall. An address is limited only so that no single
one can spend everybody's messages or guess without end; docs/limits.md says how each figure was
chosen.

What a stranger could use up for somebody else is counted for whoever asks as well: an address, or a
browser that is known (web/known_browsers.py).

Other strict limits are kept with the rows that they count: tries by code (people/sessions.py),
ID numbers by account (people/real_name.py, assessment/proxy.py), sandboxes in all
(vendors/sandbox.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times `within` the time that begins with the first of them.

    `name`: stable, for what is stored and for metrics.
    """

    name: str
    most: int
    within: timedelta


SMS_CODES = Limit("sms_codes", 600, HOUR)
"""Codes that are asked for from one address, but by browsers that have signed in with the same
number before."""

SMS_AGAIN = Limit("sms_again", 1, MINUTE)
"""Codes for one number, asked for from one address or one such browser."""

SMS_BY = Limit("sms_by", 10, DAY)
"""The same, of a day."""

SMS_FOR = Limit("sms_for", 20, DAY)
"""Codes for one number, asked for from wherever, but by such browsers; then `SMS_FOR_THEN`."""

SMS_FOR_THEN = Limit("sms_for_then", 1, HOUR)
"""Codes for one number once `SMS_FOR` is used up: few enough for whoever is pestered with them, and
the owner of the number waits an hour at most, not a day."""

SIGN_IN_WRONG = Limit("sign_in_wrong", 300, HOUR)
"""Wrong codes at 登录, typed from one address, but in browsers that have signed in with the same
number before: five for each code there too."""

REAL_NAME_WRONG = Limit("real_name_wrong", 100, HOUR)
"""实名认证 that did not fit, from one address; used up, it turns away accounts that have tried
today."""

PROXY_WRONG = Limit("proxy_wrong", 100, HOUR)
"""代他人核定 for somebody whom name and ID number did not find, from one address; used up, it turns
away accounts that have tried today."""

STAFF_WRONG = Limit("staff_wrong", 200, HOUR)
"""Wrong passwords and codes at a counter's sign-in, from one address; not those of a browser that
has signed in as the same user before."""

STAFF_PASSWORD = Limit("staff_password", 5, QUARTER)
"""Wrong passwords for one user name, whether or not there is such a user, from one address or from
one browser that has signed in as that user before."""

STAFF_PASSWORD_FOR = Limit("staff_password_for", 30, HOUR)
"""Wrong passwords for one user name from wherever, but for browsers that the user is known in."""

STAFF_CODE = Limit("staff_code", 5, QUARTER)
"""Wrong codes of the second factor for one user, from one address or known browser."""

STAFF_CODE_FOR = Limit("staff_code_for", 20, HOUR)
"""Wrong codes of the second factor for one user from wherever, but for known browsers."""

VERIFY_WRONG = Limit("verify_wrong", 60, HOUR)
"""Wrong codes of sheets, typed from one address; the QR code of a sheet is never counted."""

NAMES_BY = Limit("names_by", 3, DAY)
"""Different wrong names that one account or channel may try for one ID number, at 实名认证, at
代他人核定 or in a launch."""

NAMES_FOR = Limit("names_for", 5, HOUR)
"""Wrong names for one ID number from all accounts together; then each has the first try left."""

SAME_NAME = Limit("same_name", 1, DAY)
"""How often the same name for the same ID number by the same account counts."""

LAUNCHES_UNCONFIRMED = Limit("launches_unconfirmed", 300, HOUR)
"""Launches of one channel for different people whom nobody confirms."""

LAUNCHES = Limit("launches", 1800, MINUTE)
"""Genuine launches of one channel."""

LAUNCHES_FALSE = Limit("launches_false", 120, MINUTE)
"""Launches from one address that no known key has signed, or that are badly made. A minute only: a
vendor who has mended a key must not wait."""

SANDBOXES = Limit("sandboxes", 20, DAY)
"""Sandbox channels made from one address: a tenth of what there is for everybody."""

REPORTS = Limit("reports", 60, MINUTE)
"""Reports of browsers about the content security policy, from one address."""

HAND_OVER_BY = Limit("hand_over_by", 20, HOUR)
"""Wrong 办理码 that a clerk or an account may type in."""

HAND_OVER_FOR = Limit("hand_over_for", 5, HOUR)
"""Wrong 办理码 that one clerk or account may type for one person."""

HAND_OVER_ALL = Limit("hand_over_all", 20, HOUR)
"""Wrong 办理码 that all may type for one person; then each has the first try left."""

HAND_OVERS = Limit("hand_overs", 10, DAY)
"""办理码 that an account takes, or that a clerk gives one person: each leaves an audit event."""

DISPUTES = Limit("disputes", 20, DAY)
"""Cases of 不是我办的 that a person opens on the phone: each leaves a row and audit events, and the
proxy is told."""

PEOPLE_FOUND = Limit("people_found", 120, HOUR)
"""People whom a clerk may look up: twice what the busiest counter serves."""

PERSON_AGAIN = Limit("person_again", 5, HOUR)
"""How often one of them counts as the same look-up: found to be unknown, read back, stored."""

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
