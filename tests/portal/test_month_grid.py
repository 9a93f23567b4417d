"""首页: the months of the year, and what they say when nothing can be assessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.client import LintingClient
from tests.support.walks import DING, MA_LAN, Resident, arrive, assess, proxy_for, sign_in


def months(client: LintingClient) -> list[str]:
    """The twelve boxes of the grid."""
    return [text.replace(" ", "") for text in client.page("/").texts("li") if "月" in text]


def test_months_say_their_state_in_words(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assess(client, "2026-01", "2026-02")
    boxes = months(client)
    assert boxes[:3] == ["1月已核定", "2月已核定", "3月可核定"]
    assert len(boxes) == 12


@pytest.mark.today("2027-01-04")
def test_a_year_without_published_figures_is_not_called_assessable(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert set(months(client)) == {f"{number}月未公布" for number in range(1, 13)}
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
