"""No page of ours breaks the security policy, neither the enforced one nor the one being tried."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Scripted
from tests.journeys.steps import BASE, MA_LAN, assess, begin
from tests.journeys.test_budgets import FOR_EVERYBODY, FOR_HER
from tests.support.database import rows

TODAY = "2026-11-24"
ALSO = [
    "/open/sandbox",
    "/open/self-check",
    "/practice",
    "/verify",
    "/styleguide",
    "/counter/sign-in",
]
LISTEN = """
  window.broken = [];
  addEventListener('securitypolicyviolation', event => window.broken.push(
    `${event.disposition}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
SCRIPTS_OF_OTHERS = """() => {
  const planted = document.createElement('script');
  planted.textContent = 'window.planted = true';
  document.body.append(planted);
  document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.planted = true">');
}"""


def broken(page: Page) -> list[str]:
    """What the page has broken since it was opened."""
    found: list[str] = page.evaluate("() => window.broken")
    return found


def test_no_page_breaks_its_policy_nor_the_one_being_tried(scripted: Scripted) -> None:
    found: list[str] = []
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.page.context.add_init_script(LISTEN)
        phone.open("/assessment")
        phone.sign_in(MA_LAN)
        begin(phone)
        phone.fill(BASE, "100")
        expect(phone.page.get_by_role("status")).to_contain_text("8371")
        found += broken(phone.page)
        record = assess(phone, "2026-01", "2026-06", "60")
        serial = (record.get_by_role("link", name="核定流水号").get_attribute("href") or "").rsplit(
            "/", 1
        )[-1]
        found += broken(phone.page)
        for path in [*FOR_EVERYBODY, *FOR_HER, *ALSO]:
            phone.open(path.format(serial=serial))
            found += [f"{path} {fault}" for fault in broken(phone.page)]
    assert not found, "\n".join(found)


def test_a_script_that_somebody_planted_does_not_run_and_is_noticed_by_both(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        context = world.browser.new_context()
        page = context.new_page()
        page.add_init_script(LISTEN)
        page.goto(world.site.url)
        page.evaluate(SCRIPTS_OF_OTHERS)
        page.wait_for_function("() => window.broken.length >= 3")
        assert page.evaluate("() => window.planted") is None
        faults = " ".join(broken(page))
        assert "enforce: script-src-elem inline" in faults
        assert "enforce: script-src-attr inline" in faults
        assert "report: require-trusted-types-for trusted-types-sink" in faults
        reported = "SELECT number FROM try_count"
        for _ in range(100):
            if rows(world.site.app, reported) == [(3,)]:
                break
            page.wait_for_timeout(100)
        assert rows(world.site.app, reported) == [(3,)], "the browser's reports did not arrive"
        context.close()
