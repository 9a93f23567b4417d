"""Detects private keys and shared secrets in a pasted text, in whatever encoding."""

from __future__ import annotations

import base64
import json
import re

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
_PRIVATE_WORDS = re.compile(
    r"PRIVATE KEY|Private-Key:|Private-Lines:|(?:^|\n)priv:"
    # A member with its value, quoted (also with escaped quotes) or as a program prints it.
    r"""|["'](?:d|p|q|dp|dq|qi)\\{0,8}["']\s*:"""
    r"""|(?<![\w/+?&=-])(?:d|p|q|dp|dq|qi)\s*[:=]\s*\\{0,8}["']?[\w+/-]{20}""",
    re.ASCII,
)
_SYMMETRIC_WORDS = re.compile(r"""\bkty\\{0,8}["']?\s*[:=]\s*\\{0,8}["']oct\b""", re.ASCII)


def secret_in(content: str) -> str | None:
    """Return the reason why a text must not be shown again (of `public_keys.SECRETS`), or None.

    Searches JSON at any depth, JSON inside strings, base64, and text that is not JSON.
    """
    found: set[str] = set()
    waiting: list[object] = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if _PRIVATE_WORDS.search(each):
                return "key_private"
            if _SYMMETRIC_WORDS.search(each):
                found.add("key_symmetric")
            waiting += _inside(each)
        elif isinstance(each, dict):
            if _PRIVATE_MEMBERS & each.keys():
                return "key_private"
            if each.get("kty") == "oct":
                found.add("key_symmetric")
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return next(iter(found), None)


def _inside(text: str) -> list[object]:
    """Decode a text as JSON or base64."""
    text = text.strip().strip("\ufeff").strip()
    if text.startswith(("{", "[", '"')):
        try:
            return [json.loads(text)]
        except (ValueError, RecursionError):
            return []
    packed = re.sub(r"\s", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    if len(packed) < 20 or re.fullmatch(r"[A-Za-z0-9+/]+", packed, re.ASCII) is None:
        return []
    try:
        return [base64.b64decode(packed + "=" * (-len(packed) % 4)).decode()]
    except ValueError:
        return []
