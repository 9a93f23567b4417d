"""The channel registry: what ships with the code, and which files it refuses."""

import pytest

from flexapp.channels import service
from flexapp.channels.registry import App, Category, RegistryError, parse
from flexapp.rules.capabilities import Action, ChannelKind
from flexapp.rules.refusal import Refusal

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
[[counter]]
code = "hall"
name = "大厅"
kind = "hall"
"""


def test_the_twelve_of_the_notice_in_its_order() -> None:
    assert [(app.order, app.name, app.code) for app in service.usable()] == [
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
    categories = [app.category for app in service.usable()]
    assert {category: categories.count(category) for category in set(categories)} == {
        Category.BANK: 6,
        Category.MEDICAL: 2,
        Category.GOVERNMENT: 4,
    }


def test_four_known_apps_are_not_usable_and_each_says_why() -> None:
    apps = service.not_yet()
    assert [app.name for app in apps] == ["微信", "支付宝", "云闪付", "城市一账通"]
    assert all(app.name in (app.reason or "") and "服务栏" in (app.reason or "") for app in apps)
    assert all(app.order is None for app in apps)


def test_no_download_link_is_shipped() -> None:
    assert [app.download for app in (*service.usable(), *service.not_yet())] == [None] * 16


def test_counters_are_township_and_hall() -> None:
    assert [(counter.code, counter.kind) for counter in service.counters()] == [
        ("township", ChannelKind.TOWNSHIP),
        ("hall", ChannelKind.HALL),
    ]


def test_find_knows_apps_and_counters_but_only_apps_are_found_as_apps() -> None:
    boc, hall = service.find("boc"), service.find("hall")
    assert boc is not None
    assert boc.name == "中国银行"
    assert hall is not None
    assert hall.kind is ChannelKind.HALL
    assert service.find_app("boc") == boc
    assert service.find_app("wechat") in service.not_yet()
    assert service.find_app("hall") is None
    assert service.find("BOC") is None
    assert service.find("") is None


EVERYDAY = (Action.REGISTER, Action.ASSESS, Action.TRANSMIT, Action.REVOKE)


@pytest.mark.parametrize("app", service.usable(), ids=lambda app: app.code)
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


@pytest.mark.parametrize("app", service.not_yet(), ids=lambda app: app.code)
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
        App(code="later", name="以后", category=Category.PLATFORM, reason="还没有开放。"),
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
        ("download =", "dowload =", r"unknown keys \['dowload'\]"),
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
