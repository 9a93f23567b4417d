"""How many statements each page sends to the database: few, and no more where there is more.

Measured on a site where everybody has one of everything, and again with a dozen and a crowd. The
numbers of the pages are a snapshot, tests/snapshots/statements.txt; to write it anew:
`UPDATE_SNAPSHOTS=1 .venv/bin/python -m pytest tests/architecture/test_statements.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask

from flexapp.web.access import Access
from tests.architecture.test_access import EXAMPLES, TABLE, path_of
from tests.office.publishing import propose
from tests.office.test_announcements import post as announce
from tests.office.test_ratings import rate_record
from tests.support import snapshots
from tests.support.client import HTMX, LintingClient, linting
from tests.support.clock import Clock
from tests.support.crowds import generate
from tests.support.html import Page
from tests.support.staff import enter
from tests.support.statements import statements
from tests.support.tax import answering, through
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    assess,
    proxy_for,
    serials,
    shown_code,
    sign_in,
    transmit,
    work,
)

MOST = 3
"""Statements of a page: the session with its person, and two more."""

MORE = {
    "counter.detail": "the record and its events, after the session and the case",
    "counter.receipt": "the record and its events, after the session and the case",
    "counter.ask_name": "the open correction and the records that carry the name",
    "counter.show_dispute": "the case, its person, its record and the event it is about",
    "counter.show_person": "the months and the records, after the session and the case",
    "office.audit_result": "the event, its person and the events around it",
    "office.rating_list": "each of its tables is counted by a statement of its own",
    "office.show_dashboard": "each of its tables is counted by a statement of its own",
    "office.transmission_list": "each of its tables is counted by a statement of its own",
    "portal.personal_data": "all that is kept of a person, table by table",
    "rating.show": "the event, its record and its rating",
    "web.ready": "checks of the schema, the keys and the sender, for machines",
}
"""Pages that send more, and why. How many each sends: tests/snapshots/statements.txt."""

NOT_SHOWN = {
    "channels.landing": "the channel of the example is not known",
    "staff.code": "signed in already",
    "staff.enrol": "signed in already",
    "staff.password": "signed in already",
    "counter.show_correction": "no name waits to be confirmed",
    "channels.show_launch": "a launch is used once",
    "web.show_metrics": "no bearer is set",
    "people.real_name": "confirmed already",
    "people.sign_in": "signed in already",
    "channels.qr_png": "the channel of the example is not known",
    "channels.qr_svg": "the channel of the example is not known",
    "practice.ask_revoke": "nothing was practised",
    "practice.ask_tax": "nothing was practised",
    "practice.card": "nothing was practised",
    "practice.detail": "nothing was practised",
    "practice.explained": "nothing was practised",
    "registration.review": "nothing was typed that would change",
    "vendors.show_sandbox": "no sandbox was made",
    "vendors.self_check_back": "no check was begun",
    "vendors.self_check_result": "no check was begun",
}
"""What is not shown here, and why: a redirect or a page that says no. It counts all the same."""

CHOSEN = "?start=2026-12&end=2026-12&base=60"

GETS = sorted(n for n, row in TABLE.items() if row[0] == "GET" and row[2] is not Access.MACHINE)
STAFF = ("dt01", "jb01", "sj01")


@dataclass
class Scene:
    """A site with signed-in browsers, and what stands in its addresses."""

    app: Flask
    resident: LintingClient
    desks: dict[str, LintingClient] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=lambda: dict(EXAMPLES))

    def browsers(self, endpoint: str) -> list[LintingClient]:
        """Who may open the page, the likeliest first."""
        staff = TABLE[endpoint][2] in (Access.STAFF, Access.STAFF_BEGUN)
        return list(self.desks.values()) if staff else [self.resident]

    def count(self, endpoint: str) -> tuple[int, int]:
        """(statements, status) of opening a page, as the first who is shown it."""
        found = (0, 0)
        for browser in self.browsers(endpoint):
            address = path_of(endpoint, **self.values)
            headers = {}
            if endpoint.rpartition(".")[2].startswith(("read_back", "trial")):
                address += CHOSEN
            if endpoint.rpartition(".")[2].startswith(("read_back", "card")) or (
                endpoint == "people.session_state"
            ):
                headers = HTMX
            browser.get(address, headers=headers)  # what is worked out once in a process
            with statements(self.app) as said:
                status = browser.get(address, headers=headers).status_code
            found = (len(said), status)
            if status == 200:
                break
        return found


def months(scene: Scene, first: int, last: int) -> tuple[str, str]:
    """马兰 assesses and rates months one by one; every other one is
    parked on its way. The last one's serial, and the number of its case."""
    serial = case = ""
    for number in range(first, last + 1):
        serial = assess(scene.resident, f"2026-{number:02d}", f"2026-{number:02d}")
        case = rate_record(scene.resident, serial, "2", "太慢了，等了很久").rpartition("/")[2]
        if number % 2 == 0:
            transmit(scene.resident, serial)
            work(scene.app, through(answering(400, {})))
    return serial, case


def scene_on(app: Flask) -> Scene:
    """Everybody has one of everything."""
    resident = linting(app.test_client())
    sign_in(resident, MA_LAN.phone)
    scene = Scene(app, resident)
    serial, case = months(scene, 1, 2)
    proxy = linting(app.test_client())
    sign_in(proxy, WANG.phone)
    who = proxy_for(proxy, MA_LAN).path.split("/")[2]
    disputed = assess(proxy, "2026-03", "2026-03", who=who)
    resident.submit(resident.page(f"/assessment/records/{disputed}"), "不是我办的")
    for clerk in STAFF:
        scene.desks[clerk] = linting(app.test_client())
        enter(scene.desks[clerk], clerk)
    hall, officer, auditor = scene.desks.values()
    person = hall.submit(hall.page("/counter/people"), "查找", identity=MA_LAN.identity)
    announce(officer)
    propose(officer)
    looked = auditor.page("/counter/audit")
    found = auditor.submit(looked, looked.buttons()[0], identity=MA_LAN.identity)
    scene.values |= {
        "serial": serial,
        "token": person.path.split("/")[3],
        "case": case,
        "seq": found.path.split("/")[-1],
        "number": "1",
    }
    return scene


def fill(scene: Scene) -> None:
    """A dozen of everything, and a crowd around."""
    months(scene, 4, 11)
    for _ in range(11):
        announce(scene.desks["jb01"])
        propose(scene.desks["jb01"])
    proxy_for(scene.resident, DING)
    generate(scene.app, people=60, assessments=600)


def test_no_page_sends_many_statements_nor_more_where_there_is_more(app: Flask) -> None:
    scene = scene_on(app)
    few = {endpoint: scene.count(endpoint) for endpoint in GETS}
    assert {e for e, (_, status) in few.items() if status != 200} == set(NOT_SHOWN)
    fill(scene)
    many = {endpoint: scene.count(endpoint) for endpoint in GETS}
    assert {e: (few[e], many[e]) for e in GETS if many[e] != few[e]} == {}
    assert {e for e in GETS if many[e][0] > MOST and e not in NOT_SHOWN} == set(MORE)
    snapshots.check("statements.txt", (f"{number:3} {e}" for e, (number, _) in many.items()))


PRESSED = {
    "获取验证码": 10,
    "登录": 9,
    "代他人核定": 12,
    "变更登记": 13,
    "核定": 13,
    "传输": 12,
    "撤销": 9,
}
"""Statements of what people press."""


def pressed(app: Flask, client: LintingClient, month: str, number: int) -> dict[str, int]:
    """马兰 signs in anew and presses everything once."""
    found = {}

    def press(what: str, page: Page, button: str, **typed: str) -> None:
        with statements(app) as said:
            client.submit(page, button, 303, follow=False, fill=typed)
        found[what] = len(said)

    page = client.page("/sign-in")
    with statements(app) as said:
        page = client.submit(page, "获取验证码", phone=MA_LAN.phone)
    found["获取验证码"] = len(said)
    press("登录", page, "登录", code=shown_code(page))
    other = {"who": "other", "name": WANG.name, "identity": WANG.identity}
    press("代他人核定", client.page("/assessment"), "提交", **other)
    place = {"division": "640502", "ethnic_group": "01", "address": f"演示路{number}号"}
    review = client.submit(client.page("/registration"), "提交", fill=place)
    press("变更登记", review, "提交")
    months = {"start": month, "end": month, "base": "60"}
    press("核定", client.page("/assessment/self/new"), "核定", **months)
    (serial, *_) = serials(client.page("/assessment/self"))
    record = f"/assessment/records/{serial}"
    press("撤销", client.submit(client.page(record), "撤销"), "确认")
    serial = assess(client, month, month)
    press("传输", client.page(f"/assessment/records/{serial}"), "传输")
    return found


def test_nothing_that_people_press_sends_more_statements_where_there_is_more(
    app: Flask, clock: Clock
) -> None:
    pressed(app, linting(app.test_client()), "2026-01", 1)
    clock.advance(minutes=2)
    few = pressed(app, linting(app.test_client()), "2026-02", 2)
    assert few == PRESSED
    clock.advance(minutes=2)
    client = linting(app.test_client())
    sign_in(client, MA_LAN.phone)
    for number in range(3, 12):
        assess(client, f"2026-{number:02d}", f"2026-{number:02d}")
    generate(app, people=60, assessments=600)
    clock.advance(minutes=2)
    assert pressed(app, linting(app.test_client()), "2026-12", 3) == few
