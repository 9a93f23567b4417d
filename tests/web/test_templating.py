"""What our templates write is what Jinja would write, though some of it is remembered."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Undefined
from markupsafe import Markup, escape

from flexapp.web.templating import attributes, drawn_once, each_drawn_once, written

ATTACK = "<script>alert('1')</script>&\""


class Elsewhere(str):
    """A text of a class of its own, as libraries have them."""


class Drawing:
    """Something that draws itself."""

    def __html__(self) -> str:
        return "<b>drawn</b>"


VALUES = st.one_of(
    st.text(),
    st.text().map(Elsewhere),
    st.text().map(Markup),
    st.integers(),
    st.none(),
    st.builds(Drawing),
    st.builds(Undefined),
)


@given(VALUES)
def test_whatever_is_written_is_escaped_as_the_library_does(value: object) -> None:
    assert "".join([written(value)]) == str(escape(value))


def test_a_page_escapes_what_it_is_given_and_nothing_twice(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template_string(
            "{% macro say(x) %}[{{ x }}]{% endmacro %}{{ value }}{{ say(value) }}{{ say(drawn) }}",
            value=ATTACK,
            drawn=Markup("<b>"),
        )
    assert page == f"{escape(ATTACK)}[{escape(ATTACK)}][<b>]"


def test_a_text_is_not_taken_for_the_markup_that_reads_the_same() -> None:
    drawn = drawn_once(lambda text: Markup("[{}]").format(text))  # type: ignore[arg-type]
    assert drawn(Markup(ATTACK)) == f"[{ATTACK}]"
    assert drawn(ATTACK) == f"[{escape(ATTACK)}]"
    assert drawn(Markup(ATTACK)) == f"[{ATTACK}]"


def test_a_row_is_drawn_piece_by_piece() -> None:
    row = each_drawn_once(lambda text, end: Markup("[{}{}]").format(text, end))  # type: ignore[arg-type]
    assert row(("<", "b"), "!") == "[&lt;!][b!]"


def test_attributes_are_escaped_and_odd_names_are_refused_every_time() -> None:
    for _ in range(2):
        assert attributes({"title": ATTACK, "hidden": None}) == f' title="{escape(ATTACK)}"'
        with pytest.raises(ValueError, match="attribute name"):
            attributes({"onclick=1 x": "y"})
    assert attributes({}) == ""
