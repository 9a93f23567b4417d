"""What a user agent says: the platform of the phone, and the app whose webview it is.

A user agent can be forged. It decides only which explanation and which download a person gets,
never what they may do.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from flexapp.channels.catalogue import App

LONGEST = 1024
"""Characters that are read; the longest real user agents have about 500."""


class Platform(StrEnum):
    """The operating system of a phone: what it can install."""

    ANDROID = "android"
    IOS = "ios"
    HARMONY = "harmony"


# The order matters. HarmonyOS up to 4 says "Android … HarmonyOS" and installs Android apps. From 5
# on it says "OpenHarmony" without Android, and has its own apps. An iPad that requests desktop
# pages says "Macintosh" and cannot be told from a computer.
_PLATFORMS = (
    (re.compile(r"\bOpenHarmony\b"), Platform.HARMONY),
    (re.compile(r"\bAndroid\b"), Platform.ANDROID),
    (re.compile(r"\bHarmonyOS\b"), Platform.HARMONY),
    (re.compile(r"\b(?:iPhone|iPad|iPod)\b"), Platform.IOS),
)


def platform(user_agent: str) -> Platform | None:
    """Return the platform of the phone; None for computers and anything else."""
    said = user_agent[:LONGEST]
    return next((system for pattern, system in _PLATFORMS if pattern.search(said)), None)


def is_in(app: App, user_agent: str) -> bool:
    """Whether this is the app's own webview, as far as the catalogue has its words."""
    return _says(app.user_agents, user_agent) and not _says(app.other_user_agents, user_agent)


def _says(marks: tuple[str, ...], user_agent: str) -> bool:
    # Substring search first: this runs for every page and rarely matches.
    return any(mark in user_agent and _word(mark).search(user_agent[:LONGEST]) for mark in marks)


def download_for(app: App, user_agent: str) -> str | None:
    """Return the https download address of the app for this phone, that of its system first.

    None if none is configured, and on a computer, which cannot install it.
    """
    system = platform(user_agent)
    if system is Platform.ANDROID:
        return app.download_android or app.download
    if system is Platform.IOS:
        return app.download_ios or app.download
    return app.download if system else None


@cache
def _word(mark: str) -> re.Pattern[str]:
    # Match whole words: webviews of other apps say "AlipayDefined" and the like. Words are
    # separated by blanks, brackets, semicolons, and the slash before a version.
    return re.compile(rf"(?<![\w.-]){re.escape(mark)}(?![\w.-])")
