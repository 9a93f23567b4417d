"""Nothing typed is lost: what stood in a form is there again, for that person and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from flexapp.db.session import db
from flexapp.people.drafts import LIFE, MAX_DRAFTS
from flexapp.people.models import Draft
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, plan, raw_bytes, rows
from tests.support.drafts import (
    DECLARED,
    GOES_ON,
    MONTHS,
    NEW,
    OWN,
    TYPED,
    drafts,
    shown,
    while_typing,
)
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    arrive,
    assess,
    newcomer,
    proxy_for,
    register,
    revoke,
    sign_in,
)


def test_what_was_typed_is_there_again_when_the_form_is_opened_again(
    ma_lan: LintingClient,
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    for address in (NEW, "/assessment/self"):
        again = ma_lan.page(address)
        assert shown(again) == TYPED
        assert GOES_ON.search(again.words)
    assert "77.5%" in again.words  # read back as if it had just been typed


def test_on_another_phone_of_the_same_person_it_is_there_too(
    ma_lan: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    clock.advance(minutes=2)
    other = another()
    sign_in(other, MA_LAN.phone)
    assert shown(other.page(NEW)) == TYPED


def test_another_person_on_the_same_phone_never_sees_it(ma_lan: LintingClient) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    ma_lan.submit(ma_lan.page("/me"), "退出登录")
    sign_in(ma_lan, WANG.phone)
    page = ma_lan.page(NEW)
    assert page.value("base") == ""
    assert not GOES_ON.search(page.words)
    assert "77.5" not in page.html


def test_a_registration_half_filled_is_there_again_and_says_since_when(
    client: LintingClient,
) -> None:
    sign_in(client, YANG.phone)
    assert not GOES_ON.search(client.page(OWN).words)
    while_typing(client, client.page(OWN), "提交", **DECLARED)
    again = client.page(OWN)
    assert shown(again, DECLARED) == DECLARED
    assert GOES_ON.search(again.words)


def test_typing_what_is_registered_already_is_no_draft(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.page(OWN)
    while_typing(client, page, "提交")
    assert not GOES_ON.search(client.page(OWN).words)


def test_the_draft_is_unreadable_in_the_database(ma_lan: LintingClient, app: Flask) -> None:
    while_typing(ma_lan, ma_lan.page(OWN), "提交", **DECLARED)
    ((content,),) = rows(app, "SELECT content FROM draft")
    assert re.fullmatch(r"demo\.row:[A-Za-z0-9+/=]+", str(content))
    held = raw_bytes(app)
    assert DECLARED["address"].encode() not in held
    assert b"\\u7ea2\\u5bfa\\u5821" not in held


def test_tokens_keys_and_what_is_no_field_are_not_kept(ma_lan: LintingClient, app: Flask) -> None:
    page = ma_lan.page(NEW)
    while_typing(ma_lan, page, "核定", **TYPED, code="135790", other="x")
    with app.app_context():
        (draft,) = db.session.scalars(db.select(Draft)).all()
        kept = draft.content
    assert set(re.findall(r'"(\w+)":', kept)) == set(TYPED)


def test_keeping_what_is_typed_uses_up_no_key_and_answers_nothing(
    ma_lan: LintingClient, app: Flask
) -> None:
    page = ma_lan.page(NEW)
    while_typing(ma_lan, page, "核定", **TYPED)
    assert rows(app, "SELECT count(*) FROM once_key WHERE location LIKE '/assessment%'") == [(0,)]
    done = ma_lan.submit(page, "核定", fill=TYPED)
    assert "2026-03" in done.words


def test_a_finished_form_leaves_no_draft(ma_lan: LintingClient, app: Flask) -> None:
    page = ma_lan.page(NEW)
    while_typing(ma_lan, page, "核定", **TYPED)
    ma_lan.submit(page, "核定", fill=TYPED)
    assert drafts(app) == []
    new = ma_lan.page(NEW)
    assert new.value("base") == ""
    assert not GOES_ON.search(new.words)


def test_what_was_submitted_is_not_kept_again_by_what_the_script_sends_late(
    ma_lan: LintingClient, app: Flask
) -> None:
    page = ma_lan.page(NEW)
    ma_lan.submit(page, "核定", fill=TYPED)
    while_typing(ma_lan, page, "核定", **TYPED)
    assert drafts(app) == []
    while_typing(ma_lan, page, "核定", **TYPED | {"start": "2026-01", "end": "2026-02"})
    assert drafts(app) == [(NEW,)]


def test_a_finished_registration_leaves_no_draft(client: LintingClient, app: Flask) -> None:
    sign_in(client, YANG.phone)
    while_typing(client, client.page(OWN), "提交", **DECLARED)
    register(client)
    assert drafts(app) == []


def test_a_draft_of_one_form_survives_the_other_being_finished(
    ma_lan: LintingClient, app: Flask
) -> None:
    while_typing(ma_lan, ma_lan.page(OWN), "提交", **DECLARED)
    assess(ma_lan, "2026-01", "2026-02")
    assert drafts(app) == [(OWN,)]


def test_a_refused_form_keeps_what_was_typed(ma_lan: LintingClient, app: Flask) -> None:
    ma_lan.submit(ma_lan.page(NEW), "核定", 422, fill={**MONTHS, "base": "59.99"})
    again = ma_lan.page(NEW)
    assert shown(again) == {**MONTHS, "base": "59.99"}
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]


def test_without_the_script_reckoning_first_keeps_what_was_typed(ma_lan: LintingClient) -> None:
    ma_lan.submit(ma_lan.page(NEW), "先算一算", fill=TYPED)
    assert shown(ma_lan.page(NEW)) == TYPED


def test_a_change_that_is_being_reviewed_is_kept_until_it_is_submitted(
    ma_lan: LintingClient, app: Flask
) -> None:
    review = ma_lan.submit(ma_lan.page(OWN), "提交", fill=DECLARED)
    assert "请核对要变更的内容" in review.words
    assert shown(ma_lan.page(OWN), DECLARED) == DECLARED
    ma_lan.submit(review, "提交")
    assert drafts(app) == []


def test_clearing_removes_it(ma_lan: LintingClient, app: Flask) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    cleared = ma_lan.submit(ma_lan.page(NEW), "清除重填")
    assert cleared.path == NEW
    assert cleared.value("base") == ""
    assert drafts(app) == []


def test_clearing_a_registration_shows_what_is_registered(ma_lan: LintingClient) -> None:
    before = shown(ma_lan.page(OWN), DECLARED)
    while_typing(ma_lan, ma_lan.page(OWN), "提交", **DECLARED)
    assert shown(ma_lan.submit(ma_lan.page(OWN), "清除重填"), DECLARED) == before


@pytest.mark.parametrize("form", ["", "//elsewhere.example", "/me", "/no/such", "\r\nx: y"])
def test_clearing_leads_to_no_other_place(ma_lan: LintingClient, app: Flask, form: str) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    page = ma_lan.page(NEW)
    answer = ma_lan.submit(page, "清除重填", 303, follow=False, form=form)
    assert answer.location == "/"
    assert drafts(app) == [(NEW,)]


def test_fields_emptied_again_are_no_draft(ma_lan: LintingClient, app: Flask) -> None:
    page = ma_lan.page(NEW)
    while_typing(ma_lan, page, "核定", **TYPED)
    while_typing(ma_lan, page, "核定", start="", end="", base="")
    assert drafts(app) == []


# ---- What wins over a draft


def test_what_the_address_says_wins_and_the_rest_comes_from_the_draft(
    ma_lan: LintingClient,
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    months = ma_lan.page(f"{NEW}?start=2026-05&end=2026-06")
    assert shown(months) == {"start": "2026-05", "end": "2026-06", "base": "77.5"}
    all_said = ma_lan.page(f"{NEW}?start=2026-05&end=2026-06&base=60")
    assert shown(all_said) == {"start": "2026-05", "end": "2026-06", "base": "60"}
    assert not GOES_ON.search(all_said.words)


def test_a_quick_choice_of_nothing_empties_the_box(ma_lan: LintingClient) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    wage = ma_lan.page(ma_lan.page(NEW).links()["我的月工资"])
    assert wage.value("base") == ""


def test_assessing_again_is_filled_from_the_revoked_record_not_from_the_draft(
    ma_lan: LintingClient,
) -> None:
    listed = revoke(ma_lan, assess(ma_lan, "2026-01", "2026-02", "61"))
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    again = ma_lan.page(listed.links()["重新核定"])
    assert shown(again) == {"start": "2026-01", "end": "2026-02", "base": "61"}


def test_what_comes_from_a_counter_wins(ma_lan: LintingClient) -> None:
    handed = ma_lan.submit(ma_lan.page(NEW), "到窗口继续办理", fill={**MONTHS, "base": "88"})
    assert "办理码" in handed.words
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    number = taken_over(ma_lan.application)
    page = ma_lan.page(f"{NEW}?continued={number}")
    assert page.value("base") == "88"
    assert not GOES_ON.search(page.words)


def taken_over(app: Flask) -> int:
    """The number of what was handed over, as if a counter had and the person had taken it."""
    ((number, account),) = rows(
        app, "SELECT h.id, a.id FROM hand_over h, account a WHERE a.person_id = h.person_id"
    )
    execute(app, "UPDATE hand_over SET place = 'phone', taken_by = ?", f"account:{account}")
    return int(str(number))


def test_handing_over_to_a_counter_keeps_the_draft_until_it_is_finished(
    ma_lan: LintingClient, app: Flask
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    ma_lan.submit(ma_lan.page(NEW), "到窗口继续办理")
    assert drafts(app) == [(NEW,)]


def test_a_drafted_month_that_is_taken_by_now_is_not_chosen_and_no_other_in_its_place(
    ma_lan: LintingClient,
) -> None:
    assess(ma_lan, "2026-01", "2026-03")
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    page = ma_lan.page(NEW)
    assert shown(page) == {"start": "", "end": "2026-08", "base": "77.5"}
    assert page.options("start")[0] == ""
    assert "您上次选的2026年3月现在不能核定，请重新选择缴费开始年月" in page.words


def test_drafted_months_that_are_free_stay_chosen_without_a_word(ma_lan: LintingClient) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    page = ma_lan.page(NEW)
    assert "" not in page.options("start")
    assert "请重新选择" not in page.words


# ---- For somebody else


def test_each_person_handled_for_has_a_draft_of_their_own(
    ma_lan: LintingClient, app: Flask, another: Callable[[], LintingClient]
) -> None:
    theirs = proxy_for(ma_lan, DING)
    action = theirs.form("核定")[0].action
    while_typing(ma_lan, theirs, "核定", **TYPED)
    assert ma_lan.page(NEW).value("base") == ""
    assert shown(ma_lan.page(action)) == TYPED
    other = another()
    sign_in(other, WANG.phone)
    assert proxy_for(other, DING).value("base") == ""
    ma_lan.submit(ma_lan.page(action), "核定", fill=TYPED)
    assert drafts(app) == []


def test_name_and_id_number_of_somebody_else_are_never_kept(
    ma_lan: LintingClient, app: Flask
) -> None:
    form, _ = ma_lan.page("/assessment").form("提交")
    assert form.element.get("data-draft") is None
    proxy_for(ma_lan, YANG, 422)
    assert drafts(app) == []


# ---- How long, how many, and what it costs


def test_a_draft_is_kept_for_thirty_days(make_app: MakeApp, clock: Clock) -> None:
    app = make_app(FLEXAPP_TODAY="")
    client = app.test_client()
    assert isinstance(client, LintingClient)
    arrive(client, newcomer())
    while_typing(client, client.page(OWN), "提交", **DECLARED)
    assert LIFE.days == 30
    clock.advance(days=30, seconds=-1)
    sign_in(client, newcomer().phone)
    assert client.page(OWN).value("address") == DECLARED["address"]
    clock.advance(seconds=2)
    assert client.page(OWN).value("address") == ""


def test_what_is_over_is_removed_when_somebody_types(
    ma_lan: LintingClient, app: Flask, clock: Clock, another: Callable[[], LintingClient]
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    clock.advance(days=31)
    other = another()
    sign_in(other, WANG.phone)
    while_typing(other, other.page(OWN), "提交", **DECLARED)
    assert drafts(app) == [(OWN,)]


def test_an_account_keeps_a_limited_number_and_the_newest_of_them(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    form, _ = ma_lan.page(NEW).form("核定")
    for number in range(MAX_DRAFTS + 3):
        clock.advance(seconds=1)
        address = f"/assessment/case-{number:02d}/new"
        ma_lan.post(address, data=form.fields | TYPED | {"_draft": "1"})
    kept = [str(name) for (name,) in drafts(app)]
    assert kept == [f"/assessment/case-{number:02d}/new" for number in range(3, MAX_DRAFTS + 3)]


def counted(app: Flask, act: Callable[[], object]) -> list[str]:
    """The statements that were sent to the database meanwhile."""
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return said


def test_the_form_costs_one_more_query_and_submitting_it_one_deletion(
    ma_lan: LintingClient, app: Flask
) -> None:
    ma_lan.page(NEW)
    opened = counted(app, lambda: ma_lan.page(NEW))
    assert [text.split()[0] for text in opened if "draft" in text] == ["SELECT"]
    page = ma_lan.page(NEW)
    sent = counted(app, lambda: ma_lan.submit(page, "核定", 303, follow=False, fill=TYPED))
    assert [text.split()[0] for text in sent if "draft" in text] == ["DELETE"]
    # Looked up by its key, whatever else is kept.
    said = plan(app, "DELETE FROM draft WHERE account_id = 1 AND form = 'x'")
    assert any(way in said for way in ("USING PRIMARY KEY", "USING INDEX", "pk_draft"))


# ---- Back, refresh, double tap


def test_back_after_success_and_pressing_again_leads_to_the_record_and_leaves_no_draft(
    ma_lan: LintingClient, app: Flask
) -> None:
    page = ma_lan.page(NEW)
    first = ma_lan.repeat(page, "核定", **TYPED)
    again = ma_lan.repeat(page, "核定", **TYPED)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"] == "/assessment/self"
    assert rows(app, "SELECT count(*) FROM assessment") == [(1,)]
    assert drafts(app) == []


def test_refreshing_after_a_success_asks_for_a_page_and_not_for_another_post(
    ma_lan: LintingClient,
) -> None:
    done = ma_lan.submit(ma_lan.page(NEW), "核定", fill=TYPED)
    assert done.response.request.method == "GET"
    assert ma_lan.page(done.path).words == done.words


def test_the_form_says_where_to_look_when_nobody_knows_whether_it_arrived(
    client: LintingClient,
) -> None:
    sign_in(client, MA_LAN.phone)
    own = client.page(NEW).form("核定")[0].element
    assert own.get("data-records") == "/assessment/self"
    declared = client.page(OWN).form("提交")[0].element
    assert declared.get("data-records") == OWN
