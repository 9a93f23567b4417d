"""The illustrated steps can be walked as they are written, and each has its picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import Scripted
from tests.walkthrough.walking import TODAY, walk


@pytest.mark.xdist_group("walkthrough")
def test_every_illustrated_step_can_be_walked_as_it_is_written(
    scripted: Scripted, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with scripted(TODAY) as world:
        walk(world, folder)
