"""View of /styleguide: all design tokens and components. Demo only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Response
from flask.blueprints import BlueprintSetupState
from wtforms import StringField

from flexapp.assessment.service import STATE_STYLES, MonthCell, leading
from flexapp.config import PROJECT, Settings
from flexapp.portal import blueprint
from flexapp.rules.eligibility import Availability
from flexapp.rules.month_picker import Chosen
from flexapp.rules.periods import Month
from flexapp.rules.states import State
from flexapp.web import qrcodes
from flexapp.web.access import Access, allow
from flexapp.web.forms import PageForm
from flexapp.web.htmx import render
from flexapp.web.select_options import DIVISIONS

TOKENS = PROJECT / "static" / "src" / "css" / "base.css"
SPRITE = PROJECT / "static" / "src" / "img" / "icons.svg"
YEAR = 2026


@dataclass(frozen=True, slots=True)
class Token:
    """A CSS custom property with its value in light mode."""

    name: str
    value: str

    @property
    def is_colour(self) -> bool:
        """Whether the value is a colour."""
        return self.value.startswith(("#", "rgba("))

    @property
    def is_length(self) -> bool:
        """Whether the value is a length."""
        return self.value.endswith("rem")


class SampleForm(PageForm):
    """A form with fields in each of their states."""

    STEPS = (("place",), ("address",))

    place = StringField("参保地区")
    address = StringField("通讯地址", default="兴庆区解放街 1 号")
    base = StringField("缴费基数", default="59")
    remark = StringField("备注")


@allow(Access.PUBLIC)
def styleguide() -> Response:
    """Show all tokens, icons and components, read from the sources that the pages use."""
    form = SampleForm()
    form.base.errors = ["请填 60 或更大的数。"]
    asking = SampleForm()
    asking.step = 1
    return render(
        "portal/styleguide.html",
        tokens=tokens(TOKENS),
        icons=re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()),
        form=form,
        asking=asking,
        divisions=DIVISIONS,
        months=_months(),
        states=[(state.label, STATE_STYLES[state]) for state in State],
        code=qrcodes.draw(["https://example.com/"])[0],
    )


def tokens(sheet: Path) -> list[Token]:
    """Return the custom properties of a style sheet in order, each with its first value."""
    found: dict[str, str] = {}
    for name, value in re.findall(r"^\s+--([\w-]+): ([^;]+);", sheet.read_text(), re.MULTILINE):
        found.setdefault(name, value)
    return [Token(name, value) for name, value in found.items()]


def _months() -> tuple[MonthCell, ...]:
    """Return 12 cells: one per state, free months (the first one chosen), closed months."""
    held = [state for state in State if state is not State.REVOKED]
    cells = []
    for number in range(1, 13):
        month = Month(YEAR, number)
        if number <= len(held):
            cells.append(MonthCell(month, held[number - 1], Availability.TAKEN))
        elif number <= len(held) + 3:
            cells.append(
                MonthCell(month, None, Availability.AVAILABLE, run_end=Month(YEAR, len(held) + 3))
            )
        else:
            cells.append(MonthCell(month, None, Availability.AFTER_RETIREMENT))
    first = Month(YEAR, len(held) + 1)
    return leading(cells, chosen=Chosen(first, first))


def add_to_demo(state: BlueprintSetupState) -> None:
    """Add the page when the blueprint is registered, in the demo only."""
    settings: Settings = state.app.config["SETTINGS"]
    if settings.is_demo:
        state.add_url_rule("/styleguide", view_func=styleguide, methods=["GET"])


blueprint.record(add_to_demo)
