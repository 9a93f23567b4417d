"""Records: the list, 新增, 撤销, who sees them, and the bounds of the months on offer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import HTMX, LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page, words
from tests.support.walks import (
    MA_LAN,
    WANG,
    YANG,
    ZHANG,
    arrive,
    assess,
    newcomer,
    register,
    revoke,
    serials,
    sign_in,
    state,
    transmit,
)

YEAR_2026 = [f"2026-{month:02d}" for month in range(1, 13)]


def test_records_are_listed_newest_first_with_what_each_may_do(ma_lan: LintingClient) -> None:
    first = assess(ma_lan, "2026-01", "2026-03")
    page = ma_lan.page("/assessment/self")
    assert page.links()["新增"] == "/assessment/self/new"
    form = ma_lan.page(page.links()["新增"])
    assert form.options("start") == YEAR_2026[3:]
    second = assess(ma_lan, "2026-04", "2026-12", "100")
    page = ma_lan.page("/assessment/self")
    assert serials(page) == [second, first]
    assert first != second
    assert page.texts("span", class_="tag") == ["已核定", "已核定"]
    assert sorted(page.buttons()) == ["传输", "传输", "撤销", "撤销"]


def test_a_serial_tells_place_day_and_number(ma_lan: LintingClient) -> None:
    assert assess(ma_lan, "2026-01", "2026-01") == "64010420261124000001"
    assert assess(ma_lan, "2026-02", "2026-02") == "64010420261124000002"


def test_a_taken_month_is_refused_with_a_link_to_its_record(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-03", "2026-05")
    before = stored(app)
    page = ma_lan.submit(
        ma_lan.page("/assessment/self/new"),
        "核定",
        422,
        by_hand=True,
        start="2026-01",
        end="2026-06",
        base="60",
    )
    assert list(page.errors) == ["end"]
    assert page.errors["end"].startswith("该月份已核定：2026年3月至")
    assert page.links()[f"查看已核定的记录 {serial}"] == f"/assessment/records/{serial}"
    assert (page.value("start"), page.value("end"), page.value("base")) == (
        "2026-01",
        "2026-06",
        "60",
    )
    assert stored(app) == before


def test_when_every_month_is_taken_the_page_says_so(ma_lan: LintingClient) -> None:
    assess(ma_lan, "2026-01", "2026-12")
    page = ma_lan.page("/assessment/self/new")
    assert "可以核定的月份都已核定" in page.words
    assert not page.forms()


def test_revoking_asks_first_and_cancelling_changes_nothing(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    before = stored(app)
    dialog = ma_lan.submit(ma_lan.page("/assessment/self"), "撤销")
    (box,) = dialog.all("section", role="dialog")
    assert box.get("aria-modal") == "true"
    assert {"确认", "取消"} <= set(dialog.buttons())
    assert "2026-01 至 2026-12，¥12055.20" in dialog.words
    assert ma_lan.submit(dialog, "取消").path == "/assessment/self"
    assert stored(app) == before
    assert state(ma_lan, serial) == "已核定"


def test_after_revoking_the_record_stays_and_its_months_are_free(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    listed = revoke(ma_lan, serial)
    assert listed.path == "/assessment/self"
    assert serials(listed) == [serial]
    assert listed.texts("span", class_="tag") == ["已撤销"]
    assert not listed.buttons()
    assert rows(app, "SELECT * FROM assessed_month") == []
    again = assess(ma_lan, "2026-01", "2026-12", "100")
    assert state(ma_lan, again) == "已核定"
    assert state(ma_lan, serial) == "已撤销"


def test_revoking_twice_says_so(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    dialog = ma_lan.page(f"/assessment/records/{serial}/revoke")
    other = ma_lan.page(f"/assessment/records/{serial}/revoke")
    ma_lan.submit(dialog, "确认")
    before = stored(app)
    refused = ma_lan.submit(other, "确认", 422)
    assert "这笔核定已经撤销，不用再点" in refused.alert
    assert stored(app) == before


def test_with_htmx_the_dialog_is_a_fragment_and_its_end_a_redirect(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    dialog = ma_lan.page(f"/assessment/records/{serial}/revoke", htmx=True)
    assert dialog.root.tag != "html"
    answer = ma_lan.submit(dialog, "确认", htmx=True, follow=False)
    assert answer.location == "/assessment/self"


def test_with_htmx_an_assessment_answers_with_a_redirect_header(ma_lan: LintingClient) -> None:
    form = ma_lan.page("/assessment/self/new")
    answer = ma_lan.submit(form, "核定", htmx=True, follow=False, base="60")
    assert answer.response.headers["HX-Redirect"] == "/assessment/self"
    assert not answer.html


def test_with_htmx_a_refusal_is_the_form_with_status_422(ma_lan: LintingClient) -> None:
    form = ma_lan.page("/assessment/self/new")
    answer = ma_lan.submit(form, "核定", 422, htmx=True, base="59.99")
    assert answer.root.tag != "html"
    assert list(answer.errors) == ["base"]
    (faults,) = answer.all("div", class_="faults")
    assert faults.get("tabindex") == "-1"


def test_a_history_restore_gets_the_whole_page(ma_lan: LintingClient) -> None:
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    assert Page(ma_lan.get("/assessment/self/new", headers=headers)).root.tag == "html"
    assert Page(ma_lan.get("/assessment/self/new", headers=HTMX)).root.tag != "html"


def test_the_records_own_page_tells_what_happened_and_by_whom(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    page = ma_lan.page(f"/assessment/records/{serial}")
    assert page.title == "核定记录"
    assert page.texts("b") == ["已核定", "已提交传输"]
    (trail,) = page.all("ol", class_="trail")
    assert all("马*" in step and "199****0001" in step for step in map(words, trail))


def test_before_registration_one_is_sent_to_register_first(client: LintingClient) -> None:
    sign_in(client, YANG.phone)
    page = client.submit(client.page("/assessment"), "提交", 422)
    assert "您还没有参保登记，请先办理登记，再来核定。" in page.alert
    assert page.links()["去登记"] == "/registration"
    assert "您还没有参保登记" in client.page("/assessment/self").words
    register(client)
    assert client.submit(client.page("/assessment"), "提交").path == "/assessment/self"


def test_who_registers_this_year_may_assess_from_january(client: LintingClient) -> None:
    arrive(client, newcomer())
    register(client)
    assert client.page("/assessment/self/new").options("start") == YEAR_2026


def test_nothing_after_the_retirement_month_is_offered(client: LintingClient) -> None:
    sign_in(client, WANG.phone)
    assert client.page("/assessment/self/new").options("end") == YEAR_2026[:5]
    assess(client, "2026-01", "2026-05")
    assert state(client, serials(client.page("/assessment/self"))[0]) == "已核定"


@pytest.mark.today("2019-09-24")
def test_a_woman_of_1964_retires_in_september_2019(client: LintingClient) -> None:
    sign_in(client, ZHANG.phone)
    assert client.page("/assessment/self/new").options("end")[-1] == "2019-09"


def test_after_retirement_the_page_says_why_nothing_can_be_assessed(client: LintingClient) -> None:
    sign_in(client, ZHANG.phone)
    page = client.page("/assessment/self")
    assert "2019年9月已到退休年龄" in page.words
    assert "缴费基数" not in page.texts("label")


@pytest.mark.today("2023-05-04")
def test_a_year_without_published_figures_is_refused_never_guessed(
    client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    assert "2023年度缴费基数尚未公布" in client.page("/assessment/self").words
    other = Page(
        client.get("/assessment/self/read-back?start=2023-01&end=2023-02&base=60", headers=HTMX)
    )
    assert "尚未公布" in other.words
    assert rows(app, "SELECT * FROM assessment") == []


def test_older_records_are_a_page_away(ma_lan: LintingClient) -> None:
    made = [assess(ma_lan, "2026-01", "2026-01") for _ in range(21) if _revoked(ma_lan)]
    page = ma_lan.page("/assessment/self")
    assert len(serials(page)) == 20
    older = ma_lan.page(page.links()["查看更早的记录"])
    assert serials(older) == [made[0]]


def _revoked(client: LintingClient) -> bool:
    """Revoke what is there, so that January is free again."""
    for serial in serials(client.page("/assessment/self"))[:1]:
        revoke(client, serial)
    return True


def test_the_home_page_shows_the_years_months_with_their_state(ma_lan: LintingClient) -> None:
    assess(ma_lan, "2026-03", "2026-04")
    boxes = ma_lan.page("/").all("ul", class_="months")[0]
    texts = ["".join(box.itertext()) for box in boxes]
    assert texts[2] == "3月已核定"
    assert texts[4] == "5月可核定"
    assert len(texts) == 12


@pytest.mark.parametrize("address", ["/assessment/self?before=99999999999999999999999"])
def test_an_absurd_page_number_is_no_fault(ma_lan: LintingClient, address: str) -> None:
    assert ma_lan.get(address).status_code in (200, 404)


def test_somebody_elses_serial_is_answered_exactly_as_an_unknown_one(
    ma_lan: LintingClient, another: Callable[[], LintingClient]
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    stranger = another()
    sign_in(stranger, WANG.phone)
    for tail in ("", "/card", "/revoke", "/ask-tax"):
        theirs = stranger.get(f"/assessment/records/{serial}{tail}")
        unknown = stranger.get(f"/assessment/records/64010420261124999999{tail}")
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.data == unknown.data
        assert sorted(theirs.headers.keys()) == sorted(unknown.headers.keys())


def test_somebody_elses_serial_cannot_be_moved(
    ma_lan: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    stranger = another()
    sign_in(stranger, WANG.phone)
    fields = stranger.page("/assessment/self/new").form("核定")[0].fields
    before = stored(app)
    for action in ("transmit", "revoke", "ask-tax"):
        answers = [
            stranger.post(f"/assessment/records/{name}/{action}", data=fields)
            for name in (serial, "64010420261124999999")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].data == answers[1].data
    assert stored(app) == before
