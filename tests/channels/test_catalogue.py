"""The channel registry: what ships with the code, and which files it refuses."""

from dataclasses import replace
from datetime import date

import pytest

from flexapp.channels import service
from flexapp.channels.catalogue import (
    App,
    Category,
    RegistryError,
    Switch,
    app_from,
    apps_on,
    parse,
)
from flexapp.rules.capabilities import Action, ChannelKind
from flexapp.rules.refusal import Refusal

SHIPPED = service.registry()
USABLE = [app for app in SHIPPED.apps if app.usable]
NOT_YET = [app for app in SHIPPED.apps if not app.usable]
TODAY = date(2026, 11, 24)

GOOD = """
source = "a document"
[[app]]
order = 1
code = "first"
name = "第一"
category = "bank"
[[app]]
order = 2
code = "second"
name = "第二"
category = "medical"
download = "https://apps.example/second"
[[app]]
code = "later"
name = "以后"
category = "platform"
reason = "还没有开放。"
user_agents = ["LaterApp", "com.later.app"]
[[counter]]
code = "hall"
name = "大厅"
kind = "hall"
"""


def test_the_twelve_of_the_notice_in_its_order() -> None:
    assert [(app.order, app.name, app.code) for app in USABLE] == [
        (1, "我的宁夏", "wodeningxia"),
        (2, "国务院客户端", "gwy-app"),
        (3, "掌上12333", "zhangshang12333"),
        (4, "中国银行", "boc"),
        (5, "农业银行", "abc"),
        (6, "工银融e联", "icbc"),
        (7, "建设银行", "ccb"),
        (8, "邮储银行", "psbc"),
        (9, "招商银行", "cmb"),
        (10, "方达掌上医院", "fangda"),
        (11, "i银川都市圈", "iyinchuan"),
        (12, "南风医生", "nanfeng"),
    ]


def test_six_banks_two_medical_and_four_government_apps() -> None:
    categories = [app.category for app in USABLE]
    assert {category: categories.count(category) for category in set(categories)} == {
        Category.BANK: 6,
        Category.MEDICAL: 2,
        Category.GOVERNMENT: 4,
    }


def test_four_known_apps_are_not_usable_and_each_says_why() -> None:
    apps = NOT_YET
    assert [app.name for app in apps] == ["微信", "支付宝", "云闪付", "城市一账通"]
    assert all(app.name in (app.reason or "") and "服务栏" in (app.reason or "") for app in apps)
    assert all(app.order is None for app in apps)


def test_no_download_link_is_shipped() -> None:
    assert [app.download for app in SHIPPED.apps] == [None] * 16


def test_three_of_the_four_are_known_by_their_browser() -> None:
    """For 城市一账通 no document names a word; the usable ones have given none yet."""
    known = {app.code: app.user_agents for app in service.registry().apps if app.user_agents}
    assert known == {
        "wechat": ("MicroMessenger",),
        "alipay": ("AlipayClient",),
        "unionpay": ("com.unionpay.chsp", "CloudPay"),
    }


def test_counters_are_township_and_hall() -> None:
    assert [(counter.code, counter.kind) for counter in service.counters()] == [
        ("township", ChannelKind.TOWNSHIP),
        ("hall", ChannelKind.HALL),
    ]


@pytest.mark.usefixtures("inside")
def test_find_knows_apps_and_counters_but_only_apps_are_found_as_apps() -> None:
    boc, hall = service.find("boc"), service.find("hall")
    assert boc is not None
    assert boc.name == "中国银行"
    assert hall is not None
    assert hall.kind is ChannelKind.HALL
    assert service.find_app("boc") == boc
    assert service.find_app("wechat") in NOT_YET
    assert service.find_app("hall") is None
    assert service.find("BOC") is None
    assert service.find("") is None


EVERYDAY = (Action.REGISTER, Action.ASSESS, Action.TRANSMIT, Action.REVOKE)


@pytest.mark.parametrize("app", USABLE, ids=lambda app: app.code)
def test_an_app_does_everything_but_special_cases(app: App) -> None:
    assert [service.why_not(channel=app, action=action) for action in EVERYDAY] == [None] * 4
    refusal = service.why_not(channel=app, action=Action.SPECIAL)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "channel_cannot"
    assert "社保服务大厅" in refusal.sentence


def test_a_township_registers_and_a_hall_does_everything() -> None:
    township, hall = service.counters()
    allowed = {a for a in Action if service.why_not(channel=township, action=a) is None}
    assert allowed == {Action.REGISTER}
    assert [a for a in Action if service.why_not(channel=hall, action=a) is not None] == []


@pytest.mark.parametrize("app", NOT_YET, ids=lambda app: app.code)
@pytest.mark.parametrize("action", Action)
def test_an_app_not_usable_yet_does_nothing(app: App, action: Action) -> None:
    refusal = service.why_not(channel=app, action=action)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "channel_not_yet"
    assert app.reason is not None
    assert refusal.sentence.startswith(app.reason)


def test_a_good_file_is_read_whole() -> None:
    registry = parse(GOOD)
    assert registry.source == "a document"
    assert registry.apps == (
        App(code="first", name="第一", category=Category.BANK, order=1),
        App(
            code="second",
            name="第二",
            category=Category.MEDICAL,
            order=2,
            download="https://apps.example/second",
        ),
        App(
            code="later",
            name="以后",
            category=Category.PLATFORM,
            reason="还没有开放。",
            user_agents=("LaterApp", "com.later.app"),
        ),
    )
    assert [counter.kind for counter in registry.counters] == [ChannelKind.HALL]


def test_an_app_is_switched_on_by_an_order_in_place_of_its_reason() -> None:
    switched = parse(GOOD.replace('reason = "还没有开放。"', "order = 3"))
    assert [app.code for app in switched.apps if app.usable] == ["first", "second", "later"]


@pytest.mark.parametrize(
    ("part", "instead", "complaint"),
    [
        ('code = "second"', 'code = "first"', "the same code twice: first"),
        ('code = "hall"', 'code = "first"', "the same code twice: first"),
        ('name = "第二"', 'name = "第一"', "the same name twice: 第一"),
        ("order = 2", "order = 1", "must run 1, 2, 3"),
        ("order = 2", "order = 3", "must run 1, 2, 3"),
        ("order = 1", "order = 0", "must run 1, 2, 3"),
        ("order = 2", 'order = "2"', "whole number"),
        ("order = 1", "order = true", "whole number"),
        ("order = 2", "", "either `order`"),
        ("order = 2", 'order = 2\nreason = "还没有"', "either `order`"),
        ('reason = "还没有开放。"', 'reason = " "', "`reason` must be text"),
        ('category = "bank"', 'category = "shop"', "must be one of government, bank"),
        ('category = "bank"', "", "`category` must be text"),
        ('kind = "hall"', 'kind = "phone"', r"is an \[\[app\]\]"),
        ('kind = "hall"', 'kind = "kiosk"', "must be one of phone, township, hall"),
        ('name = "第二"', "", "`name` must be text"),
        ('name = "第二"', "name = 2", "`name` must be text"),
        ('code = "second"', 'code = "Second"', "`code` must be"),
        ('code = "second"', 'code = "第二"', "`code` must be"),
        ('code = "second"', 'code = "a/b"', "`code` must be"),
        ('code = "second"', f'code = "{"a" * 25}"', "`code` must be"),
        ("https://apps.example", "http://apps.example", "https address"),
        ("https://apps.example/second", "javascript:alert(1)", "https address"),
        ("https://apps.example/second", "https://", "https address"),
        ("https://apps.example/second", "https://u:p@apps.example/", "https address"),
        ("download =", "download_ios = 'http://apps.example'\ndownload =", "`download_ios` must"),
        ("order = 2", 'order = 2\nfrom = "2027-01-01"', "must be a date"),
        ("order = 2", "order = 2\nfrom = 2027-01-01T00:00:00", "must be a date"),
        (
            "order = 2",
            'order = 2\ndownload_ios = "http://apps.example"',
            "`download_ios` must be an https address",
        ),
        ("download =", "dowload =", r"unknown keys \['dowload'\]"),
        ('["LaterApp", "com.later.app"]', "[]", "must be a list of words"),
        ('["LaterApp", "com.later.app"]', '"LaterApp"', "must be a list of words"),
        ('"LaterApp"', "1", "must be words such as"),
        ('"LaterApp"', '"Later App"', "must be words such as"),
        ('"LaterApp"', '"LaterApp/1.0"', "must be words such as"),
        ('"LaterApp"', '"La"', "must be words such as"),
        ('"LaterApp"', '"com.later.app"', "the same user agent twice: com.later.app"),
        ('source = "a document"', 'source = ""', "`source` must be text"),
        ('source = "a document"', 'source = "x"\ncolour = "red"', "unknown keys"),
        ("[[counter]]", "[counter]", r"\[\[counter\]\] is missing"),
        ('source = "a document"', "source = ", "not TOML"),
        (
            'kind = "hall"',
            'kind = "hall"\n[[counter]]\ncode="b2"\nname="乙"\nkind="hall"',
            "same kind twice: hall",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(part: str, instead: str, complaint: str) -> None:
    assert GOOD.count(part) == 1
    with pytest.raises(RegistryError, match=complaint):
        parse(GOOD.replace(part, instead))


def test_a_registry_without_a_usable_app_is_refused() -> None:
    text = GOOD.replace("order = 1", 'reason = "甲"').replace("order = 2", 'reason = "乙"')
    with pytest.raises(RegistryError, match="no app can be used"):
        parse(text)


# As they stand: the file, what was added, what was switched, and the day.

ADDED = app_from({"code": "nxbank", "name": "宁夏银行", "category": "bank"})


def test_without_switches_the_file_stands_as_it_is() -> None:
    assert apps_on(SHIPPED, (), {}, TODAY) == SHIPPED.apps


def test_an_added_app_comes_after_the_numbered_ones() -> None:
    apps = apps_on(SHIPPED, (ADDED,), {}, TODAY)
    assert apps[12] == replace(ADDED, order=13)
    assert apps[:12] == SHIPPED.apps[:12]


def test_an_app_not_usable_yet_is_switched_on_and_gets_the_next_number() -> None:
    apps = apps_on(SHIPPED, (ADDED,), {"alipay": Switch(True, "")}, TODAY)
    assert [(app.order, app.code) for app in apps[12:14]] == [(13, "alipay"), (14, "nxbank")]
    assert [app.code for app in apps[14:]] == ["wechat", "unionpay", "city-pass"]


def test_an_app_that_is_switched_off_says_why_and_the_others_keep_their_numbers() -> None:
    apps = apps_on(SHIPPED, (), {"boc": Switch(False, "系统维护，暂停办理。")}, TODAY)
    assert [app.order for app in apps if app.usable] == [1, 2, 3, *range(5, 13)]
    boc = next(app for app in apps if app.code == "boc")
    assert (boc.usable, boc.reason, boc.switched_off) == (False, "系统维护，暂停办理。", True)
    refusal = service.why_not(channel=boc, action=Action.ASSESS)
    assert refusal is not None
    assert refusal.reason == "channel_disabled"


@pytest.mark.parametrize(
    ("today", "usable"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)]
)
def test_an_app_with_a_first_day_is_usable_from_that_day(today: date, usable: bool) -> None:
    registry = parse(GOOD.replace("order = 2", "order = 2\nfrom = 2027-01-01"))
    second = next(app for app in apps_on(registry, (), {}, today) if app.code == "second")
    assert second.usable is usable
    assert usable or second.reason == "“第二”从2027年1月1日起可以办理。"


def test_a_switch_is_stronger_than_the_first_day() -> None:
    registry = parse(GOOD.replace("order = 2", "order = 2\nfrom = 2027-01-01"))
    switched = apps_on(registry, (), {"second": Switch(True, "")}, TODAY)
    assert [app.order for app in switched if app.usable] == [1, 2]


def test_an_added_app_that_the_file_names_by_now_is_there_once() -> None:
    known = replace(SHIPPED.apps[3], order=None, name="中国银行手机银行")
    assert apps_on(SHIPPED, (known,), {}, TODAY) == SHIPPED.apps


def test_an_added_app_is_checked_as_those_of_the_file_are() -> None:
    with pytest.raises(RegistryError, match="unknown keys"):
        app_from({"code": "x1", "name": "名", "category": "bank", "order": 1})
    with pytest.raises(RegistryError, match="`code` must be"):
        app_from({"code": "X", "name": "名", "category": "bank"})
