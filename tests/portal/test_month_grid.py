"""首页 and 我的: the months of the year, what they say, and where a free one leads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.client import LintingClient
from tests.support.walks import DING, MA_LAN, Resident, arrive, assess, proxy_for, sign_in


def months(client: LintingClient, path: str = "/") -> list[str]:
    """The twelve boxes of the grid."""
    return [text.replace(" ", "") for text in client.page(path).texts("li") if "月" in text]


def leading(client: LintingClient, path: str) -> dict[str, str]:
    """Where the months of the grid lead, by what stands in the box."""
    links = client.page(path).links()
    return {
        text.replace(" ", ""): to
        for text, to in links.items()
        if text.replace(" ", "")[:-3] in NAMES
    }


NAMES = [f"{number}月" for number in range(1, 13)]


def test_months_say_their_state_in_words(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assess(client, "2026-01", "2026-02")
    boxes = months(client)
    assert boxes[:3] == ["1月已核定", "2月已核定", "3月可核定"]
    assert len(boxes) == 12
    assert months(client, "/me") == boxes


@pytest.mark.parametrize("path", ["/", "/me"])
def test_a_free_month_leads_to_the_form_up_to_the_next_taken_month(
    client: LintingClient, path: str
) -> None:
    sign_in(client, MA_LAN.phone)
    assess(client, "2026-03", "2026-04")
    to = leading(client, path)
    assert list(to) == [f"{number}月可核定" for number in (1, 2, *range(5, 13))]
    for tapped, start, end in (("2月", "2026-02", "2026-02"), ("1月", "2026-01", "2026-02")):
        form, _ = client.page(to[f"{tapped}可核定"]).form("核定")
        assert (form.fields["start"], form.fields["end"]) == (start, end)
    form, _ = client.page(to["5月可核定"]).form("核定")
    assert (form.fields["start"], form.fields["end"]) == ("2026-05", "2026-12")


def test_the_months_are_shown_to_nobody_who_is_not_registered(client: LintingClient) -> None:
    assert months(client, "/me") == []
    sign_in(client, "19900000002")
    assert months(client, "/me") == []


@pytest.mark.today("2027-01-04")
def test_a_year_without_published_figures_is_not_called_assessable(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert set(months(client)) == {f"{number}月未公布" for number in range(1, 13)}
    assert leading(client, "/me") == {}
    assert "2027年度缴费基数尚未公布" in client.page("/assessment/self").words


def test_months_after_retirement_are_marked(client: LintingClient) -> None:
    sign_in(client, "19900000003")
    assert months(client)[4:6] == ["5月可核定", "6月已退休"]


def test_a_dispute_stays_between_the_person_and_the_agency(
    client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    listing = proxy_for(client, DING)
    form, _ = listing.form("核定")
    serial = assess(client, "2026-01", "2026-03", who=form.action.split("/")[2])
    person = another()
    arrive(person, Resident(DING.name, DING.identity, "19900000009"))
    person.submit(person.page("/me/messages"), "不是我办的")
    for reader in (client, person):
        page = reader.page(f"/assessment/records/{serial}")
        assert "disputed" not in page.words
        assert page.texts("b") == ["已核定"]
