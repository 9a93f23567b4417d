"""Every page of the residents, measured: usual and 长辈版, light and dark, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from flexapp.web.access import Access, access_of
from tests.journeys.inspection import TAGS, axe
from tests.journeys.measurements import (
    ELDER,
    USUAL,
    measure,
)
from tests.journeys.phone import CODE, HEIGHT, WIDTH
from tests.journeys.site import Site
from tests.support.walks import MA_LAN

TODAY = "2026-11-24"
TALL = 9000
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
"""All that a page in dark can get wrong which it has right in light: sizes are the same in both."""
WIDTHS = (320, 430, 768)
"""CSS pixels, beside the usual phone's 375."""

PAGES = {
    "portal.home": "/",
    "portal.social_security": "/social-security",
    "portal.affairs": "/social-security/affairs",
    "portal.me": "/me",
    "portal.messages": "/me/messages",
    "portal.proxy_handling": "/me/proxy-handling",
    "portal.hand_over": "/me/hand-over",
    "portal.privacy": "/me/privacy",
    "portal.personal_data": "/me/privacy/data",
    "portal.ask_close_account": "/me/close-account",
    "portal.account_closed": "/account-closed",
    "guide.index": "/guide",
    "guide.steps": "/guide/steps/assessment",
    "registration.form": "/registration",
    "registration.done": "/registration/done",
    "assessment.choose": "/assessment",
    "assessment.records": "/assessment/self",
    "assessment.new": "/assessment/self/new?start=2026-07&end=2026-09&base=301",
    "assessment.detail": "/assessment/records/{serial}",
    "assessment.trial": "/assessment/self/explained?start=2026-07&end=2026-09&base=301",
    "assessment.explained": "/assessment/records/{serial}/explained",
    "assessment.receipt": "/assessment/records/{serial}/receipt",
    "assessment.ask_revoke": "/assessment/records/{serial}/revoke",
    "assessment.verify": "/verify",
    "rating.mine": "/rating",
    "rating.show": "/rating/{case}",
    "practice.index": "/practice",
    "channels.index": "/channels",
    "channels.landing": "/c/boc",
    "channels.leave": "/leave",
    "portal.styleguide": "/styleguide",
}

BEFORE_SIGNING_IN = {"people.sign_in": "/sign-in", "people.real_name": "/real-name"}

LEFT_OUT = {
    "assessment.read_back": "a part of a page only",
    "assessment.card": "a part of a page only",
    "registration.review": "shown while a change of 登记 waits to be confirmed; walked with it",
    "people.session_state": "a part of a page only",
    "transmission.ask_tax": "the dialog of 撤销 with other words, and only for what is transmitted",
    "guide.document": "for paper",
    "channels.poster": "for paper",
    "channels.qr_svg": "a picture",
    "channels.qr_png": "a picture",
    "channels.show_launch": "needs a vendor's message; looked at by the walks",
}
OF_RESIDENTS = (Access.PUBLIC, Access.ACCOUNT, Access.PERSON)
ELSEWHERE = ("practice.",)
"""The same pages as in earnest, under a band that /practice has as well."""
MACHINES = (
    "web.",
    "transmission.protocol_page",
    "transmission.openapi_document",
    "transmission.public_keys",
    "vendors.",
    "staff.",
)
"""For machines, and for the engineers of vendors and tax bureau: their walks inspect them."""

TRIAGED = {
    "<select ": "the arrow is drawn as a gradient beside the letters; they stand on --box",
    # Whatever the hour.
    **dict.fromkeys(("<p>夜深了", "<p>上午好", "<p>下午好", "<p>晚上好"), "on the hero's gradient"),
    "<time>": "in a list of stages, whose line is drawn as a pseudo element beside the letters",
    "<b>灵活就业": "on the hero's gradient",
    'class="pill"': "on the hero's gradient",
    '<span class="run">': "passes by on --amber-wash, cut off at the edges of its line",
}
"""What axe cannot decide by itself (`incomplete`, all of it contrast), and why it is no fault here:
that these grounds carry the letters, tests/portal/test_styleguide.py reckons from the tokens."""


@dataclass
class Hand:
    """A phone with somebody signed in who has a record."""

    page: Page
    url: str
    serial: str
    case: str
    """What can be rated: the making of the record."""
    elder: bool = False

    def switch(self, *, elder: bool) -> None:
        """长辈版 on or off."""
        if self.elder != elder:
            self.page.goto(self.url + "/me")
            name = "长辈版" if elder else "退出长辈版"
            self.page.get_by_role("button", name=name, exact=True).click()
            self.page.wait_for_load_state()
            self.elder = elder


@pytest.fixture(scope="module")
def hand(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    database_for: Callable[[str], Path],
) -> Iterator[Hand]:
    """马兰's phone, for all looks."""
    folder = tmp_path_factory.mktemp("look")
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
    )
    with closing(Site(folder, database_for(TODAY), TODAY)) as site, closing(context):
        page = context.new_page()
        page.goto(site.url + "/sign-in")
        page.get_by_label("手机号").fill(MA_LAN.phone)
        page.get_by_role("button", name="获取验证码").click()
        found = CODE.search(page.get_by_role("status").inner_text())
        assert found is not None
        page.get_by_label("验证码", exact=True).fill(found[1])
        page.get_by_role("button", name="登录", exact=True).last.click()
        page.wait_for_url(site.url + "/")
        page.goto(site.url + "/assessment/self/new?start=2026-01&end=2026-06&base=100")
        page.get_by_role("button", name="核定", exact=True).click()
        link = page.get_by_role("link", name="核定流水号")
        serial = (link.get_attribute("href") or "").rpartition("/")[2]
        page.goto(f"{site.url}/assessment/records/{serial}")
        rating = page.get_by_role("link", name="评价").first.get_attribute("href") or ""
        yield Hand(page, site.url, serial, rating.rpartition("/")[2])


def test_every_page_that_residents_open_is_looked_at(hand: Hand, app_routes: list[str]) -> None:
    assert sorted(app_routes) == sorted({*PAGES, *BEFORE_SIGNING_IN, *LEFT_OUT})


@pytest.fixture
def app_routes(tmp_path: Path, database_for: Callable[[str], Path]) -> list[str]:
    """The endpoints of the pages that are not the staff's."""
    with closing(Site(tmp_path, database_for(TODAY), TODAY)) as site:
        return [
            rule.endpoint
            for rule in site.app.url_map.iter_rules()
            if "GET" in (rule.methods or ())
            and access_of(site.app, rule.endpoint) in OF_RESIDENTS
            and not rule.endpoint.startswith(MACHINES)
            and (rule.endpoint in PAGES or not rule.endpoint.startswith(ELSEWHERE))
        ]


@pytest.mark.parametrize("elder", [False, True], ids=["usual", "elder"])
def test_targets_letters_lines_contrast_and_edges(hand: Hand, elder: bool) -> None:
    hand.switch(elder=elder)
    faults: list[str] = []
    for path in PAGES.values():
        hand.page.goto(hand.url + path.format(serial=hand.serial, case=hand.case))
        faults += _look(hand.page, elder=elder)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("elder", [False, True], ids=["usual", "elder"])
def test_the_pages_before_signing_in(hand: Hand, browser: Browser, elder: bool) -> None:
    with closing(browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})) as context:
        page = context.new_page()
        page.goto(hand.url + "/")
        if elder:
            page.get_by_role("button", name="长辈版", exact=True).click()
        page.goto(hand.url + "/sign-in")
        faults = _look(page, elder=elder)
    assert not faults, "\n".join(faults)


def _look(page: Page, *, elder: bool) -> list[str]:
    """What is wrong with a page as it stands: its sizes, and its colours by day and by night."""
    faults = measure(page, ELDER if elder else USUAL)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        faults += [f"{width} px: {fault}" for fault in measure(page, ELDER if elder else USUAL)]
    # So tall that nothing fixed to an edge lies over what is to be judged.
    page.set_viewport_size({"width": WIDTH, "height": TALL})
    # The walks ask axe for the rest of its rules too, on the usual light pages.
    faults += _judge(page, "light", CONTRAST if elder else TAGS)
    page.emulate_media(color_scheme="dark")
    faults += _judge(page, "dark", CONTRAST)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return faults


def _judge(page: Page, colours: str, rules: object) -> list[str]:
    """What axe objects to, and what it cannot decide and nobody has decided for it."""
    found = axe(page, rules, "violations", "incomplete")
    return [
        f"{page.url} {colours}: {kind}: {fault['id']}: {node['html'][:160]} {_why(node)}"
        for kind, faults in found.items()
        for fault in faults
        for node in fault["nodes"]
        if kind == "violations" or not any(part in node["html"] for part in TRIAGED)
    ]


def _why(node: dict[str, list[dict[str, str]]]) -> str:
    return "; ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]])[
        :200
    ]
