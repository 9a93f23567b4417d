"""评价: who may rate what, once, and what the agency's answer looks like to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import raw_bytes, rows, stored
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    Resident,
    arrive,
    assess,
    newcomer,
    proxy_for,
    register,
    revoke,
    sign_in,
    transmit,
    work,
)

LEVELS = ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
WORDS = "张姐很耐心，一次就办好了"


def of_record(client: LintingClient, serial: str) -> str | None:
    """Where the page of a record leads to be rated; None where it does not."""
    return client.page(f"/assessment/records/{serial}").links().get("评价")


def rating(client: LintingClient, path: str | None, level: str = "5", words: str = "") -> Page:
    """Rate through the form."""
    assert path is not None
    return client.submit(client.page(path), "提交评价", level=level, sentence=words)


@pytest.fixture
def rated(client: LintingClient) -> str:
    """马兰 has assessed and said that she is content; the address of her rating."""
    sign_in(client, MA_LAN.phone)
    path = of_record(client, assess(client, "2026-01", "2026-02"))
    rating(client, path, "4", WORDS)
    assert path is not None
    return path


def test_after_registering_one_is_asked_how_it_was(client: LintingClient, app: Flask) -> None:
    sign_in(client, YANG.phone)
    done = register(client)
    assert done.title == "提交成功"
    page = client.page(done.links()["评价"])
    assert page.title == "评价"
    assert "参保登记和变更" in page.words
    assert "工作人员看不到是谁评价的" in page.words
    assert page.texts("label", class_="choice") == LEVELS
    form, _ = page.form("提交评价")
    assert "level" not in form.fields  # nothing is chosen for anybody
    thanks = client.submit(page, "提交评价", level="5", sentence=WORDS)
    assert "谢谢您的评价" in thanks.words
    found = rows(app, "SELECT business, channel, division, level FROM rating")
    assert found == [("register", "phone", "640502", 5)]


def test_thanks_come_by_a_redirect_and_with_htmx_too(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    path = of_record(client, assess(client, "2026-01", "2026-01"))
    assert path is not None
    answer = client.repeat(client.page(path), "提交评价", level="3", sentence="")
    assert (answer.status_code, answer.location) == (303, path)
    other = of_record(client, assess(client, "2026-02", "2026-02"))
    assert other is not None
    page = client.submit(client.page(other), "提交评价", htmx=True, level="3")
    assert "谢谢您的评价" in page.words


def test_without_a_level_nothing_is_kept_and_the_words_stay(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    path = of_record(client, assess(client, "2026-01", "2026-01"))
    assert path is not None
    before = stored(app)
    page = client.submit(client.page(path), "提交评价", 422, sentence=WORDS)
    assert "请选一个" in page.errors["level"]
    assert page.value("sentence") == WORDS
    form = client.page(path)
    long = client.submit(form, "提交评价", 422, level="2", sentence="长" * 201)
    assert "最多 200 个字，现在有 201 个" in long.errors["sentence"]
    assert long.value("level") == "2"
    client.submit(form, "提交评价", 422, by_hand=True, level="9", sentence="")
    assert stored(app) == before


def test_what_was_said_is_shown_and_cannot_be_said_again(
    client: LintingClient, app: Flask, rated: str
) -> None:
    page = client.page(rated)
    assert "满意" in page.texts("p", class_="level")
    assert WORDS in page.words
    assert "提交评价" not in page.buttons()
    before = stored(app)
    token = client.page("/me").form("退出登录")[0].fields["csrf_token"]
    again = client.post(rated, data={"csrf_token": token, "level": "1", "sentence": "改"})
    assert again.status_code == 422
    assert stored(app) == before


def test_the_same_form_sent_twice_is_one_rating(client: LintingClient, app: Flask) -> None:
    sign_in(client, MA_LAN.phone)
    path = of_record(client, assess(client, "2026-01", "2026-01"))
    assert path is not None
    form = client.page(path)
    for _ in range(2):
        client.submit(form, "提交评价", level="5", sentence="")
    assert rows(app, "SELECT count(*) FROM rating") == [(1,)]


def test_each_thing_done_with_a_record_is_rated_by_itself(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-01")
    rating(client, of_record(client, serial))
    transmit(client, serial)
    assert of_record(client, serial) is None  # 传输中: not finished
    work(app)
    rating(client, of_record(client, serial), "4")
    other = assess(client, "2026-02", "2026-02")
    revoke(client, other)
    rating(client, of_record(client, other), "1")
    assert rows(app, "SELECT business, level FROM rating ORDER BY id") == [
        ("assess", 5),
        ("transmit", 4),
        ("revoke", 1),
    ]


def test_a_transmission_under_way_is_not_to_be_rated_by_its_address_either(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-01")
    transmit(client, serial)
    ((seq,),) = rows(app, "SELECT seq FROM audit_event WHERE action = 'assessment.transmit'")
    client.page(f"/rating/{seq}", 404)
    work(app)
    assert client.page(f"/rating/{seq}").title == "评价"


def test_somebody_elses_case_is_answered_like_one_that_is_not_there(
    client: LintingClient, another: Callable[[], LintingClient], rated: str
) -> None:
    stranger = another()
    sign_in(stranger, YANG.phone)
    stranger.page(rated, 404)
    stranger.page("/rating/999999", 404)
    assert WORDS not in stranger.page("/rating").words


def test_the_proxy_who_did_it_may_rate_it_and_then_the_person_learns_only_that(
    client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    who = proxy_for(client, DING).path.rpartition("/")[2]
    serial = assess(client, "2026-01", "2026-03", who=who)
    path = of_record(client, serial)
    rating(client, path, "2", WORDS)
    person = another()
    arrive(person, Resident(DING.name, DING.identity, "19900000009"))
    assert of_record(person, serial) == path
    page = person.page(path or "")
    assert "已经评价过" in page.words
    assert WORDS not in page.words
    assert "不满意" not in page.words
    assert "提交评价" not in page.buttons()


def test_a_proxy_does_not_rate_what_the_person_did_afterwards(
    client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    who = proxy_for(client, DING).path.rpartition("/")[2]
    serial = assess(client, "2026-01", "2026-03", who=who)
    person = another()
    arrive(person, Resident(DING.name, DING.identity, "19900000009"))
    revoke(person, serial)
    assert of_record(client, serial) is None
    path = of_record(person, serial)
    client.page(path or "", 404)
    rating(person, path, "3")
    assert rows(app, "SELECT business FROM rating") == [("revoke",)]


def test_what_the_system_took_over_is_not_rated(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert "评价" not in client.page("/registration/done").links()


def test_my_ratings_are_listed_newest_first(client: LintingClient, rated: str) -> None:
    rating(client, of_record(client, assess(client, "2026-03", "2026-03")), "1")
    page = client.page("/rating")
    assert page.title == "评价记录"
    assert page.texts("p", class_="level") == ["非常不满意", "满意"]
    assert [to for text, to in client.page("/me").links().items() if "评价记录" in text] == [
        "/rating"
    ]


def test_many_ratings_stand_on_several_pages(client: LintingClient, app: Flask) -> None:
    arrive(client, newcomer())
    for number in range(21):
        done = register(client, address=f"中卫市沙坡头区迎水桥镇{number}号院")
        if number:
            done = client.submit(done, "提交")
        rating(client, done.links()["评价"], "5", f"第{number}次")
    first = client.page("/rating")
    assert len(first.all("article")) == 20
    older = client.page(first.links()["查看更早的评价"])
    assert older.texts("p", class_="quote") == ["第0次"]


def test_nobody_has_said_anything_yet(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert "还没有评价" in client.page("/rating").words


def test_what_was_said_is_not_readable_in_the_file(app: Flask, rated: str) -> None:
    assert WORDS.encode() not in raw_bytes(app)


def test_giving_a_rating_leaves_no_event_that_would_tell_whose_it_is(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    path = of_record(client, assess(client, "2026-01", "2026-01"))
    before = rows(app, "SELECT count(*) FROM audit_event")
    rating(client, path, "1", WORDS)
    assert rows(app, "SELECT count(*) FROM audit_event") == before
