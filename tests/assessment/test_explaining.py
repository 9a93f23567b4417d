"""怎么算的: every step of an assessment with its figures, and the documents they stand in."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.support.client import LintingClient, linting
from tests.support.html import Page, words
from tests.support.walks import MA_LAN, WANG, assess, serials, sign_in


def explained(client: LintingClient, base: str) -> Page:
    """The page that the record of a whole year at this base leads to."""
    sign_in(client, MA_LAN.phone)
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
