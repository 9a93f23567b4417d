"""What the clerk's page of a record says of what the product was told."""

from __future__ import annotations

import pytest

from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau
from tests.taxbureau.product import Behaviour
from tests.taxbureau.test_delivery import bare, refusing_to_connect, reset, silent

DETAIL = f"/assessments/{SERIAL}"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"outcome": "applied"}, "，社保已照办<"),
        ({"outcome": "nothing_to_do"}, "，社保早已如此<"),
        ({"outcome": "conflict"}, "，与社保的账不符，社保已报经办机构<"),
        ({"outcome": "unknown_serial"}, "，社保没有这个流水号，已报经办机构<"),
        ({"outcome": "<b>"}, "<"),
        ({"outcome": 7}, "<"),
        (["outcome"], "<"),
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_any_signed_2xx_ends_it_and_the_clerk_sees_what_the_product_did(
    bureau: Bureau, document: object, told: str, status: int
) -> None:
    bureau.put(CONTENT)
    assert "尚未告知社保<" in bureau.page(DETAIL)
    bureau.product.then(lambda request: bureau.product.signed(request, status, document))
    bureau.clock.go_on(1)
    assert bureau.tell() == 1
    assert f"已告知社保（09:15:04）{told}" in bureau.page(DETAIL)
    assert bureau.tell() == 0


def test_a_clerk_sees_when_it_is_tried_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.taxbureau.outbox.random.uniform", lambda _, most: most)
    bureau.put(CONTENT)
    bureau.product.then(bare(500))
    bureau.tell()
    page = bureau.page(DETAIL)
    assert "尚未告知社保 1 条" in page
    assert "尚未告知社保：社保答复 500，签名不成立，已试 1 次，09:15:04 后再试" in page
    bureau.product.then(*[bare(500)] * 1000)
    bureau.clock.go_on(24 * 3600)
    bureau.tell()
    assert "已试 2 次，2026-11-24 09:15:05 后再试" in bureau.page(DETAIL)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (refusing_to_connect, "连不上社保"),
        (silent, "社保没有按时答复"),
        (reset, "与社保的连接断了"),
    ],
)
def test_a_clerk_is_told_in_plain_words_why_there_was_no_answer(
    bureau: Bureau, behaviour: Behaviour, said: str
) -> None:
    bureau.put(CONTENT)
    bureau.product.then(behaviour)
    bureau.tell()
    assert f"尚未告知社保：{said}，已试 1 次" in bureau.page(DETAIL)
