"""Whatever vendors send and people press, in whatever order: no browser ever shows anybody the data
of a person who was not signed in there by number and name, or vouched for there by a vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flexapp.db.session import db
from flexapp.factory import create_app
from flexapp.people import sessions
from flexapp.rules import limits
from tests.support.client import LintingClient, linting
from tests.support.database import Templates, copy, drop, settings_for
from tests.support.html import Page
from tests.support.thrift import share_templates
from tests.support.vendor import Vendor
from tests.support.walks import DING, MA_LAN, Resident, newcomer, shown_code

PEOPLE = (
    MA_LAN,
    Resident(DING.name, DING.identity, "13800000150"),
    *(newcomer(number) for number in range(1, 7)),
)
"""Known with an account, known without, and never seen."""

BROWSERS = 3
MASKED = re.compile(r"\d{6}\*{8}[\dX]{4}")

whose = st.integers(0, len(PEOPLE) - 1)
browser = st.integers(0, BROWSERS - 1)


def masked(who: Resident) -> str:
    return f"{who.identity[:6]}********{who.identity[-4:]}"


class Launches(RuleBasedStateMachine):
    """Two vendors, some of whose launches are mistaken, and a few people with a few browsers."""

    template: Path
    folder: Path

    vendors: list[Vendor]

    links = Bundle("links")
    pages = Bundle("pages")

    def __init__(self) -> None:
        super().__init__()
        self._at = TemporaryDirectory(dir=self.folder)
        here = Path(self._at.name)
        copy(self.template, here)
        self.app: Flask = share_templates(create_app(settings_for(here, None)))
        self.app.test_client_class = LintingClient
        for vendor in self.vendors:
            vendor.app = self.app
        self.strangers: list[int] = []
        """Whose numbers a vendor took for somebody else's."""
        self.messages: list[tuple[int, str]] = []
        self.browsers = [linting(self.app.test_client()) for _ in range(BROWSERS)]
        self.entitled: list[str | None] = [None] * BROWSERS
        """Whose data each browser may show, by what was proven there last."""
        self.spent: set[str] = set()

    def teardown(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        drop(Path(self._at.name))
        self._at.cleanup()

    # Vendors

    @rule(target=links, vendor=st.integers(0, 1), who=whose, mistaken=st.booleans())
    def launch(self, vendor: int, who: int, mistaken: bool) -> tuple[str, int]:
        """A launch of a person with their own number or, by mistake, another's."""
        holder = (who + 1) % len(PEOPLE) if mistaken else who
        said = Resident(PEOPLE[who].name, PEOPLE[who].identity, PEOPLE[holder].phone)
        signed = self.vendors[vendor].signed(said)
        answer = self.vendors[vendor].post(signed)
        self.messages.append((vendor, signed))
        if answer.status_code != 201:
            return "/launch/refused", who
        if mistaken:
            self.strangers.append(holder)
        url: str = answer.get_json()["launch_url"]
        return "/launch/" + url.rpartition("/")[2], who

    @precondition(lambda self: self.messages)
    @rule(which=st.integers(0, 99))
    def replay(self, which: int) -> None:
        """A message that was posted before leads nowhere."""
        vendor, signed = self.messages[which % len(self.messages)]
        assert self.vendors[vendor].post(signed).status_code == 409

    # People

    @rule(target=pages, link=links, at=browser)
    def open(self, link: tuple[str, int], at: int) -> tuple[Page, int, int]:
        """Open a link in some browser, perhaps one it was not meant for."""
        path, who = link
        return Page(self.browsers[at].get(path)), at, who

    @rule(link=links, at=browser)
    def enter(self, link: tuple[str, int], at: int) -> None:
        """Open a link and go on at once."""
        self.press(self.open(link, at), "继续")

    @rule(page=pages, button=st.sampled_from(["继续", "继续", "不是我"]))
    def press(self, page: tuple[Page, int, int], button: str) -> None:
        """Press a button of a page that may have lain open for long."""
        opened, at, who = page
        if button not in opened.buttons():
            return
        answer = self.browsers[at].repeat(opened, button)
        # Pressed twice, the second answer leads on too, but begins nothing.
        if answer.status_code == 303 and "Set-Cookie" in answer.headers:
            assert opened.path not in self.spent, "a link let somebody in twice"
            self.spent.add(opened.path)
            self.entitled[at] = PEOPLE[who].identity

    @rule(at=browser, phone=whose)
    def sign_in(self, at: int, phone: int) -> None:
        """The holder of a number signs in with it and gives their own name and ID number."""
        self.sign_out(at)
        client, who = self.browsers[at], PEOPLE[phone]
        sent = client.repeat(client.page("/sign-in"), "获取验证码", phone=who.phone)
        if sent.status_code != 303:
            return
        page = client.page("/sign-in")
        client.repeat(page, "登录", code=shown_code(page))
        # Signed in by number: until the real name is proven, nobody's data.
        self.entitled[at] = who.identity
        if "确认" in client.page("/real-name").buttons():
            form = client.page("/real-name")
            client.repeat(form, "确认", name=who.name, identity=who.identity)

    @precondition(lambda self: self.strangers)
    @rule(at=browser)
    def stranger_signs_in(self, at: int) -> None:
        """The holder of a mistaken number, who knows nothing of it, signs in as ever."""
        self.sign_in(at, self.strangers[-1])

    @rule(at=browser)
    def sign_out(self, at: int) -> None:
        """退出登录."""
        page = self.browsers[at].page("/me")
        if "退出登录" in page.buttons():
            self.browsers[at].repeat(page, "退出登录")
        self.entitled[at] = None

    @precondition(lambda self: any(self.entitled))
    @rule(at=browser)
    def look_at_everything(self, at: int) -> None:
        """No page that names people names another one."""
        for path in ("/", "/registration", "/assessment/self", "/me/messages"):
            self._only_entitled(at, self.browsers[at].get(path).text)

    @invariant()
    def nobody_is_shown_another_persons_data(self) -> None:
        for at, client in enumerate(self.browsers):
            # Two thousand times the same page: what is wrong with it as such is found elsewhere.
            shown = FlaskClient.open(client, "/me", follow_redirects=True)
            assert shown.status_code == 200
            self._only_entitled(at, shown.text)

    def _only_entitled(self, at: int, html: str) -> None:
        shown = set(MASKED.findall(html))
        entitled = next((masked(p) for p in PEOPLE if p.identity == self.entitled[at]), None)
        assert shown <= {entitled}, f"browser {at} shows {shown}, entitled to {entitled}"


@contextmanager
def _quick_codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Codes as often as one likes: the limits have tests of their own."""
    with monkeypatch.context() as patch:
        for name in ("SMS_AGAIN", "SMS_BY", "SMS_FOR"):
            limit = getattr(limits, name)
            patch.setattr(sessions, name, replace(limit, most=10_000))
        yield


def test_no_sequence_of_launches_and_sign_ins_shows_one_person_another(
    templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates.copy(date(2026, 11, 24), tmp_path)
    Launches.template, Launches.folder = tmp_path, tmp_path
    site = create_app(settings_for(tmp_path, None))
    Launches.vendors = [Vendor(site, code).register() for code in ("abc", "boc")]
    with site.app_context():
        db.engine.dispose()  # the last connection takes the write-ahead log into the file
    with _quick_codes(monkeypatch):
        run_state_machine_as_test(
            Launches,
            settings=settings(
                max_examples=20,
                stateful_step_count=30,
                deadline=None,
                database=None,
                # A failing sequence is short enough to read; shortening it takes minutes.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
