"""What the agency does, by command and in two windows, and what people see of it by phone."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from flexapp.assessment.batch_rows import HEADER
from tests.journeys.conftest import ThreeWays, World
from tests.journeys.phone import Phone
from tests.journeys.steps import ASSESSMENT, END, MA_LAN, START, assess, to_own_assessment
from tests.office.publishing import OF_2027
from tests.support.walks import MA_LAN as MA_LAN_HERSELF

TODAY = "2026-11-24"
FORMER = "兴庆区第二灵活就业虚拟单位（演示）"
UNDER_FORMER = "19900009000"
"""The phone of somebody under that unit (`flask demo legacy-units`)."""
UNPAID = ("PL2019-77", "马兰", MA_LAN_HERSELF.identity, "640104", "2019-01", "2019-03")
LABELS = {
    "year": "年度",
    "average": "上年度平均工资（元）",
    "lower": "每月缴费基数下限（元）",
    "upper": "每月缴费基数上限（元）",
    "total": "费率（%）",
    "personal": "其中记入个人账户（%）",
    "document": "文件名称",
    "number": "文号",
    "document_date": "文件日期",
    "effective_from": "从哪天起执行",
}


def test_people_of_a_former_unit_are_told_where_they_are_after_the_merge(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_merge, TODAY)
    assert not [row for row in left["registrations"] if row[2] == FORMER and row[-1]]
    assert [row for row in left["registrations"] if row[2] == FORMER]


def _merge(world: World) -> None:
    world.command("demo", "legacy-units")
    assert FORMER in world.command("units", "list")
    phone = world.phone()
    to_own_assessment(world, phone, UNDER_FORMER)
    phone.on(ASSESSMENT, phone.record("2026-01", "2026-03"))
    assert f"640104 {FORMER}: 4 people" in world.command("units", "merge", "--by", "王淑华")
    assert "former" not in world.command("units", "list")
    phone.open("/me/messages")
    phone.on("消息", "虚拟单位归并，参保单位改为 兴庆区灵活就业人员虚拟单位")
    phone.open("/assessment/self")
    phone.on(ASSESSMENT, phone.record("2026-01", "2026-03").get_by_text("已核定", exact=True))


def test_an_old_batch_assessment_is_taken_in_and_revoked_and_its_months_are_free_again(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_batch, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["revoked"]
    assert left["months"] == []


def _batch(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "old.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rest = ("3103", "1861.80", "2019-03-01", "否")
            csv.writer(file).writerows(
                [HEADER, (*UNPAID, *rest), (*UNPAID, "3103", "1", *rest[2:])]
            )
        said = world.command("batch", "import", str(path), "--by", "jb01")
        assert "1 rows taken in, 1 refused" in said
        report = path.with_name("old.csv.refused.csv").read_text(encoding="utf-8-sig")
        header, row = csv.reader(report.splitlines())
        told = dict(zip(header, row, strict=True))
        assert told["原行号"] == "3"
        assert told["不能导入的原因"].startswith("缴费总额与基数对不上")
    phone.open("/assessment/self")
    old = phone.record("2019-01", "2019-03")
    phone.on(ASSESSMENT, old.get_by_text("已核定", exact=True))
    said = world.command("batch", "revoke", "--by", "jb01")
    assert "1 unpaid; 0 paid ones stay\nnothing was revoked" in said
    world.command("batch", "revoke", "--by", "jb01", "--yes")
    phone.open("/assessment/self")
    phone.on(ASSESSMENT, old.get_by_text("已撤销", exact=True))
    phone.open("/me/messages")
    phone.on("消息", "撤销 2019年1月至3月 的核定", "经办机构管理员 王**（jb01）")


def test_two_officers_publish_2027_and_it_is_assessed_in_once_it_is_open(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_publish, TODAY)
    (row,) = left["assessments"]
    # 60 % of 8500 is 5100.00 a month; 20 % of it, twelve times, 12240.00.
    assert (row[6], row[7], str(row[12])) == ("2027-01", "2027-12", "510000")  # fen
    assert "宁人社发〔2026〕99号" in str(row[16])


def _publish(world: World) -> None:
    first, second, phone = world.desk("jb01"), world.desk("jb02"), world.phone()
    to_own_assessment(world, phone, MA_LAN)
    assert max(phone.options(END)) == "2026-12"
    first.follow("缴费参数")
    first.on("缴费参数", "还没有从这里公布过")
    first.follow("公布年度数据")
    first.on("公布年度数据", first.button("看影响"))
    first.press("看影响", refused=422)
    first.on("公布年度数据", first.page.get_by_role("alert"))
    for name, label in LABELS.items():
        first.fill(label, OF_2027[name])
    first.press("看影响")
    first.on("公布年度数据", "每月 ¥1020.00", first.button("提交复核"))
    first.press("提交复核")
    first.on("公布详情", "请另一位管理员登录后确认")
    expect(first.button("确认公布")).to_have_count(0)
    second.follow("缴费参数")
    second.on("缴费参数", "2027")
    second.follow("2027")
    second.on("公布详情", second.button("确认公布"))
    second.press("确认公布")
    second.on("公布详情", "已公布")
    second.open("/counter")
    second.follow("申报年度")
    second.on("申报年度", second.button("开放 2027 年度"))
    second.press("开放 2027 年度")
    second.on("申报年度", second.page.get_by_role("button", name="关闭 2027 年度"))
    _assess_in_2027(phone)


def _assess_in_2027(phone: Phone) -> None:
    phone.open("/assessment/self")
    phone.on(ASSESSMENT, phone.field(START))
    record = assess(phone, "2027-01", "2027-12", "60")
    expect(record).to_contain_text("¥12240.00")


def test_an_announcement_is_on_everybodys_home_page_until_it_is_taken_down(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_announce, TODAY)
    assert [row[0] for row in left["audit"]][-2:] == [
        "announcement.posted",
        "announcement.taken_down",
    ]


def _announce(world: World) -> None:
    officer, phone = world.desk("jb01"), world.phone()
    text = "12月31日前请完成今年的核定和缴费。"
    officer.follow("首页公告")
    officer.on("首页公告", officer.button("发布公告"))
    officer.press("发布公告")
    officer.on("发布公告", officer.field("公告内容"))
    officer.fill("公告内容", text)
    officer.fill("结束日期", "2026-12-31")
    officer.press("确认发布")
    officer.on("首页公告", text)
    phone.open("/")
    phone.on("首页", phone.page.get_by_text(text).first)
    phone.page.locator("summary").filter(has_text=text).click()
    phone.on("首页", phone.page.get_by_role("listitem").filter(has_text=text))
    officer.press("撤下", within=officer.record(text))
    officer.on("首页公告", officer.record(text).get_by_text("已撤下"))
    phone.open("/")
    expect(phone.page.get_by_text(text)).to_have_count(0)


def test_in_an_emergency_records_wait_and_go_out_when_it_is_over(two_ways: ThreeWays) -> None:
    left = two_ways(_emergency, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["transmitted"]


def _emergency(world: World) -> None:
    officer, phone = world.desk("jb01"), world.phone()
    officer.follow("传输")
    officer.on("传输", officer.button("暂停传输"))
    officer.press("暂停传输")
    officer.on("暂停传输", officer.field("原因"))
    officer.fill("原因", "税务系统升级")
    officer.press("确认暂停传输")
    officer.on("传输", "应急：传输已暂停")
    to_own_assessment(world, phone, MA_LAN)
    record = assess(phone, "2026-01", "2026-03", "60")
    phone.press("传输", within=record)
    phone.on(ASSESSMENT, record.get_by_text("税务系统维护中"))
    expect(phone.button("撤销", within=record)).to_be_visible()
    officer.press("恢复传输")
    officer.on("传输", officer.button("暂停传输"))
    world.site.settle()
    phone.open("/assessment/self")
    phone.on(ASSESSMENT, record.get_by_text("已传输", exact=True))
