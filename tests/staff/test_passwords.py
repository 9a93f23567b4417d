"""Passwords of the staff: of any characters, long, and not what everybody thinks of first."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.staff.test_sign_in import staff
from tests.support.client import LintingClient
from tests.support.html import Page
from tests.support.staff import give_password


@pytest.fixture
def choosing(client: LintingClient, app: Flask) -> Page:
    """The page on which somebody new chooses a password."""
    printed = staff(
        app, "add", "chenming", "--name", "陈明", "--role", "hall", "--division", "640104"
    )
    return give_password(client, "chenming", printed.split()[-1])


@pytest.mark.parametrize(
    "password",
    [
        "123456123456",
        "1qaz2wsx3edc",
        "passwordpassword",
        "chenming2026",
        "chenmingchenming",
        "ningxiashebao",
        "ningxia12333",
        "aaaaaaaaaaaaaaaa",
        "qwertyuiopas",
    ],
)
def test_what_is_easily_guessed_is_refused(
    client: LintingClient, choosing: Page, password: str
) -> None:
    page = client.submit(choosing, "确认", 422, password=password, again=password)
    assert "太容易被猜到" in page.errors["password"]
    assert password not in page.html


@pytest.mark.parametrize(
    "password",
    [
        "gust lemon wander ox",
        "贺兰山下的枸杞今年红得很早",
        " Ab'\"<&>\\; leading and trailing ",
        "kf83hs-02kdmvu" * 9,
    ],
)
def test_any_characters_will_do(
    client: LintingClient, choosing: Page, app: Flask, password: str
) -> None:
    password = password[:128]
    page = client.submit(choosing, "确认", password=password, again=password)
    assert page.title == "绑定动态码"
    again = app.test_client()
    assert isinstance(again, LintingClient)
    assert give_password(again, "chenming", password).path == "/counter/enrol"
    assert "不对" in give_password(again, "chenming", password.strip()[:-1], 422).alert


def test_the_field_is_masked_and_managers_may_fill_it_in(client: LintingClient) -> None:
    page = client.page("/counter/sign-in")
    (field,) = [one for one in page.root.iter("input") if one.get("name") == "password"]
    assert (field.get("type"), field.get("autocomplete")) == ("password", "current-password")
    assert field.get("onpaste") is None
