"""A rating's sentence with a phone or ID number: its author is told, and staff never see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.rating import repository
from flexapp.web.clock import now
from flexapp.web.unit_of_work import write_transaction
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.walks import MA_LAN, assess, sign_in

AtTheDesk = Callable[[str], LintingClient]
SAID = "太慢了，请打 138 0013 8005 找我，身份证 640104198503120021"
KEPT = "太慢了，请打 （号码已隐去） 找我，身份证 （号码已隐去）"


@pytest.fixture
def path(client: LintingClient) -> str:
    """Where 马兰 rates what she has just assessed."""
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    return client.page(f"/assessment/records/{serial}").links()["评价"]


def warned(client: LintingClient, path: str, said: str = SAID) -> Page:
    """The form, sent with a number in the sentence for the first time."""
    return client.submit(client.page(path), "提交评价", 422, level="2", sentence=said)


def test_a_number_is_pointed_out_once_with_what_is_kept(
    client: LintingClient, app: Flask, path: str
) -> None:
    before = stored(app)
    page = warned(client, path)
    assert "像电话或证件号码的数字" in page.errors["sentence"]
    assert KEPT in page.texts("p", class_="quote")
    assert (page.value("sentence"), page.value("level")) == (SAID, "2")
    assert stored(app) == before
    thanks = client.submit(page, "提交评价")
    assert "谢谢您的评价" in thanks.words
    assert KEPT in thanks.texts("p", class_="quote")


def test_nobody_sees_the_number_afterwards(
    client: LintingClient, app: Flask, path: str, at_the_desk: AtTheDesk
) -> None:
    client.submit(warned(client, path), "提交评价")
    officer = at_the_desk("jb01")
    page = officer.page("/counter/ratings")
    assert KEPT in page.words
    for told in (page, officer.page(page.links()["处理"]), client.page("/rating")):
        assert KEPT in told.words
        assert "8005" not in told.words
        assert MA_LAN.identity not in told.words
    with app.app_context():
        found = repository.one(1)
        assert found is not None
        assert found.sentence == KEPT


def test_a_sentence_changed_after_the_warning_is_pointed_out_anew(
    client: LintingClient, app: Flask, path: str
) -> None:
    page = warned(client, path)
    other = client.submit(page, "提交评价", 422, sentence="打 0951-6021234")
    assert "打 （号码已隐去）" in other.texts("p", class_="quote")
    client.submit(other, "提交评价", sentence="不留电话了")
    assert "不留电话了" in client.page(path).words


def test_without_a_number_nothing_is_asked(client: LintingClient, path: str) -> None:
    page = client.page(path)
    assert page.texts("p", class_="quote") == []
    done = client.submit(page, "提交评价", level="5", sentence="2026-11-24 去的，等了 12 分钟")
    assert "谢谢您的评价" in done.words


@pytest.mark.parametrize("said", [SAID, "一三八零零一三八零零五", "１３８－００１３－８００５"])
def test_while_it_is_typed_the_page_says_what_is_kept(
    client: LintingClient, app: Flask, path: str, said: str
) -> None:
    fields = client.page(path).form("提交评价")[0].fields
    before = stored(app)
    answer = client.post(
        f"{path}/sentence", data=fields | {"sentence": said}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "将这样保存" in answer.text
    assert "（号码已隐去）" in answer.text
    assert said not in answer.text
    assert stored(app) == before
    assert "8005" not in answer.text
    quiet = client.post(
        f"{path}/sentence", data=fields | {"sentence": "很好"}, headers={"HX-Request": "true"}
    )
    assert not quiet.text.strip()


def test_what_the_page_said_while_it_was_typed_is_not_asked_again(
    client: LintingClient, path: str
) -> None:
    page = client.page(path)
    done = client.submit(page, "提交评价", by_hand=True, level="2", sentence=SAID, shown_as=KEPT)
    assert "谢谢您的评价" in done.words


def test_somebody_elses_case_has_no_such_page(
    client: LintingClient, another: Callable[[], LintingClient], path: str
) -> None:
    stranger = another()
    sign_in(stranger, "19900000002")
    token = stranger.page("/me").form("退出登录")[0].fields["csrf_token"]
    answer = stranger.post(f"{path}/sentence", data={"csrf_token": token, "sentence": SAID})
    assert answer.status_code in (400, 404)


def test_sentences_from_before_are_shown_without_their_numbers(
    client: LintingClient, app: Flask, path: str, at_the_desk: AtTheDesk
) -> None:
    with app.app_context(), write_transaction():
        repository.add(
            {
                "case_seq": int(path.rpartition("/")[2]),
                "business": "assess",
                "channel": "phone",
                "division": "640104",
                "level": 2,
                "sentence": SAID,
                "account_id": rows(app, "SELECT id FROM account ORDER BY id LIMIT 1")[0][0],
                "created_at": now(),
            }
        )
    officer = at_the_desk("jb01")
    page = officer.page("/counter/ratings")
    assert KEPT in page.words
    assert "8005" not in page.words
