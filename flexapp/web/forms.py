"""The one form base: WTForms reads and validates, our Jinja macros draw (components/fields.html).

CSRF is checked for every POST by the application (`extensions.csrf`), so forms carry no token field
of their own; the macro `form_open` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import ClassVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise, normalise_prose
from flexapp.web import metrics

STEP_TO = "to"
"""The name of 上一步 and 下一步; the value is the first field of the question they lead to."""

RESUBMIT = "_resume"
"""Posted by the "page was open too long" page: show the form again as it was typed, do nothing."""

DRAFT = "_draft"
"""Posted by the script while somebody types: keep what is typed, do nothing."""
PAGE_OWNER = "typist"
"""For whom the page was drawn (web/page_owner.py)."""
MARK = "page-"
"""How the name of a form's first field begins (web/page_owner.py); the rest is the page's own."""


POSTED: MultiDict[str, str] = MultiDict()
"""Stands for the fields of the request; compared by identity."""


def strip(value: str | None) -> str:
    """WTForms filter of a field that holds a value: normalised (rules/text.py), never None."""
    return normalise(value or "")


def prose(value: str | None) -> str:
    """WTForms filter of a field that holds sentences: their punctuation stays as it was written."""
    return normalise_prose(value or "")


class PageForm(Form):  # type: ignore[misc]  # WTForms carries no types
    """Base of every form on a page."""

    def __init__(self, formdata: MultiDict[str, str] | None = POSTED) -> None:
        """`formdata`: the fields to read, by default those of the request if it is a POST.

        Never a file, JSON or a query in their place.
        """
        if formdata is POSTED:
            formdata = request.form if request.method == "POST" else None
        super().__init__(formdata)

    STEPS: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The fields of each page where one thing is asked at a time (长辈版), in their order."""

    page_fault: str | None = None
    """A refusal that belongs to no single field."""
    step: int | None = None
    """Which of the questions this page asks; None: all of them."""

    def submitted(self) -> bool:
        """Whether this is a valid submission to act upon (not a page to fill in again)."""
        if request.method != "POST" or RESUBMIT in request.form or STEP_TO in request.form:
            return False
        if self.validate():
            return True
        metrics.refused("form_invalid")
        return False

    @property
    def changing_step(self) -> bool:
        """Whether 上一步 or 下一步 was pressed: look at what was answered, do nothing yet."""
        if request.method != "POST" or RESUBMIT in request.form:
            return False
        return self._led_to() is not None

    def show_step(self) -> None:
        """Ask one question on this page: the first that is at fault, else the one led to (`TO`).

        What the others were answered with goes along unseen. On the way to a question only what
        comes before it can be at fault: what comes behind was not asked yet.
        """
        led_to = self._led_to()
        if led_to is not None:
            for name in chain.from_iterable(self.STEPS[led_to:]):
                self[name].errors = []
        at_fault = [
            turn
            for turn, names in enumerate(self.STEPS)
            if any(self[name].errors for name in names)
        ]
        # Whatever is no way between questions was pressed on the last of their pages.
        here = len(self.STEPS) - 1 if request.method == "POST" else 0
        self.step = next(iter(at_fault), here if led_to is None else led_to)

    def _led_to(self) -> int | None:
        firsts = [names[0] for names in self.STEPS]
        wanted = request.values.get(STEP_TO)
        return firsts.index(wanted) if wanted in firsts else None

    def shows(self, name: str) -> bool:
        """Whether this page asks for that field."""
        return self.step is None or name in self.STEPS[self.step]

    @property
    def previous_step(self) -> str | None:
        """Where 上一步 leads."""
        return self.STEPS[self.step - 1][0] if self.step else None

    @property
    def next_step(self) -> str | None:
        """Where 下一步 leads; None where this page is the last, or the only one."""
        if self.step is None or self.step == len(self.STEPS) - 1:
            return None
        return self.STEPS[self.step + 1][0]

    def refuse(self, refusal: Refusal) -> None:
        """Put a refusal beside the field it names, or above the form."""
        metrics.refused(refusal.reason)
        if refusal.field not in self:
            self.page_fault = refusal.sentence
            return
        field = self[refusal.field]
        field.errors = [*field.errors, refusal.sentence]

    @property
    def entries(self) -> dict[str, str]:
        """What stands in the fields that people fill in, by name."""
        return {
            name: field.data or ""
            for name, field in ((field.name, field) for field in self)
            if not isinstance(field, HiddenField)
        }

    def fill(self, typed: Mapping[str, str]) -> None:
        """Put what was typed elsewhere into the fields of those names."""
        for name, value in typed.items():
            if name in self:
                self[name].data = value

    @property
    def faulty(self) -> bool:
        """Whether anything is to be put right."""
        return self.page_fault is not None or any(f.errors for f in self)

    @property
    def status(self) -> int:
        """The HTTP status to show this form with: 422 where something is to be put right."""
        return 422 if self.faulty else 200

    def faults(self) -> Iterator[tuple[Field, str]]:
        """Each faulty field with its first sentence, in page order."""
        for field in self:
            if field.errors:
                yield field, str(field.errors[0])
