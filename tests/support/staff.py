"""Signing in as staff of the demo."""

from __future__ import annotations

import re

from flexapp.demo.staff import PASSWORD
from tests.support.client import LintingClient
from tests.support.html import Page

CODE = re.compile(r"演示动态码：(\d{6})")


def give_password(
    client: LintingClient, user_name: str, password: str = PASSWORD, status: int = 200
) -> Page:
    """The first factor; the page that follows."""
    page = client.page("/counter/sign-in")
    return client.submit(page, "登录", status, user_name=user_name, password=password)


def enter(client: LintingClient, user_name: str) -> Page:
    """Both factors; the desk."""
    page = give_password(client, user_name)
    shown = CODE.fullmatch(page.texts("p", role="status")[0])
    assert shown is not None
    return client.submit(page, "确认", code=shown[1])
