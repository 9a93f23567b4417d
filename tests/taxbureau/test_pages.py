"""The clerk's pages: what they show, what their buttons do, and what they refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from httpx import Response
from tinyhtml5 import parse  # type: ignore[import-untyped]
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, buttons, content, open_bureau

DETAIL = f"/assessments/{SERIAL}"
STAND_IN = "演示用的税务系统替身"


def serials(page: str) -> list[str]:
    """The serials that a list page links to, in order."""
    return re.findall(r'href="/assessments/([^"]+)"', page)


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_the_list_shows_the_newest_first_with_the_person_masked(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.put(content(2, person_name="丁海燕"))
    page = bureau.page("/")
    assert "<title>税务征收平台（演示）</title>" in page
    assert serials(page) == [content(2)["serial"], SERIAL]
    assert "丁**" in page
    assert "马*" in page
    assert "¥7447.20" in page
    assert "丁海燕" not in page
    assert CONTENT["id_number"] not in page


def test_an_empty_list_says_so(bureau: Bureau) -> None:
    assert "还没有收到核定" in bureau.page("/")
    assert "没有符合条件的核定" in bureau.page("/?serial=nothing")


def test_the_list_is_searched_by_a_part_of_the_serial_and_by_state(bureau: Bureau) -> None:
    for number in (1, 2, 12):
        bureau.put(content(number))
    bureau.press("pay", content(2)["serial"])
    assert serials(bureau.page("/?serial=0012")) == [content(12)["serial"]]
    assert serials(bureau.page(f"/?serial=%20{SERIAL}%20")) == [SERIAL]
    assert serials(bureau.page("/?state=paid")) == [content(2)["serial"]]
    assert serials(bureau.page("/?serial=0012&state=paid")) == []
    assert serials(bureau.page("/?serial=%25")) == []
    page = bureau.page("/?serial=0012&state=paid")
    assert 'value="0012"' in page
    assert '<option value="paid" selected>已缴费</option>' in page


def test_the_list_is_paged_by_twenty_in_both_directions(bureau: Bureau) -> None:
    expected = [content(number)["serial"] for number in range(45, 0, -1)]
    for number in range(1, 46):
        bureau.put(content(number))
    path = "/"
    forward: list[str] = []
    back: list[str] = []
    while True:
        page = bureau.page(path)
        forward += serials(page)
        following = re.search(r'href="([^"]+)">下一页', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert forward == expected
    while True:
        page = bureau.page(path)
        back = serials(page) + back
        previous = re.search(r'href="([^"]+)">上一页', page)
        if previous is None:
            break
        path = previous[1].replace("&amp;", "&")
    assert back == expected


def test_paging_keeps_the_search(bureau: Bureau) -> None:
    for number in range(1, 31):
        bureau.put(content(number))
    bureau.press("pay", content(1)["serial"])
    page = bureau.page("/?state=received&serial=6401")
    following = re.search(r'href="([^"]+)">下一页', page)
    assert following
    page = bureau.page(following[1].replace("&amp;", "&"))
    assert serials(page) == [content(number)["serial"] for number in range(10, 1, -1)]


def test_the_detail_shows_what_arrived_masked_and_the_history(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    page = bureau.page(DETAIL)
    for shown in (
        SERIAL,
        "马*",
        "640104********0021",
        "兴庆区（640104）",
        CONTENT["unit_name"],
        "2019-01",
        "2019-12",
        "3103.00",
        "37236.00",
        "¥7447.20",
        "待缴费",
        "收到核定",
        "2026-11-23 09:15:03",
        "SW2026112300000001",
    ):
        assert shown in page
    assert "马兰" not in page
    assert CONTENT["id_number"] not in page


def test_the_buttons_are_those_that_the_state_allows(bureau: Bureau) -> None:
    for number in (1, 2, 3, 4):
        bureau.put(content(number))
    paid, revoked, asked = (content(number)["serial"] for number in (2, 3, 4))
    bureau.press("pay", paid)
    bureau.press("revoke", revoked, reason="重复申报")
    bureau.ask(serial=asked)
    assert buttons(bureau.page(DETAIL)) == ["标记已缴费", "撤销"]
    assert buttons(bureau.page(f"/assessments/{paid}")) == []
    assert buttons(bureau.page(f"/assessments/{revoked}")) == []
    assert buttons(bureau.page(f"/assessments/{asked}")) == ["同意撤销", "不同意撤销"]
    assert "月份填错了" in bureau.page(f"/assessments/{asked}")


@pytest.mark.parametrize(
    ("asked", "move", "reason", "state", "said"),
    [
        (False, "pay", None, "paid", "已标记为已缴费。"),
        (False, "revoke", "重复申报", "revoked", "已撤销。"),
        (True, "agree", None, "revoked", "已同意撤销。"),
        (True, "decline", "已在扣款", "received", "已答复不同意撤销。"),
    ],
)
def test_a_button_moves_the_record_and_comes_back_to_it(
    bureau: Bureau, asked: bool, move: str, reason: str | None, state: str, said: str
) -> None:
    bureau.put(CONTENT)
    if asked:
        bureau.ask()
    answer = bureau.press(move, **({"reason": f" {reason} "} if reason else {}))
    assert answer.status_code == 303
    assert answer.headers["Location"] == DETAIL
    assert bureau.state() == state
    assert bureau.record()["reason"] == reason
    page = bureau.page(DETAIL)
    assert f'role="status">{said}<' in page
    assert reason is None or f"原因：{reason}" in page
    assert said not in bureau.page(DETAIL).split("</main>")[0].split('class="card')[0]


@pytest.mark.parametrize(("move", "asked"), [("revoke", False), ("decline", True)])
@pytest.mark.parametrize("reason", ["", "  ", "长" * 201, "两\n行"])
def test_a_reason_that_cannot_be_used_is_refused_beside_its_field(
    bureau: Bureau, move: str, asked: bool, reason: str
) -> None:
    bureau.put(CONTENT)
    if asked:
        bureau.ask()
    before = bureau.state()
    answer = bureau.press(move, reason=reason)
    assert answer.status_code == 422
    assert f'aria-describedby="reason-{move}-error"' in text(answer)
    assert f'id="reason-{move}-error"' in text(answer)
    if reason.strip():
        assert f'value="{reason}"' in text(answer)
    assert bureau.state() == before


@pytest.mark.parametrize("move", ["pay", "revoke", "agree", "decline"])
def test_a_paid_record_cannot_be_moved_from_a_stale_page(bureau: Bureau, move: str) -> None:
    bureau.put(CONTENT)
    bureau.press("pay")
    answer = bureau.press(move, reason="想退")
    assert answer.status_code == 409
    assert 'role="alert">这笔核定已经缴费' in text(answer)
    assert bureau.state() == "paid"
    assert bureau.events().count((SERIAL, "paid")) == 1


def test_a_record_is_not_revoked_or_paid_past_an_open_request(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    bureau.ask()
    for move in ("pay", "revoke"):
        answer = bureau.press(move, reason="想改")
        assert answer.status_code == 409
        assert "请先点“同意撤销”或“不同意撤销”" in text(answer)
    assert bureau.state() == "revoking"


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_a_post_without_its_token_is_400_changes_nothing_and_keeps_what_was_typed(
    bureau: Bureau, token: str | None
) -> None:
    bureau.put(CONTENT)
    bureau.page(DETAIL)
    fields = {"reason": "重复申报"} | ({} if token is None else {"csrf_token": token})
    answer = bureau.client.post(f"{DETAIL}/revoke", data=fields)
    assert answer.status_code == 400
    assert "刚才的操作没有完成" in text(answer)
    assert 'value="重复申报"' in text(answer)
    assert bureau.state() == "received"


@pytest.mark.parametrize("serial", ["64010420260101999999", "no serial", "%00"])
def test_a_post_without_its_token_for_a_record_that_is_not_there_is_400(
    bureau: Bureau, serial: str
) -> None:
    answer = bureau.client.post(f"/assessments/{serial}/pay", data={})
    assert answer.status_code == 400
    assert "页面打开太久了" in text(answer)


def test_the_token_of_another_browser_is_refused(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    found = re.search(r'name="csrf_token" value="([^"]+)"', bureau.page(DETAIL))
    assert found
    stranger = bureau.fresh()
    stranger.page(DETAIL)
    answer = stranger.client.post(f"{DETAIL}/pay", data={"csrf_token": found[1]})
    assert answer.status_code == 400
    assert bureau.state() == "received"


def test_a_signature_does_not_open_the_clerks_forms(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    signature = bureau.sign(bureau.claims("POST", f"{DETAIL}/pay"))
    assert bureau.send("POST", f"{DETAIL}/pay", b"", signature).status_code == 400
    assert bureau.state() == "received"


@pytest.mark.parametrize("path", ["/assessments/unknown", "/nothing", "/assessments/a%00b"])
def test_an_unknown_page_is_a_404_that_leads_back(bureau: Bureau, path: str) -> None:
    answer = bureau.client.get(path)
    assert answer.status_code == 404
    assert 'href="/"' in text(answer)


@pytest.mark.parametrize(
    ("opened", "leads_to"),
    [
        (f"{DETAIL}/pay", DETAIL),
        (f"{DETAIL}/decline", DETAIL),
        (f"{DETAIL}/", DETAIL),
        ("/faults/", "/faults"),
        ("/faults/off", "/faults"),
        ("/faults/slow/off", "/faults"),
    ],
)
def test_the_address_of_a_button_or_one_with_a_slash_leads_to_the_page_that_was_meant(
    bureau: Bureau, opened: str, leads_to: str
) -> None:
    bureau.put(CONTENT)
    answer = bureau.client.get(opened)
    assert answer.status_code in (303, 308)
    assert answer.headers["Location"].removeprefix("http://localhost") == leads_to
    assert bureau.client.get(opened, follow_redirects=True).status_code == 200
    assert bureau.state() == "received"


def test_a_move_that_does_not_exist_is_refused(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    assert bureau.press("request").status_code == 404
    assert bureau.state() == "received"


def every_kind_of_page(bureau: Bureau) -> list[TestResponse]:
    """One answer of every kind, errors too, in the browser of `bureau`."""
    bureau.put(CONTENT)
    bureau.put(content(2))
    bureau.ask(serial=content(2)["serial"])
    # One is not accepted, one is not answered, one is noted: each has its words.
    bureau.product.then(bureau.product.answering(422))
    bureau.tell()
    bureau.put(content(3))
    bureau.product.then(lambda _: Response(500))
    bureau.tell()
    get, post = bureau.client.get, bureau.client.post
    return [
        get("/"),
        get("/?serial=none"),
        get("/?older=0"),
        get(DETAIL),
        get(f"/assessments/{content(2)['serial']}"),
        get(f"/assessments/{content(3)['serial']}"),
        get("/faults"),
        bureau.press("revoke", reason=""),
        bureau.press("agree"),
        post(f"{DETAIL}/pay"),
        post(f"{DETAIL}/pay", data={"reason": "长" * 70_000}),
        get("/nothing"),
        bureau.client.put(DETAIL),
    ]


def test_every_page_says_that_it_is_a_stand_in_and_is_sound_html(bureau: Bureau) -> None:
    for answer in every_kind_of_page(bureau):
        page = text(answer)
        assert STAND_IN in page
        assert "税务征收平台（演示）" in page
        assert page.count("<h1>") == 1
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
        root = parse(page, strict=True)
        elements = list(root.iter())
        ids = [e.get("id") for e in elements if e.get("id")]
        assert len(ids) == len(set(ids))
        labelled = {e.get("for") for e in elements if e.get("for")}
        fields = [
            e
            for e in elements
            if str(e.tag).rpartition("}")[2] in ("input", "select", "textarea")
            and e.get("type") != "hidden"
        ]
        assert all(field.get("id") in labelled for field in fields)
        for form in elements:
            if str(form.tag).endswith("form") and form.get("method") == "post":
                assert [e for e in form.iter() if e.get("name") == "csrf_token"]


def test_every_answer_carries_the_strict_policy(bureau: Bureau) -> None:
    answers = [
        *every_kind_of_page(bureau),
        bureau.press("pay"),
        bureau.get("/v1/assessments"),
        bureau.client.get("/v1/assessments"),
        bureau.client.get("/static/taxbureau.css"),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_products_stylesheet_is_linked_where_one_is_given(
    bureau: Bureau, database: Path
) -> None:
    dressed = open_bureau(database, stylesheet_url="/static/app-1.css")
    assert 'href="/static/app-1.css"' in dressed.page("/")
    assert bureau.page("/").count("stylesheet") == 1


def test_without_demo_there_is_the_machine_api_and_no_clerk_page(database: Path) -> None:
    bureau = open_bureau(database, demo=False)
    assert bureau.put(CONTENT).status_code == 201
    for path in ("/", DETAIL):
        answer = bureau.client.get(path)
        assert answer.status_code == 404
        assert "回到列表" not in text(answer)
    assert bureau.client.post(f"{DETAIL}/pay").status_code == 404


def test_mounted_under_a_path_every_link_form_and_cookie_stays_below_it(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    for number in range(2, 25):
        bureau.put(content(number))
    product = Flask("product")
    browser = Client(DispatcherMiddleware(product, {"/tax-bureau": bureau.app}))
    listing = browser.get("/tax-bureau/", follow_redirects=True)
    detail = browser.get(f"/tax-bureau{DETAIL}")
    for answer in (listing, detail, browser.get("/tax-bureau/nothing")):
        links = re.findall(r'(?:href|action)="([^"]+)"', text(answer))
        assert links
        assert all(link.startswith("/tax-bureau/") for link in links)
    assert "Path=/tax-bureau;" in detail.headers["Set-Cookie"]
    assert "HttpOnly" in detail.headers["Set-Cookie"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', text(detail))
    assert token
    answer = browser.post(f"/tax-bureau{DETAIL}/pay", data={"csrf_token": token[1]})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/tax-bureau{DETAIL}"
    assert bureau.state() == "paid"


def test_whoever_names_a_host_that_can_be_none_is_told_so_in_a_sentence(bureau: Bureau) -> None:
    answer = bureau.client.get("/", environ_overrides={"HTTP_HOST": "a..b"})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "提交的内容不完整" in text(answer)


def test_no_cache_keeps_the_page_of_a_file_that_is_not_there(bureau: Bureau) -> None:
    answer = bureau.client.get("/static/no-such.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_search_for_control_characters_does_not_bring_them_back(bureau: Bureau) -> None:
    page = bureau.page("/?serial=6401%01%7F%EF%BF%BE")
    assert 'value="6401"' in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    ],
)
def test_another_sites_page_presses_no_button(bureau: Bureau, headers: dict[str, str]) -> None:
    bureau.put(CONTENT)
    found = re.search(r'name="csrf_token" value="([^"]+)"', bureau.page(DETAIL))
    assert found is not None
    before = bureau.state()
    for path in (f"{DETAIL}/pay", f"{DETAIL}/revoke", "/faults/slow", "/faults/slow/off"):
        answer = bureau.client.post(path, data={"csrf_token": found[1]}, headers=headers)
        assert answer.status_code == 403
        assert "不是从本页面发出的" in answer.text
        away = bureau.app.test_client(use_cookies=False).post(path, headers=headers)
        for each in (answer, away):
            assert "Set-Cookie" not in each.headers
    assert bureau.state() == before


def test_a_form_without_its_cookie_is_answered_without_one(bureau: Bureau) -> None:
    bureau.put(CONTENT)
    answer = bureau.app.test_client().post(f"{DETAIL}/pay")
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
