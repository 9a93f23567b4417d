"""The colour of a state is the same on its tag, in the months and on its note (from one table)."""

from __future__ import annotations

import re

import pytest

from flexapp.assessment.queries import STATE_STYLES
from flexapp.rules.states import State
from tests.architecture.checkout import ROOT

SHEETS = sorted((ROOT / "static" / "src" / "css").glob("*.css"))
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def colours(selector: str) -> list[str]:
    """What is declared for exactly this selector, in the order of the sheets."""
    found = []
    for sheet in SHEETS:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selectors, body in RULE.findall(text):
            if selector in [each.strip() for each in selectors.split(",")]:
                found.append(" ".join(body.split()))
    return found


@pytest.mark.parametrize("state", list(State))
def test_a_state_has_one_colour_wherever_it_stands(state: State) -> None:
    style = STATE_STYLES[state]
    said = [colours(f".{place}.{style}") for place in ("tag", "note")]
    said.append(colours(f".months .{style}"))
    assert said[0] == said[1] == said[2]
    assert len(said[0]) == 1
    assert "color: var(--" in said[0][0]
