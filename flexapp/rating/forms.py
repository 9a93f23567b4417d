"""Forms of this slice."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from flexapp.web.forms import PageForm, prose, strip


class RatingForm(PageForm):
    """One of five levels, and an optional comment."""

    level = StringField("满意程度", filters=[strip])
    sentence = StringField("想说的话（可不填）", filters=[prose])
    shown_as = HiddenField(filters=[prose])
    """The comment with its numbers hidden, as the page showed it before sending."""
