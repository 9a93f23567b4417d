"""What the script adds: no double records, focus where the person acts, questions over the page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Scripted, World
from tests.journeys.phone import Phone
from tests.journeys.snapshot import take
from tests.journeys.steps import (
    ASSESSMENT,
    BASE,
    END,
    MA_LAN,
    REGISTRATION,
    START,
    YANG,
    all_the_way_to_own_assessment,
    assess,
    begin,
    to_form,
    to_own_assessment,
)

TODAY = "2019-09-24"


def _at_the_form(world: World) -> Phone:
    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    to_form(phone)
    return phone


def _walked_to_the_form(world: World) -> Phone:
    phone = world.phone()
    all_the_way_to_own_assessment(phone, MA_LAN)
    to_form(phone)
    return phone


def test_a_double_tap_makes_one_record(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.fill(BASE, "60")
        phone.button("核定").dblclick()
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))
        left = take(world.site)
        assert len(left["assessments"]) == 1
        assert [row[0] for row in left["audit"]].count("assessment.assess") == 1


def test_two_clicks_in_one_instant_make_one_record(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.fill(BASE, "60")
        phone.button("核定").evaluate("button => { button.click(); button.click(); }")
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))
        assert len(take(world.site)["assessments"]) == 1


def test_back_after_an_assessment_shows_no_form_to_post_again(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _walked_to_the_form(world)
        assess(phone, "2019-01", "2019-06", "60")
        phone.page.go_back()
        # The list took the form's place in the history; before it, one was asked for whom.
        begin(phone)
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-06"))
        assert len(take(world.site)["assessments"]) == 1


def test_back_to_the_form_of_a_further_period_offers_what_is_left(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        assess(phone, "2019-01", "2019-06", "60")
        phone.follow("新增")
        assess(phone, "2019-07", "2019-09", "60")
        phone.page.go_back()
        to_form(phone)
        expect(phone.field(START)).to_have_value("2019-10")
        assert phone.options(START) == ["2019-10", "2019-11", "2019-12"]
        assess(phone, "2019-10", "2019-12", "60")
        assert len(take(world.site)["assessments"]) == 3


def test_back_after_registering_leads_to_a_change_not_a_second_registration(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/registration")
        phone.sign_in(YANG)
        phone.on(REGISTRATION, phone.button("提交"))
        phone.choose("参保地区", "红寺堡区")
        phone.choose("民族", "回族")
        phone.fill("通讯地址", "吴忠市红寺堡区演示路9号")
        phone.press("提交")
        phone.on("提交成功", "登记已办好")
        phone.page.go_back()
        phone.on(REGISTRATION, "您已在红寺堡区参保")
        phone.press("提交", refused=422)
        phone.on(REGISTRATION, "您填的内容和已登记的一样")
        hers = [row for row in take(world.site)["registrations"] if row[1] == "640303"]
        assert len(hers) == 1


def test_after_a_refusal_the_focus_is_on_the_field_and_nothing_covers_it(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        for typed in ("", "59.99", "60.001", "-60", "1e3", "NaN"):
            phone.fill(BASE, typed)
            phone.press("核定", refused=422)
            phone.told(BASE, "缴费基数", kept=typed)
            expect(phone.field(BASE)).to_be_in_viewport(ratio=1)
            assert _is_on_top(phone.field(BASE))
        assert take(world.site)["assessments"] == []


def test_a_question_keeps_the_focus_and_gives_it_back(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        record = assess(phone, "2019-01", "2019-12", "60")
        opener = phone.button("撤销", within=record)
        for answer in ("Escape", "取消"):
            opener.click()
            phone.asked("取消", "确认")
            for key in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab"):
                phone.page.keyboard.press(key)
                assert _focus_is_inside_the_dialog(phone.page), key
            # What lies behind is out of reach: found by role, it is not there.
            expect(phone.page.get_by_role("link", name="新增")).to_have_count(0)
            if answer == "Escape":
                phone.page.keyboard.press("Escape")
            else:
                phone.press(answer)
            expect(phone.page.get_by_role("dialog")).to_have_count(0)
            expect(opener).to_be_focused()
            expect(phone.page.get_by_role("link", name="新增")).to_be_visible()
        assert [row[-2] for row in take(world.site)["assessments"]] == ["assessed"]


def test_a_page_open_too_long_keeps_what_was_typed(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.choose(START, "2019-04")
        phone.fill(BASE, "77.5")
        phone.page.locator("input[name=csrf_token]").first.evaluate("field => field.value = 'old'")
        phone.tolerate("Response Status Error Code 400")
        phone.press("核定", refused=400)
        expect(phone.page.get_by_text("您填的内容都还在")).to_be_visible()
        phone.look()
        phone.press("继续填写")
        to_form(phone)
        expect(phone.field(BASE)).to_have_value("77.5")
        expect(phone.field(START)).to_have_value("2019-04")
        phone.press("核定")
        phone.on(ASSESSMENT, phone.record("2019-04", "2019-12"))


def test_months_are_tapped_without_leaving_the_page_as_they_are_by_their_links(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        assess(phone, "2019-06", "2019-06", "60")
        phone.follow("新增")
        to_form(phone)
        phone.fill(BASE, "60")
        # Chosen from the lists: no tap is open, so the first one begins.
        phone.choose(END, "2019-04")
        _chose(phone, "2019-01", "2019-04", "已选 2019年1月至4月，共 4 个月。")
        for month, start, end, said in (
            ("9月", "2019-09", "2019-12", "共 4 个月。想早点结束，就再点结束的那个月。"),
            ("10月", "2019-09", "2019-10", "已选 2019年9月至10月，共 2 个月。"),
            ("2月", "2019-02", "2019-05", "共 4 个月。想早点结束"),
            ("1月", "2019-01", "2019-05", "共 5 个月。想早点结束"),
            ("8月", "2019-08", "2019-12", "共 5 个月。想早点结束"),
            ("8月", "2019-08", "2019-08", "已选 2019年8月，共 1 个月。"),
            ("3月", "2019-03", "2019-05", "共 3 个月。想早点结束"),
        ):
            tapped = phone.page.get_by_role("link", name=re.compile(f"^{month}"))
            tapped.click()
            _chose(phone, start, end, said)
            expect(tapped).to_be_focused()
        phone.look()
        expect(phone.page.get_by_role("status")).to_contain_text("¥1861.80")
        assert phone.field(BASE).input_value() == "60"
        # What the script marks is what the server marks where somebody comes without it.
        marked = _grid(phone.page)
        other = phone.second_page()
        phone.open("/assessment/self/new?start=2019-03&end=2019-05&base=60&tap=end")
        assert _grid(other) == marked
        assert marked[1:7] == [
            "2月\n可核定",
            *(f"{n}月\n已选" for n in (3, 4, 5)),
            "6月\n已核定",
            "7月\n可核定",
        ]
        phone.page.get_by_role("link", name=re.compile("^4月")).click()
        phone.press("核定")
        phone.on(ASSESSMENT, phone.record("2019-03", "2019-04"))


def test_the_script_goes_by_the_rule_of_the_links(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        assess(phone, "2019-05", "2019-05", "60")
        phone.open("/assessment/self/new")
        # Each month tapped after each state of the form: what its link says is what is chosen.
        for start, end, tap in (
            ("2019-02", "2019-04", "end"),
            ("2019-02", "2019-04", ""),
            ("2019-07", "2019-12", "end"),
        ):
            address = f"/assessment/self/new?start={start}&end={end}&tap={tap}&base="
            phone.open(address)
            names = [name.partition("\n")[0] for name in _grid(phone.page)]
            for name in (name for name in names if name != "5月"):
                phone.open(address)
                tapped = phone.page.get_by_role("link", name=re.compile(f"^{name}"))
                leads = parse_qs(urlsplit(tapped.get_attribute("href") or "").query)
                tapped.click()
                expect(phone.field(START)).to_have_value(leads["start"][0])
                expect(phone.field(END)).to_have_value(leads["end"][0])
                open_end = phone.page.locator("input[name=tap]").input_value()
                assert open_end == leads.get("tap", [""])[0], (address, name)


def test_a_tap_without_a_connection_still_chooses(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.tolerate("net::ERR_INTERNET_DISCONNECTED", "htmx:sendError")
        phone.page.context.set_offline(True)
        for month in ("3月", "5月"):
            phone.page.get_by_role("link", name=re.compile(f"^{month}")).click()
        expect(phone.field(END)).to_have_value("2019-05")
        expect(phone.page.get_by_role("link", name=re.compile("已选"))).to_have_count(3)
        expect(phone.page.get_by_text("已选 2019年1月至12月")).to_have_count(0)
        phone.page.context.set_offline(False)
        phone.fill(BASE, "60")
        expect(phone.page.get_by_text("已选 2019年3月至5月，共 3 个月。")).to_be_visible()


def test_the_months_above_the_records_change_with_the_card(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        record = assess(phone, "2019-01", "2019-02", "60")
        assert _grid(phone.page)[0] == "1月\n已核定"
        phone.press("传输", within=record)
        expect(phone.page.get_by_role("listitem").filter(has_text="已传输")).to_have_count(2)
        phone.on(ASSESSMENT, record.get_by_text("已传输", exact=True))


def test_pages_that_are_not_there_say_where_to_go(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/c/nobody", refused=404)
        phone.on("没有这个页面", "请从首页重新进入")
        phone.follow("回到首页")
        phone.on("首页", "社保专题")
        phone.open("/tax-bureau/assessments/64010420190924999999", refused=404)
        phone.on("无法处理 - 税务征收平台（演示）", phone.page.get_by_role("alert"))


def test_a_channel_not_usable_yet_says_why(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/c/wechat")
        phone.on("微信", "暂时不能办理", phone.page.get_by_role("link", name="看可以办理的渠道"))


def test_a_lost_connection_is_said_and_nothing_typed_is_lost(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.fill(BASE, "60")
        expect(phone.page.get_by_role("status")).to_contain_text("¥7447.20")
        phone.tolerate("net::ERR_INTERNET_DISCONNECTED", "htmx:sendError")
        phone.page.context.set_offline(True)
        phone.press("核定")
        expect(phone.page.get_by_text(re.compile("网络不通"))).to_be_visible()
        expect(phone.field(BASE)).to_have_value("60")
        phone.look()
        phone.page.context.set_offline(False)
        phone.press("核定")
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))
        assert len(take(world.site)["assessments"]) == 1


def _chose(phone: Phone, start: str, end: str, said: str) -> None:
    """Both lists, the marks and the sentence under them say these months."""
    expect(phone.field(START)).to_have_value(start)
    expect(phone.field(END)).to_have_value(end)
    expect(phone.page.get_by_text(said)).to_be_visible()
    numbers = range(int(start[-2:]), int(end[-2:]) + 1)
    chosen = [box for box in _grid(phone.page) if box.endswith("已选")]
    assert chosen == [f"{number}月\n已选" for number in numbers]
    expect(phone.page.locator("#months [aria-current=true]")).to_have_count(len(numbers))


def _grid(page: Page) -> list[str]:
    """The boxes of the months, as they are seen."""
    return page.locator(".months li").all_inner_texts()


def _focus_is_inside_the_dialog(page: Page) -> bool:
    return bool(page.evaluate("() => !!document.activeElement.closest('[role=dialog]')"))


def _is_on_top(field: Locator) -> bool:
    """Whether a finger on the middle of the field would touch the field."""
    return bool(
        field.evaluate(
            "f => { const b = f.getBoundingClientRect();"
            " return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) === f; }"
        )
    )


def test_a_phone_number_in_a_rating_is_pointed_out_while_it_is_typed(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        to_own_assessment(world, phone, MA_LAN)
        record = assess(phone, "2019-01", "2019-12", "60")
        record.get_by_role("link").first.click()
        phone.page.get_by_role("link", name="评价", exact=True).first.click()
        phone.on("评价")
        kept = phone.page.locator("#kept-as")
        expect(kept).to_be_empty()
        sentence = phone.page.get_by_label("想说的话（可不填）")
        sentence.press_sequentially("请打 138 0013 8005")
        expect(kept).to_contain_text("请打 （号码已隐去）")
        expect(sentence).to_be_focused()
        sentence.fill("很好")
        expect(kept).to_be_empty()
        sentence.fill("请打 138-0013-8005")
        expect(kept).to_contain_text("将这样保存")
        phone.page.get_by_text("不满意", exact=True).click()
        phone.button("提交评价").click()
        phone.on("评价", "谢谢您的评价")
        expect(phone.page.get_by_text("请打 （号码已隐去）")).to_be_visible()
