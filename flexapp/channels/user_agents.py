"""What a browser says about itself: the phone it runs on, and the app whose own browser it is.

Anybody can write anything into a user agent, so it only ever decides what is explained to a person
and where they are sent for an app, never what they may do.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from flexapp.channels.catalogue import App

LONGEST = 1024
"""Characters that are looked at; the longest honest user agents have some 500."""


class Platform(StrEnum):
    """What a phone can install."""

    ANDROID = "android"
    IOS = "ios"
    HARMONY = "harmony"


# In this order. HarmonyOS up to 4 says "Android … HarmonyOS" and installs what Android does; from 5
# on it says "OpenHarmony", without Android, and has apps of its own. An iPad that asks for desktop
# pages says "Macintosh" and cannot be told from a computer.
_PLATFORMS = (
    (re.compile(r"\bOpenHarmony\b"), Platform.HARMONY),
    (re.compile(r"\bAndroid\b"), Platform.ANDROID),
    (re.compile(r"\bHarmonyOS\b"), Platform.HARMONY),
    (re.compile(r"\b(?:iPhone|iPad|iPod)\b"), Platform.IOS),
)


def platform(user_agent: str) -> Platform | None:
    """The phone's system; `None` for computers and whatever else."""
    said = user_agent[:LONGEST]
    return next((system for pattern, system in _PLATFORMS if pattern.search(said)), None)


def is_in(app: App, user_agent: str) -> bool:
    """Whether this is that app's own browser, as far as the registry knows its words."""
    return _says(app.user_agents, user_agent) and not _says(app.other_user_agents, user_agent)


def _says(marks: tuple[str, ...], user_agent: str) -> bool:
    # Plain search first: this is asked for every page, and nearly always in vain.
    return any(mark in user_agent and _word(mark).search(user_agent[:LONGEST]) for mark in marks)


def download_for(app: App, user_agent: str) -> str | None:
    """Where this phone gets the app: an https address of the registry, its system's own first.

    `None` where none is configured, and on a computer, which cannot install it.
    """
    system = platform(user_agent)
    if system is Platform.ANDROID:
        return app.download_android or app.download
    if system is Platform.IOS:
        return app.download_ios or app.download
    return app.download if system else None


@cache
def _word(mark: str) -> re.Pattern[str]:
    # The whole word: other apps' browsers say "AlipayDefined" and the like. Between words stand
    # blanks, brackets, semicolons, and the slash before a version.
    return re.compile(rf"(?<![\w.-]){re.escape(mark)}(?![\w.-])")
