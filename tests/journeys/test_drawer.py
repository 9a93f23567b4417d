"""A window that was used before is as good as a new one, or it is not used again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Scripted, World
from tests.journeys.phone import Mode, Phone

TODAY = "2026-11-24"
SCRIPT_ARRIVES = (
    "() => fetch(document.querySelector('script[src]').src).then(answer => answer.ok, () => false)"
)


def _used(world: World) -> Page:
    """The window of a phone that was signed in, wandered about, and was put away."""
    phone = Phone(world.browser, world.site.url, Mode.SCRIPT)
    phone.open("/sign-in")
    phone.sign_in("19900000001")
    phone.on("首页", "社保专题")
    phone.follow("社保专题")
    phone.on("社保专题", "社保办事")
    phone.page.evaluate("() => { localStorage.a = 1; sessionStorage.a = 1; }")
    phone.second_page().goto(world.site.url)
    page = phone.page.context.pages[0]
    phone.close()
    return page


def test_a_window_taken_out_again_remembers_nothing(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        used = _used(world)
        again = world.phone()
        assert again.page is used
        assert again.page.context.pages == [used]
        assert again.page.context.cookies() == []
        again.open("/me")
        assert again.page.evaluate("() => localStorage.length") == 0
        again.page.go_back()
        assert again.page.url == "about:blank"
        assert again.page.go_back() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.add_init_script("window.a = 1"),
        lambda page: page.context.set_extra_http_headers({"User-Agent": "another"}),
        lambda page: page.context.set_offline(True),
        lambda page: page.route("**/*", lambda route: route.abort()),
        lambda page: page.emulate_media(media="print"),
        lambda page: page.set_viewport_size({"width": 320, "height": 500}),
        lambda page: page.context.new_cdp_session(page),
        lambda page: page.clock.install(),
        lambda page: page.on("dialog", lambda dialog: dialog.accept()),
    ],
    ids=["script", "header", "offline", "route", "paper", "size", "developer", "clock", "ear"],
)
def test_a_window_that_a_test_has_changed_is_not_used_again(
    scripted: Scripted, change: Callable[[Page], object]
) -> None:
    with scripted(TODAY) as world:
        changed = Phone(world.browser, world.site.url, Mode.SCRIPT)
        change(changed.page)
        changed.close()
        assert changed.page.is_closed()
        assert world.phone().page is not changed.page


def test_where_the_script_was_blocked_it_is_not_blocked_for_the_next(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        blocked = Phone(world.browser, world.site.url, Mode.BLOCKED)
        blocked.open("/")
        assert blocked.page.evaluate(SCRIPT_ARRIVES) is False
        blocked.close()
        free = world.phone()
        free.open("/")
        assert free.page is not blocked.page
        assert free.page.evaluate(SCRIPT_ARRIVES) is True
