"""What an officer types from the document of a year that nobody has published yet."""

from __future__ import annotations

from tests.support.client import LintingClient
from tests.support.html import Page

PAGE = "/counter/parameters"

OF_2027 = {
    "year": "2027",
    "average": "8500",
    "per": "month",
    "lower": "5100",
    "upper": "25500",
    "total": "20",
    "personal": "8",
    "document": "关于公布2027年度缴费基数的通知",
    "number": "宁人社发〔2026〕99号",
    "document_date": "2026-11-20",
    "effective_from": "2026-11-24",
}
"""Invented figures; each is 60 %, 100 % and 300 % of the average."""


def review(officer: LintingClient, **typed: str) -> Page:
    """The effect of a year's figures, before they are proposed."""
    return officer.submit(officer.page(f"{PAGE}/year"), "看影响", fill={**OF_2027, **typed})


def propose(officer: LintingClient, **typed: str) -> Page:
    """Put a year's figures before a second officer; their page."""
    return officer.submit(review(officer, **typed), "提交复核")


def publish(first: LintingClient, second: LintingClient, **typed: str) -> Page:
    """Two officers publish a year's figures."""
    return second.submit(second.page(propose(first, **typed).path), "确认公布")
