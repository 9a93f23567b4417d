"""长辈版: chosen on the first screen, kept for the phone and for the person on every phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.html import Page
from tests.support.walks import MA_LAN, WANG, sign_in

Another = Callable[[], LintingClient]


def is_elder(page: Page) -> bool:
    return 'class="elder"' in page.html.split("<head>")[0]


def switch(client: LintingClient, path: str = "/") -> Page:
    page = client.page(path)
    return client.submit(page, "退出长辈版" if is_elder(page) else "长辈版")


def test_nobody_has_it_before_choosing_it(client: LintingClient) -> None:
    assert not is_elder(client.page("/"))


@pytest.mark.parametrize("path", ["/", "/me", "/sign-in"])
def test_it_is_switched_on_and_off_where_one_is(client: LintingClient, path: str) -> None:
    page = switch(client, path)
    assert (page.path, is_elder(page)) == (path, True)
    page = switch(client, path)
    assert (page.path, is_elder(page)) == (path, False)


def test_every_page_has_it_then(client: LintingClient) -> None:
    switch(client)
    sign_in(client, MA_LAN.phone)
    for path in (
        "/me",
        "/registration",
        "/assessment",
        "/assessment/self/new",
        "/guide",
        "/nowhere",
    ):
        page = client.page(path, 404 if path == "/nowhere" else 200)
        assert is_elder(page), path


def test_it_is_the_persons_on_another_phone_too(
    client: LintingClient, another: Another, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    switch(client)
    elsewhere = another()
    assert not is_elder(elsewhere.page("/"))
    clock.advance(minutes=2)
    sign_in(elsewhere, MA_LAN.phone)
    assert is_elder(elsewhere.page("/me"))


def test_what_was_chosen_before_signing_in_becomes_the_persons(
    client: LintingClient, another: Another, clock: Clock
) -> None:
    switch(client)
    sign_in(client, MA_LAN.phone)
    elsewhere = another()
    clock.advance(minutes=2)
    sign_in(elsewhere, MA_LAN.phone)
    assert is_elder(elsewhere.page("/me"))


def test_what_a_person_chose_counts_for_more_than_the_phone_of_somebody_else(
    client: LintingClient, another: Another, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    switch(client)
    switch(client)
    borrowed = another()
    switch(borrowed)
    clock.advance(minutes=2)
    sign_in(borrowed, MA_LAN.phone)
    assert not is_elder(borrowed.page("/me"))
    # The phone's owner, who signs in after her, has what the phone had.
    borrowed.submit(borrowed.page("/me"), "退出登录")
    assert is_elder(borrowed.page("/"))
    sign_in(borrowed, WANG.phone)
    assert is_elder(borrowed.page("/me"))


def test_it_leads_nowhere_but_to_pages_of_this_service(client: LintingClient) -> None:
    page = client.page("/")
    answer = client.repeat(page, "长辈版", back="//elsewhere.example/", look="elder")
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_look_that_there_is_not_changes_nothing(client: LintingClient) -> None:
    answer = client.repeat(client.page("/"), "长辈版", look="<b>")
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (303, [])


def test_the_counters_do_not_take_it_from_the_browser(client: LintingClient) -> None:
    switch(client)
    assert not is_elder(client.page("/counter/sign-in"))


def test_the_page_can_be_read_out_where_the_phone_speaks(client: LintingClient) -> None:
    assert "听这一页" not in client.page("/").words
    assert switch(client).texts("button").count("听这一页") == 1


def test_a_code_without_one_that_was_sent_is_refused_above_the_number_alone(
    client: LintingClient,
) -> None:
    switch(client, "/sign-in")
    page = client.page("/sign-in")
    form, _ = page.form("获取验证码")
    typed = {**form.fields, "phone": "13800000077", "code": "123456"}
    answer = Page(client.post("/sign-in", data=typed))
    assert (answer.status, answer.errors) == (422, {})
    assert "请先点“获取验证码”。" in answer.alert
