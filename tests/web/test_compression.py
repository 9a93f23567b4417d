"""Pages are sent compressed to whoever can read them so, and as they are to everybody else."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

from flexapp.web.compression import MIN_BYTES
from flexapp.web.select_options import options

PAGE = "/channels"


def test_a_page_is_compressed_for_a_browser_that_says_so(client: FlaskClient) -> None:
    plain = client.get(PAGE)
    # A bare client: the linting one reads the body, which is not text here.
    bare = FlaskClient(client.application, client.response_wrapper)
    packed = bare.get(PAGE, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.content_length == len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("said", ["", "identity", "br", "gzip;q=0"])
def test_a_page_is_sent_as_it_is_to_others(client: FlaskClient, said: str) -> None:
    page = client.get(PAGE, headers={"Accept-Encoding": said})
    assert "Content-Encoding" not in page.headers
    assert len(page.data) >= MIN_BYTES
    assert "Accept-Encoding" in page.headers["Vary"]


def test_what_is_no_page_is_left_alone(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_options_are_grouped_escaped_and_the_chosen_one_is_selected() -> None:
    groups = (("", (("a", "甲"),)), ("<市>", (("b", "乙&"), ("c", "丙"))))
    assert options(groups, "b").split("\n") == [
        '<option value="a">甲</option>',
        '<optgroup label="&lt;市&gt;">',
        '<option value="b" selected>乙&amp;</option>',
        '<option value="c">丙</option>',
        "</optgroup>",
    ]


@pytest.mark.parametrize("chosen", [None, "", "unknown", "far too long to have been offered"])
def test_nothing_is_selected_where_the_chosen_one_is_not_offered(chosen: str | None) -> None:
    assert "selected" not in options((("", (("a", "甲"),)),), chosen)
