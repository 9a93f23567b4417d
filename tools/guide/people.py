"""Who performs each part of the illustrated steps, from which page, and with which input.

All are fictional demo residents, except one newcomer. The newcomer's ID number is valid and could
belong to somebody, so it is typed only after the picture was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import expect

from flexapp.guide.model import PICTURE_HEIGHT, PICTURE_WIDTH
from tests.journeys.conftest import World
from tests.journeys.phone import CODE, Phone
from tests.journeys.steps import (
    DING,
    MA_LAN,
    WANG,
    ZHANG,
    assess,
    begin,
    refresh_until,
)

DENSITY = 1.5
"""Picture pixels per CSS pixel: as sharp as a phone in a column of text."""

Begin = Callable[["People"], Phone]


class Camera(Phone):
    """A phone with the size and sharpness of a picture."""

    def __init__(self, world: World) -> None:
        super().__init__(world.browser, world.site.url, world.mode, density=DENSITY)
        self.page.set_viewport_size({"width": PICTURE_WIDTH, "height": PICTURE_HEIGHT})
        world.phones.append(self)

    def look(self) -> None:
        """Skip the automatic inspection: the browser tests inspect the same pages."""


@dataclass
class People:
    """The phones of the people, each signed in once."""

    world: World
    phones: dict[str, Phone] = field(default_factory=dict)

    def nobody(self) -> Phone:
        """Return a phone without a signed-in person, on 首页."""
        phone = Camera(self.world)
        phone.open("/")
        return phone

    def of(self, number: str, path: str) -> Phone:
        """Return the phone of that number, signed in and on that path."""
        if number not in self.phones:
            phone = self.phones[number] = Camera(self.world)
            phone.open("/sign-in")
            phone.sign_in(number)
            expect(phone.page).to_have_title("首页")
        self.phones[number].open(path)
        return self.phones[number]

    def with_record(self, number: str, end: str, *, sent: bool) -> Phone:
        """Return the same phone on the list, with one record of 2019 up to `end`."""
        phone = self.of(number, "/assessment")
        begin(phone)
        record = assess(phone, "2019-01", end, "60")
        if sent:
            phone.press("传输", within=record)
            expect(phone.button("传输", within=record)).to_have_count(0)
            refresh_until(phone, record, "已传输")
        return phone


@dataclass(frozen=True)
class Way:
    """How a part is performed: its start, and the text on its last page.

    `typed`: input by field; `after`: input that is typed only after the picture was taken.
    """

    begin: Begin
    ends: str
    typed: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


SMS = "(the code that was sent)"

WALK_PARTS = {
    "first": Way(
        People.nobody,
        "给谁核定",
        typed={
            "手机号": "19900000009",
            "参保地区": "西吉县",
            "民族": "回族",
            "通讯地址": "西吉县吉强镇团结路8号",
        },
        after={"验证码": SMS, "姓名": "柳成荫", "身份证号": "640104198803150018"},
    ),
    "change": Way(
        lambda people: people.of(MA_LAN, "/registration"), "登记已办好", {"参保地区": "金凤区"}
    ),
    "own": Way(
        lambda people: people.of(MA_LAN, "/social-security/affairs"),
        "已传输",
        {"缴费开始年月": "2019-01", "缴费结束年月": "2019-12", "缴费基数": "60"},
    ),
    "revoke": Way(lambda people: people.with_record(WANG, "2019-12", sent=False), "缴费开始年月"),
    "ask": Way(
        lambda people: people.with_record(ZHANG, "2019-09", sent=True),
        "确定撤销这笔核定吗？",
        {"撤销原因": "缴费基数填错了"},
    ),
    "proxy": Way(
        lambda people: people.of(MA_LAN, "/assessment"),
        "已核定",
        {"被核定人姓名": "丁海燕", "被核定人身份证号": DING, "缴费基数": "100"},
    ),
    "find": Way(People.nobody, "怎么办"),
    "not-yet": Way(lambda people: people.of(MA_LAN, "/channels"), "暂时不能办理的渠道"),
}
"""By the code of the part."""


def sent_code(phone: Phone) -> str:
    """Return the code that the demo shows instead of sending it."""
    found = CODE.search(phone.page.get_by_role("status").inner_text())
    assert found is not None
    return found[1]


def tax_bureau_agrees(people: People, phone: Phone) -> None:
    """Let the tax bureau's clerk agree to the revocation, and reload the resident's page."""
    clerk = Camera(people.world)
    asked = clerk.page.get_by_role("link").filter(has_text="申请撤销中")
    for _ in range(50):
        clerk.open("/tax-bureau/")
        if asked.count():
            break
        clerk.page.wait_for_timeout(100)
    asked.first.click()
    clerk.press("同意撤销")
    expect(clerk.page.get_by_text("没有可办的事项")).to_be_visible()
    refresh_until(phone, phone.page.get_by_role("article").first, "税务已撤销")


MEANWHILE: Mapping[str, Callable[[People, Phone], None]] = {"assessment-agreed": tax_bureau_agrees}
"""Actions of other people before a step, by its picture."""
