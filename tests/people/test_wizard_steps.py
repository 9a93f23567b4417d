"""In 长辈版 a page asks one thing; what was answered before goes along."""

from __future__ import annotations

import pytest

from tests.support.client import LintingClient
from tests.support.html import Page, words
from tests.support.walks import MA_LAN, arrive, newcomer, sign_in

ADDRESS = "中卫市沙坡头区演示路 9 号"
NEW = newcomer()


@pytest.fixture
def elder(client: LintingClient) -> LintingClient:
    """The phone of somebody new, in 长辈版."""
    arrive(client, NEW)
    client.submit(client.page("/"), "长辈版")
    return client


def labels(page: Page) -> set[str]:
    """The labels of the fields that are asked for."""
    known = {"姓名", "身份证号", "性别", "出生日期", "联系电话", "参加工作时间"}
    return set(page.texts("label")) - known


def test_registering_asks_one_thing_at_a_time_and_comes_to_the_same(elder: LintingClient) -> None:
    page = elder.page("/registration")
    assert labels(page) == {"参保地区"}
    assert "第 1 问，共 3 问" in page.words
    page = elder.submit(page, "下一步", division="640502")
    assert labels(page) == {"民族"}
    page = elder.submit(page, "下一步", ethnic_group="03")
    assert labels(page) == {"通讯地址", "统一社会信用代码（个体工商户选填）"}
    page = elder.submit(page, "提交", address=ADDRESS)
    assert page.texts("h1") == ["提交成功"]
    assert {"沙坡头区", "回族", ADDRESS} <= set(page.facts().values())


def test_the_way_on_is_closed_until_the_question_is_answered(elder: LintingClient) -> None:
    page = elder.submit(elder.page("/registration"), "下一步", 422)
    assert labels(page) == {"参保地区"}
    assert page.alert == "参保地区：请选择参保地区。"


def test_what_was_not_asked_yet_is_no_fault(elder: LintingClient) -> None:
    page = elder.submit(elder.page("/registration"), "下一步", division="640502")
    assert (page.alert, "请选择民族。" in page.words) == ("", False)


def test_the_way_back_keeps_every_answer(elder: LintingClient) -> None:
    page = elder.submit(elder.page("/registration"), "下一步", division="640502")
    page = elder.submit(page, "下一步", ethnic_group="03")
    page = elder.submit(page, "上一步", address="没写完")
    assert page.value("ethnic_group") == "03"
    page = elder.submit(page, "下一步")
    assert page.value("address") == "没写完"


def test_a_fault_at_the_end_leads_back_to_its_question(elder: LintingClient) -> None:
    page = elder.submit(elder.page("/registration"), "下一步", division="640502")
    page = elder.submit(page, "下一步", ethnic_group="03")
    page = elder.submit(page, "提交", 422, by_hand=True, address=ADDRESS, ethnic_group="99")
    assert labels(page) == {"民族"}
    page = elder.submit(page, "下一步", ethnic_group="01")
    assert page.value("address") == ADDRESS


def test_the_real_name_is_asked_before_the_number(client: LintingClient) -> None:
    client.submit(client.page("/"), "长辈版")
    sign_in(client, NEW.phone)
    page = client.page("/real-name")
    assert page.texts("label") == ["姓名"]
    page = client.submit(page, "下一步", name=NEW.name)
    assert page.texts("label") == ["身份证号"]
    client.submit(page, "确认", identity=NEW.identity)
    assert client.page("/real-name").path == "/"


def test_a_way_to_a_question_that_there_is_not_does_nothing(elder: LintingClient) -> None:
    page = elder.page("/registration")
    page = elder.submit(page, "下一步", 422, fill={"to": "nothing"}, by_hand=True, address=ADDRESS)
    assert labels(page) == {"参保地区"}


def test_signing_in_asks_for_the_number_before_the_code(client: LintingClient) -> None:
    client.submit(client.page("/"), "长辈版")
    page = client.page("/sign-in")
    assert (page.texts("label"), page.buttons()) == (
        ["手机号"],
        ["听这一页", "获取验证码", "退出长辈版"],
    )
    page = client.submit(page, "获取验证码", phone=NEW.phone)
    assert page.texts("label")[0] == "验证码"
    (said,) = page.texts("p", role="status")
    assert client.submit(page, "登录", code=said[-6:]).path == "/real-name"


def test_the_months_are_asked_before_the_base(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/"), "长辈版")
    page = client.page("/assessment/self/new")
    assert (labels(page) & {"缴费开始年月", "缴费基数"}) == {"缴费开始年月"}
    page = client.submit(page, "下一步", start="2026-03", end="2026-05")
    assert "已选 2026年3月至5月，共 3 个月。" in page.words
    assert (labels(page) & {"缴费开始年月", "缴费基数"}) == {"缴费基数"}
    done = client.submit(page, "核定", base="100")
    (card,) = done.all("article")
    assert {"2026-03", "2026-05", "25113.00"} <= set(words(card).split())


def test_months_that_cannot_be_assessed_are_said_before_the_base_is_asked(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/"), "长辈版")
    page = client.page("/assessment/self/new")
    page = client.submit(page, "下一步", 422, start="2026-05", end="2026-03")
    assert "缴费开始年月" in labels(page)
    assert page.alert


def test_a_quick_choice_leads_back_to_the_base(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/"), "长辈版")
    page = client.submit(client.page("/assessment/self/new"), "下一步")
    page = client.page(page.links()["100%"])
    assert page.value("base") == "100"
    assert "缴费基数" in labels(page)
