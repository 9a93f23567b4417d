"""怎么算的: every step of an assessment with its figures, and the documents they stand in."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.support.client import LintingClient, linting
from tests.support.database import stored
from tests.support.html import Page, words
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    assess,
    proxy_for,
    revoke,
    serials,
    sign_in,
)

TRIAL = "/assessment/self/explained"
HOW = "怎么算的"


def explained(client: LintingClient, base: str) -> Page:
    """The page that the record of a whole year at this base leads to."""
    sign_in(client, MA_LAN.phone)
    return explained_once_assessed(client, base)


def explained_once_assessed(client: LintingClient, base: str) -> Page:
    """The same for 马兰, signed in already."""
    assess(client, "2026-01", "2026-12", base)
    (serial,) = serials(client.page("/assessment/self"))
    record = client.page(f"/assessment/records/{serial}")
    (address,) = [url for name, url in record.links().items() if name.startswith("一步一步怎么算")]
    return client.page(address)


def steps(page: Page) -> list[tuple[str, str, str]]:
    """Name, sum and result of each step."""
    found = []
    for step in page.all("li"):
        sums = [words(part) for part in step if part.tag == "p"]
        found.append((words(step[0]), sums[0], sums[1].removeprefix("得= ").removeprefix("得")))
    return found


def test_each_step_shows_its_sum_and_its_result(client: LintingClient) -> None:
    page = explained(client, "60")
    assert page.title == "怎么算的"
    assert [(name, said) for name, said, _ in steps(page)] == [
        ("1. 您填的是 60，即上年度月平均工资的 60%", "8371.00 元 × 60%，四舍五入到分"),
        ("2. 月缴费基数", "下限 5023.00 元，上限 25113.00 元：低于下限，按下限"),
        ("3. 缴费基数（合计）", "5023.00 元 × 12 个月"),
        ("4. 每月缴费", "5023.00 元 × 20%，四舍五入到分"),
        ("5. 其中每月进个人账户", "5023.00 元 × 8%，四舍五入到分"),
        ("6. 缴费总额", "¥1004.60 × 12 个月"),
    ]
    results = [re.sub(r"^\W+", "", result.replace("¥", "")) for *_, result in steps(page)]
    assert results == [
        "5022.60 元",
        "5023.00 元",
        "60276.00 元",
        "1004.60",
        "401.84",
        "12055.20",
    ]


def test_each_published_figure_names_its_year_document_and_day(client: LintingClient) -> None:
    page = explained(client, "6000")
    assert "月缴费基数下限：5023.00 元/月（2026 年度）" in page.words
    assert "t20260828_5325572" in page.words
    assert "2026年8月28日公布" in page.words
    assert "国发〔2005〕38号，2005年12月3日公布" in page.words


@pytest.mark.parametrize(
    ("base", "first", "bound"),
    [
        ("6000", "您填的是 6000，大于 300，是月工资", "在下限和上限之间，不变"),
        ("301", "您填的是 301，大于 300，是月工资", "低于下限，按下限"),
        ("99999", "您填的是 99999，大于 300，是月工资", "高于上限，按上限"),
        ("80.5", "您填的是 80.5，即上年度月平均工资的 80.5%", "在下限和上限之间，不变"),
    ],
)
def test_the_number_typed_is_followed_to_the_monthly_base(
    client: LintingClient, base: str, first: str, bound: str
) -> None:
    found = steps(explained(client, base))
    assert found[0][0] == f"1. {first}"
    assert found[1][1].endswith(bound)


def test_nobody_else_is_told_how_my_assessment_was_reckoned(
    client: LintingClient, app: Flask
) -> None:
    address = explained(client, "60").path
    assert app.test_client().get(address).status_code == 303
    somebody = linting(app.test_client())
    sign_in(somebody, WANG.phone)
    somebody.page(address, 404)


def desk(page: Page) -> dict[str, str]:
    """Each way to an explanation: where it leads, by its whole name."""
    links = [a for a in page.all("a") if words(a) == HOW]
    found = {a.get("aria-label", ""): a.get("href", "") for a in links}
    assert len(found) == len(links), "two of them have the same name"
    return found


@pytest.mark.parametrize("base", ["60", "80.5", "301", "99999"])
def test_what_is_tried_is_reckoned_as_it_then_is_assessed(
    client: LintingClient, app: Flask, base: str
) -> None:
    sign_in(client, MA_LAN.phone)
    before = stored(app)
    tried = client.page(f"{TRIAL}?start=2026-01&end=2026-12&base={base}")
    assert stored(app) == before
    assert tried.title == "怎么算的"
    assert tried.texts("h2")[0] == "试算，尚未核定"
    assert "核定流水号" not in tried.words
    assert "2026年11月24日按已公布的标准试算" in tried.words
    assert "打印" in tried.buttons()
    sources = [text for text in tried.texts("p", class_="hint") if "依据" in text]
    record = explained_once_assessed(client, base)
    assert steps(tried) == steps(record)
    assert sources == [text for text in record.texts("p", class_="hint") if "依据" in text]
    assert "试算" not in record.words


def test_from_a_trial_one_goes_back_to_what_was_typed(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    tried = client.page(f"{TRIAL}?start=2026-03&end=2026-05&base=80")
    form = client.page(tried.links()["返回接着填"])
    assert [form.value(name) for name in ("start", "end", "base")] == ["2026-03", "2026-05", "80"]
    assert serials(client.submit(form, "核定"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("start=2026-01&end=2026-12&base=59.99", "60"),
        ("start=2026-05&end=2026-01&base=60", "缴费结束年月不能早于缴费开始年月"),
        ("start=2024-01&end=2024-12&base=60", "2024年度没有开放申报"),
    ],
)
def test_what_cannot_be_assessed_leads_to_the_form_that_says_why(
    client: LintingClient, typed: str, says: str
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.page(f"{TRIAL}?{typed}")
    assert form.path.startswith(f"/assessment/self/new?{typed}&of=")
    assert says in words(form.by_id("read-back"))


def test_nothing_asked_for_is_no_fault(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert client.page(TRIAL).path.startswith("/assessment/self/new")
    assert client.get("/assessment/nobody/explained").status_code == 404


def test_who_is_not_registered_is_told_to_register_first(client: LintingClient) -> None:
    sign_in(client, YANG.phone)
    page = client.page(f"{TRIAL}?start=2026-01&end=2026-12&base=60")
    assert "您还没有参保登记" in page.words


def test_a_proxy_tries_for_the_other_person_and_goes_back_to_their_form(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    form = proxy_for(client, DING)
    filled = client.page(form.links()["80%"].partition("#")[0])
    for address in desk(filled).values():
        tried = client.page(address)
        assert tried.texts("h2")[0] == "试算，尚未核定"
        back = tried.links()["返回接着填"]
        assert back.startswith(form.path.removesuffix("/new").split("?")[0])


def test_every_record_in_the_list_leads_to_its_own_explanation(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    first = assess(client, "2026-01", "2026-03")
    second = assess(client, "2026-04", "2026-12", "100")
    assert desk(client.page("/assessment/self")) == {
        "怎么算的，2026-04 至 2026-12": f"/assessment/records/{second}/explained",
        "怎么算的，2026-01 至 2026-03": f"/assessment/records/{first}/explained",
    }
    # The record's own page has the way to it among its figures.
    assert not desk(client.page(f"/assessment/records/{first}"))


def test_the_question_before_revoking_and_the_message_lead_there_too(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-03")
    address = f"/assessment/records/{serial}/explained"
    dialog = client.page(f"/assessment/records/{serial}/revoke")
    assert desk(dialog) == {"怎么算的，¥3013.80": address}
    revoke(client, serial)
    messages = client.page("/me/messages")
    (told,) = [message for message in messages.all("article") if "3013.80" in words(message)]
    assert desk(messages) == {f"怎么算的，{words(told[0])}": address}
    assert client.page(address).status == 200
