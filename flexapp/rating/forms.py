"""The form of a rating."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from flexapp.web.forms import PageForm, prose, strip


class RatingForm(PageForm):
    """One of five levels, and perhaps a sentence."""

    level = StringField("满意程度", filters=[strip])
    sentence = StringField("想说的话（可不填）", filters=[prose])
    shown_as = HiddenField(filters=[prose])
    """The sentence without its numbers, as the page has shown it."""
