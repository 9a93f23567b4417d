"""Values for fields, URLs and headers: valid ones and odd ones."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from hypothesis import strategies as st

from tools.fuzz.wire import encode

MARKUP = "<fuzz-x y='1'>\"&lt;"
"""Must never appear unescaped in a page."""

ODD = (
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "NaN",
    "Infinity",
    "-0.0",
    "99999999999999999999",
    "9223372036854775808",
    "2147483648",
    "0x10",
    "1_000",
    "1,000",
    "６０",
    "٦٠",
    "Ⅻ",
    "²",
    "null",
    "None",
    "true",
    "[]",
    "{}",
    "\0",
    "a\0b",
    "\ud800",
    "a\udfffb",
    "\ufffe\uffff",
    "\u202e\u2066",
    "\u200b\ufeff",
    "مرحبا",
    "é" * 3 + "e\u0301",
    "👨‍👩‍👧‍👦",
    "\U0010ffff",
    "马\r\n兰",
    "\r\nSet-Cookie: x=1",
    "' OR 1=1 --",
    "%' ESCAPE '",
    "1; DROP TABLE person",
    MARKUP,
    f"{MARKUP}</script><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% x %}",
    "../../../../etc/passwd",
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example/",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "%00",
    "%s%n%d",
    "\x7f\x80\x9f",
    "2026-13",
    "2026-02",
    "0000-00",
    "10000-01",
    "-2026-01",
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
    "2026-1",
    "２０２６-０１",
    "11111111111111111X",
    "640104198503120021",
    "６４０１０４１９８５０３１２００２１",
    "640104850312002",
    "19900000001",
    "+8619900000001",
    "91640100MA0000000X",
)
UNITS = ("a", "9", "马", "９", "😀", "\u0301", "(", "[", "\\", "%", "&", "<", "\n", "0.")
LENGTHS = (17, 64, 255, 256, 1000, 5000, 70_000)


LITERALS = ("null", "true", "0", "-1", "[1]", '{"a":1}', "1e99", "[[[[]]]]", "9" * 30)
"""JSON literals that are sent unquoted to machine interfaces."""


@functools.cache
def odd_text() -> st.SearchStrategy[str]:
    """Return a strategy for odd text."""
    return st.one_of(
        st.sampled_from(ODD),
        st.text(max_size=12),
        st.integers().map(str),
        st.floats().map(repr),
        st.builds(lambda unit, n: unit * n, st.sampled_from(UNITS), st.sampled_from(LENGTHS)),
    )


RAW_PATHS = (
    "%00",
    "%",
    "%zz",
    "%c0%af",
    "%c0%80",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%ff%fe",
    "%2e%2e%2f%2e%2e",
    "..",
    ".",
    "%0d%0aSet-Cookie:x=1",
    "%E2%80%AE",
    "a%2fb",
    ";a=b",
    "%25%30%30",
    "\ud800",
)
"""URL path parts that are not valid UTF-8 or are escaped unusually."""


def quoted(text: str) -> str:
    """Percent-encode text for a URL; ⟦placeholders⟧ stay as they are."""
    return quote(encode(text), safe="⟦⟧".encode())


PLAIN: Mapping[str, Sequence[str]] = {
    "phone": ("⟦phone.41⟧", "⟦phone.42⟧", "⟦phone.b⟧", "19900000001"),
    "code": (
        "⟦shown⟧",
        "123456",
        "⟦sheet.a⟧",
        "⟦sheet.b⟧",
        "⟦sheet.o⟧",
        "⟦hand.a⟧",
        "⟦hand.b⟧",
        "⟦hand.o⟧",
    ),
    "name": ("李明", "⟦name.b⟧", "丁海燕"),
    "identity": ("⟦identity.41⟧", "⟦identity.42⟧", "⟦identity.b⟧", "64032419920229002X"),
    "division": ("640104", "640202", "640502"),
    "ethnic_group": ("01", "03", "56"),
    "address": ("中卫市沙坡头区迎水桥镇二号院", "兴庆区解放街 1 号"),
    "base": ("60", "100", "300", "301", "6000", "59.99", "88.88", "25113.01", "9999999"),
    "start": ("2026-05", "2026-07", "2026-08", "2026-09", "2026-12"),
    "end": ("2026-12", "2026-09", "2026-08", "2026-07", "2026-05"),
    "reason": ("月份填错了，要重新核定",),
    "sentence": ("办得很快", ""),
    "level": ("5", "1", "2", "3", "4"),
    "who": ("self", "other", "⟦who.o⟧"),
    "user_name": ("dt01", "xz01", "jb01", "jb02", "sj01"),
    "password": ("⟦password⟧", "wrong-password-1"),
    "serial": ("⟦serial.a.1⟧", "⟦serial.a.2⟧", "⟦serial.b.1⟧", "⟦serial.v.2⟧", "⟦serial.o.1⟧"),
    "text": ("十二月底前可以办理当年的缴费核定。",),
    "first": ("2026-11-01", "2026-11-24", "2025-01-01"),
    "last": ("2026-11-24", "2026-12-31", "2027-12-31"),
    "approved": ("2026-05", "2045-03"),
    "original": ("M60", "F55", "F50"),
    "year": ("2027", "2026", "2025", "2019"),
    "average": ("8500",),
    "per": ("month", "year"),
    "lower": ("5100",),
    "upper": ("25500",),
    "total": ("20", "24"),
    "personal": ("8",),
    "kind": ("flexible", "unit"),
    "from_month": ("2027-01", "2019-05"),
    "document": ("关于公布年度缴费基数的通知",),
    "number": ("宁人社发〔2026〕9号", "1", "2", "999"),
    "document_date": ("2026-11-20",),
    "effective_from": ("2026-11-24", "2026-12-01"),
    "from_day": ("2026-11-24", "2026-12-01"),
    "answer": ("已经联系本人，问题已解决。",),
    "area": ("640104", ""),
    "channel": ("wdnx", ""),
    "allowed": ("no", "yes"),
    "look": ("large", "plain"),
    "back": ("/", "/me"),
    "to": ("address", "division", "base", "identity"),
    "tap": ("end", "start", ""),
    "seq": ("1", "10", "25"),
    "case": ("1", "5", "10"),
    "annex": ("registration", "assessment"),
    "seconds": ("1",),
    "amount": ("1",),
    "csrf_token": ("⟦csrf⟧",),
    "once": ("⟦once⟧",),
    "typist": ("⟦typist⟧",),
    "_draft": ("1",),
    "_resume": ("1",),
    "preview": ("1",),
    "key": ("⟦key⟧",),
    "check": ("⟦sheet.a⟧", "⟦sheet.b⟧", "⟦sheet.o⟧"),
}
"""Typical valid values by field name."""

EXTRA = ("_draft", "_resume", "to", "preview", "csrf_token", "once", "typist", "page", "older")
"""Optional fields that any form may carry."""

HEADERS: Sequence[tuple[str, Sequence[str]]] = (
    ("HX-Request", ("true", "false", "")),
    ("HX-History-Restore-Request", ("true",)),
    ("HX-Current-URL", ("http://127.0.0.1:8000/registration", "//evil.example/x", "http://[")),
    ("HX-Target", ("main", "readback", MARKUP)),
    ("HX-Boosted", ("true",)),
    ("Range", ("bytes=0-10", "bytes=-1", "bytes=9-1,0-", "x=1")),
    ("If-None-Match", ("*", '"x"', "W/")),
    ("If-Modified-Since", ("Thu, 01 Jan 1970 00:00:00 GMT", "x")),
    ("Accept", ("text/html", "application/json", "*/*;q=x", "")),
    ("Accept-Language", ("zh-CN", "en;q=0.5", "*" * 300, "\u202e")),
    ("Accept-Encoding", ("gzip", "br, gzip;q=0", "identity;q=0", "x;q=nan")),
    ("Cookie", ("session=x", "session=.eJw; session=", ";;;=", "a=\xff", "session=" + "A" * 5000)),
    ("Origin", ("null", "http://127.0.0.1:8000", "https://evil.example", "http://[", "http://a:b")),
    ("Sec-Fetch-Site", ("cross-site", "same-origin")),
    ("Referer", ("http://127.0.0.1:8000/assessment", "https://evil.example/", "http://[::", "x")),
    ("X-Forwarded-For", ("1.2.3.4", "' OR 1=1", "::1, x")),
    ("X-Forwarded-Proto", ("https",)),
    ("X-Forwarded-Host", ("evil.example",)),
    ("Host", ("evil.example", "127.0.0.1:8000", "[::1", "a" * 300, "", "xn--\udc80", "a:99999")),
    ("X-Request-Id", ("a" * 32, "640104198503120021", "x")),
    ("traceparent", ("00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x")),
    ("X-HTTP-Method-Override", ("DELETE",)),
    (
        "User-Agent",
        ("MicroMessenger/8.0", "AlipayClient/10", "", "UnionPay/1.0 \ud800", "a" * 9000),
    ),
    ("Authorization", ("Bearer x", "Basic Og==", "Basic \ud800", "Digest")),
    (
        "Content-Type",
        ("text/plain", "application/json; charset=utf-99", "multipart/form-data", "/"),
    ),
    ("Content-Length", ("-1", "x", "99999999999999999999", "")),
    ("Content-Encoding", ("gzip", "br")),
    ("Transfer-Encoding", ("chunked", "x")),
    ("Expect", ("100-continue", "x")),
    ("Upgrade", ("websocket",)),
    ("Message-Signature", ("x", "a.b.c", "e30.e30.e30", "\ud800")),
)

METHODS = (
    "HEAD",
    "OPTIONS",
    "POST",
    "GET",
    "PUT",
    "DELETE",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "get",
    "X",
)
