"""Base class of all forms: WTForms validates, Jinja macros render (components/fields.html).

The application checks CSRF for every POST (`flexapp.db.session.csrf`), so forms declare no token
field; the macro `form_open` writes it.
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
"""Name of the buttons 上一步 and 下一步; their value is the first field of the requested step."""

RESUBMIT = "_resume"
"""Field posted by the "page was open too long" page: show the form with its values, no action."""

SHOWN = "shown"
"""Name of the field that carries the figures behind the sums of the page that was sent."""

DRAFT = "_draft"
"""Field posted by the script while a person types: save a draft, no action."""
PAGE_OWNER = "typist"
"""Field with a digest of the person that the page was rendered for (web/page_owner.py)."""
MARK = "page-"
"""Prefix of the name of a form's first field; a random suffix follows (web/page_owner.py)."""


POSTED: MultiDict[str, str] = MultiDict()
"""Default of `PageForm`: the fields of the current request; compared by identity."""


def strip(value: str | None) -> str:
    """WTForms filter for a field with a value: normalised text (rules/text.py), never None."""
    return normalise(value or "")


def prose(value: str | None) -> str:
    """WTForms filter for free text: normalised, but punctuation is kept; never None."""
    return normalise_prose(value or "")


class PageForm(Form):  # type: ignore[misc]  # WTForms carries no types
    """Base of every form on a page."""

    def __init__(self, formdata: MultiDict[str, str] | None = POSTED) -> None:
        """`formdata`: the fields to read, by default the form fields of a POST request.

        Files, JSON and the query string are never read.
        """
        if formdata is POSTED:
            formdata = request.form if request.method == "POST" else None
        super().__init__(formdata)

    STEPS: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Field names of each step, in order, if the form is shown one step at a time (长辈版)."""

    page_fault: str | None = None
    """Sentence of a refusal that does not concern a single field."""
    step: int | None = None
    """Index into `STEPS` of the step that the page shows; None: the whole form."""

    def submitted(self) -> bool:
        """Whether this request is a valid submission to act on."""
        if request.method != "POST" or RESUBMIT in request.form or STEP_TO in request.form:
            return False
        if self.validate():
            return True
        metrics.refused("form_invalid")
        return False

    @property
    def changing_step(self) -> bool:
        """Whether 上一步 or 下一步 was pressed: validate the answers, but take no action yet."""
        if request.method != "POST" or RESUBMIT in request.form:
            return False
        return self._led_to() is not None

    def show_step(self) -> None:
        """Select the step to show: the first with an error, else the requested one (`STEP_TO`).

        The answers of the other steps are carried as hidden fields. Errors of the requested step
        and later ones are discarded, because those were not asked yet.
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
        # A POST without a requested step is the submission of the last step.
        here = len(self.STEPS) - 1 if request.method == "POST" else 0
        self.step = next(iter(at_fault), here if led_to is None else led_to)

    def _led_to(self) -> int | None:
        firsts = [names[0] for names in self.STEPS]
        wanted = request.values.get(STEP_TO)
        return firsts.index(wanted) if wanted in firsts else None

    def shows(self, name: str) -> bool:
        """Whether the page shows this field."""
        return self.step is None or name in self.STEPS[self.step]

    @property
    def previous_step(self) -> str | None:
        """Value of the button 上一步: first field of the previous step; None on the first step."""
        return self.STEPS[self.step - 1][0] if self.step else None

    @property
    def next_step(self) -> str | None:
        """Value of the button 下一步: first field of the next step; None if there is none."""
        if self.step is None or self.step == len(self.STEPS) - 1:
            return None
        return self.STEPS[self.step + 1][0]

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal beside the field it names, or above the form; count it in the metrics."""
        metrics.refused(refusal.reason)
        if refusal.field not in self:
            self.page_fault = refusal.sentence
            return
        field = self[refusal.field]
        field.errors = [*field.errors, refusal.sentence]

    @property
    def entries(self) -> dict[str, str]:
        """Values of the visible fields, by name."""
        return {
            name: field.data or ""
            for name, field in ((field.name, field) for field in self)
            if not isinstance(field, HiddenField)
        }

    def fill(self, typed: Mapping[str, str]) -> None:
        """Set fields from these values, by name; names without a field are ignored."""
        for name, value in typed.items():
            if name in self:
                self[name].data = value

    @property
    def faulty(self) -> bool:
        """Whether the form has any error."""
        return self.page_fault is not None or any(f.errors for f in self)

    @property
    def status(self) -> int:
        """HTTP status of the page with this form: 422 if it has errors, else 200."""
        return 422 if self.faulty else 200

    def faults(self) -> Iterator[tuple[Field, str]]:
        """Each field with errors and its first error message, in page order."""
        for field in self:
            if field.errors:
                yield field, str(field.errors[0])
