"""Helpers of the draft tests: form values and stored drafts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Flask

from tests.support.client import HTMX, LintingClient
from tests.support.database import rows
from tests.support.html import Page

NEW, OWN = "/assessment/self/new", "/registration"


MONTHS = {"start": "2026-03", "end": "2026-08"}


TYPED = {**MONTHS, "base": "77.5"}


DECLARED = {"division": "640303", "ethnic_group": "03", "address": "红寺堡区演示路9号"}


GOES_ON = re.compile(r"接着您 \d{1,2}月\d{1,2}日 \d\d:\d\d 填的内容")


def while_typing(client: LintingClient, page: Page, button: str, **typed: str) -> None:
    """Post the draft autosave request that the script sends while somebody types."""
    form, _ = page.form(button)
    assert form.element.get("data-draft") is not None
    fields = form.fields | typed | {"_draft": "1"}
    answer = client.post(form.action, data=fields, headers=HTMX)
    assert (answer.status_code, answer.data) == (204, b"")


def shown(page: Page, names: Mapping[str, str] = TYPED) -> dict[str, str]:
    """Return the values of these fields on the page."""
    return {name: page.value(name) for name in names}


def drafts(app: Flask) -> list[tuple[object, ...]]:
    """Return the forms that have a stored draft."""
    return rows(app, "SELECT form FROM draft ORDER BY form")
