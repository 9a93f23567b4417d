"""Browser windows put away clean and taken out again: a new one costs as much as seven pages.

What a walk leaves in a window is undone: cookies, what the site stored, where it has been. Sites
never meet: each has a port of its own. A window that a test has changed by as much as a setting (a
header, a route, a script, a listener, its size) is closed for good: whatever Playwright calls
`set_…`, `add_…` and the like marks it, so that nobody has to think of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from playwright.sync_api import Browser, BrowserContext, Error, Page

CHANGING = ("add_", "emulate_", "expose_", "grant_", "new_cdp_session", "on", "route", "set_")
"""How the names begin of all that changes a window or a tab of it."""

_lying: dict[Browser, dict[str, list[Page]]] = defaultdict(lambda: defaultdict(list))
"""For each kind of window, which the texts of its settings tell."""

_changed: WeakSet[BrowserContext] = WeakSet()
_ours = 0
"""How many of our own doings, which leave nothing behind, are under way."""


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """What is set in here is set back in here."""
    global _ours
    _ours += 1
    try:
        yield
    finally:
        _ours -= 1


def take(browser: Browser, kind: str, settings: dict[str, Any]) -> Page:
    """A window with these settings that remembers nothing; windows of another kind are never it."""
    lying = _lying[browser][_key(kind, settings)]
    return lying.pop() if lying else browser.new_context(**settings).new_page()


def put_back(browser: Browser, kind: str, settings: dict[str, Any], page: Page) -> None:
    """Put a window away; its further tabs are closed."""
    try:
        if page.context in _changed:
            raise Error("a test has changed it")
        _clean(page)
    except Error:
        # It hangs, is gone, or cannot be cleaned: the next walk gets a new one.
        page.context.close()
    else:
        _lying[browser][_key(kind, settings)].append(page)


def _clean(page: Page) -> None:
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    with leaving_nothing():
        developer = context.new_cdp_session(page)
    if page.url.startswith("http"):
        scheme, host, *_ = urlsplit(page.url)
        stored = {"origin": f"{scheme}://{host}", "storageTypes": "all"}
        developer.send("Storage.clearDataForOrigin", stored)
    page.goto("about:blank", timeout=5_000)
    context.clear_cookies()
    developer.send("Page.resetNavigationHistory")
    developer.detach()


def _key(kind: str, settings: dict[str, Any]) -> str:
    return f"{kind} {sorted(settings.items())}"


def _note(changed: Page | BrowserContext) -> None:
    if not _ours:
        _changed.add(changed if isinstance(changed, BrowserContext) else changed.context)


def _noting(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, which notes besides that the window is not as it was."""

    @wraps(method)
    def noting(self: Page | BrowserContext, *args: Any, **kwargs: Any) -> Any:
        _note(self)
        return method(self, *args, **kwargs)

    return noting


for _kind in (Page, BrowserContext):
    for _name in dir(_kind):
        if _name.startswith(CHANGING):
            setattr(_kind, _name, _noting(getattr(_kind, _name)))
    setattr(_kind, "clock", property(_noting(vars(_kind)["clock"].fget)))  # noqa: B010
