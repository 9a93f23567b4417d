"""登记 is the same at every desk: the resident's phone, the window, the practice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.client import LintingClient
from tests.support.html import Page
from tests.support.walks import YANG, sentence, sign_in

FIRST = {"division": "640104", "ethnic_group": "03", "address": "兴庆区民族街1号"}
"""Entries that every desk takes: the window's township serves this division and the next."""
CHANGED = {"division": "640202", "address": "大武口区朝阳街2号"}
BAD_CODE = "统一社会信用代码不对，请照营业执照填 18 位；不是个体工商户的请留空。"
SAME = "您填的内容和已登记的一样，不用再提交。"


@dataclass(frozen=True)
class Desk:
    """A browser at a desk, with somebody who is not registered yet."""

    client: LintingClient
    form_path: str
    done_path: str
    repeated: int
    """Status of the same submission again. The practice stores no form keys: it refuses, as for an
    unchanged registration."""

    def form(self) -> Page:
        return self.client.page(self.form_path)

    def submit(
        self, typed: dict[str, str] | None = None, status: int = 200, page: Page | None = None
    ) -> Page:
        return self.client.submit(page or self.form(), "提交", status, by_hand=True, fill=typed)

    def stored(self) -> dict[str, str]:
        """The registration in force as the form shows it."""
        page = self.form()
        names = ("division", "ethnic_group", "address", "credit_code")
        return {name: page.value(name) for name in names}


def at_the_phone(client: LintingClient, _: object) -> Desk:
    sign_in(client, YANG.phone)
    return Desk(client, "/registration", "/registration/done", 303)


def at_the_window(_: object, at_the_desk: Callable[[str], LintingClient]) -> Desk:
    client = at_the_desk("xz01")
    person = client.submit(client.page("/counter/people"), "查找", identity=YANG.identity)
    return Desk(client, f"{person.path}/registration", person.path, 303)


def in_practice(client: LintingClient, _: object) -> Desk:
    return Desk(client, "/practice/registration", "/practice/registration/done", 422)


@pytest.fixture(params=[at_the_phone, at_the_window, in_practice])
def desk(
    request: pytest.FixtureRequest,
    client: LintingClient,
    at_the_desk: Callable[[str], LintingClient],
) -> Desk:
    made = request.param(client, at_the_desk)
    assert isinstance(made, Desk)
    return made


@pytest.fixture
def registered(desk: Desk) -> Desk:
    """The desk after the person's first registration."""
    desk.submit(FIRST)
    return desk


REFUSED = [
    sentence({}, {"division": "请选择参保地区。", "ethnic_group": "请选择民族。",
                  "address": "请输入通讯地址，写到村组或门牌号。"}, id="nothing entered"),
    sentence(FIRST | {"division": "999999"}, {"division": "请选择参保地区。"},
             id="unknown division"),
    sentence(FIRST | {"ethnic_group": "57"}, {"ethnic_group": "请选择民族。"},
             id="unknown ethnic group"),
    sentence(FIRST | {"address": "红寺堡镇"},
             {"address": "请写到村组或门牌号：只写到县区、乡镇或街道，信件送不到。"},
             id="a township as address"),
    sentence(FIRST | {"address": "路" * 201},
             {"address": "通讯地址最多 200 个字，现在有 201 个，请缩短后再提交。"},
             id="an address too long"),
    sentence(FIRST | {"credit_code": "123"},
             {"credit_code": BAD_CODE},
             id="a short credit code"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "sentences"), REFUSED)
def test_every_desk_refuses_the_same_entries_in_the_same_words(
    desk: Desk, typed: dict[str, str], sentences: dict[str, str]
) -> None:
    answer = desk.submit(typed, 422)
    assert answer.errors == sentences
    assert [each for each in sentences.values() if each not in answer.alert] == []
    assert answer.value("address") == typed.get("address", "")
    assert answer.value("credit_code") == typed.get("credit_code", "")
    assert "2026年1月" not in desk.form().texts("output")


def test_a_first_registration_takes_effect_at_once(desk: Desk) -> None:
    done = desk.submit(FIRST)
    assert done.path == desk.done_path
    assert "兴庆区灵活就业人员虚拟单位" in done.words
    assert desk.stored() == FIRST | {"credit_code": ""}
    assert "2026年1月" in desk.form().texts("output")


def test_entries_are_read_in_the_same_way(desk: Desk) -> None:
    desk.submit(FIRST | {"address": "兴庆区　民族街１号", "credit_code": "（无）"})
    assert desk.stored() == FIRST | {"address": "兴庆区 民族街1号", "credit_code": ""}


def test_a_change_is_reviewed_before_it_takes_effect(registered: Desk) -> None:
    review = registered.submit(CHANGED)
    assert "请核对要变更的内容" in review.words
    assert review.texts("del") == ["原来：兴庆区", "原来：兴庆区民族街1号"]
    assert review.texts("ins") == ["变更为：大武口区", "变更为：大武口区朝阳街2号"]
    assert registered.client.page(registered.done_path).words.count("兴庆区灵活就业人员") == 1
    done = registered.submit(page=review)
    assert done.path == registered.done_path
    assert registered.stored() == FIRST | CHANGED | {"credit_code": ""}


def test_going_back_from_the_review_keeps_what_was_entered(registered: Desk) -> None:
    review = registered.submit(CHANGED)
    form = registered.client.submit(review, "返回修改")
    assert (form.value("division"), form.value("address")) == tuple(CHANGED.values())
    assert "兴庆区灵活就业人员" in registered.client.page(registered.done_path).words


def test_other_values_than_the_reviewed_ones_are_reviewed_again(registered: Desk) -> None:
    review = registered.submit(CHANGED)
    again = registered.submit({"address": "大武口区朝阳街3号"}, page=review)
    assert again.texts("ins") == ["变更为：大武口区", "变更为：大武口区朝阳街3号"]
    assert "兴庆区灵活就业人员" in registered.client.page(registered.done_path).words


def test_an_unchanged_registration_is_refused(registered: Desk) -> None:
    assert registered.submit(status=422).alert == SAME


def test_a_form_submitted_twice_registers_once(desk: Desk) -> None:
    page = desk.form()
    first = desk.client.repeat(page, "提交", **FIRST)
    again = desk.client.repeat(page, "提交", **FIRST)
    assert first.status_code == 303
    assert first.location == desk.done_path
    assert again.status_code == desk.repeated
    assert again.headers.get("Location") == (desk.done_path if desk.repeated == 303 else None)
    assert desk.stored() == FIRST | {"credit_code": ""}


def test_a_form_that_is_shown_again_registers_nobody(desk: Desk) -> None:
    desk.submit(FIRST | {"_resume": "1"})
    assert "2026年1月" not in desk.form().texts("output")


def test_where_residents_enter_it_the_elder_display_asks_one_thing_at_a_time(desk: Desk) -> None:
    desk.client.set_cookie("look", "elder")
    steps = "第 1 问，共 3 问" in desk.form().words
    assert steps is not desk.form_path.startswith("/counter")
