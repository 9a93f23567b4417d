"""Experiment: clocks jump while residents work; nothing may be lost, duplicated or stuck."""

from __future__ import annotations

import time
from pathlib import Path

from tools.chaos import altered, nodes
from tools.chaos.result import Result

MINUTE, DAY = 60, 86400
PHASES = (10 * MINUTE, -10 * MINUTE, DAY, -3 * 3600, 0)
"""Seconds by which nodes and senders are ahead of the database and the tax bureau."""


def moved(folder: Path, seconds: float) -> Result:
    """Let the clock of nodes and senders jump through all phases, `seconds` each."""
    result, file = Result(), folder / "ahead"
    file.write_text("0")
    with nodes.a_cluster({altered.CLOCK: str(file)}) as site:
        crowd = nodes.crowd_of(site)
        with crowd.at_work() as kept:
            for ahead in PHASES:
                before = len(kept.assessed)
                file.write_text(str(ahead))
                time.sleep(seconds)
                result.lines.append(
                    f"{ahead / MINUTE:+.0f} minutes: {len(kept.assessed) - before} months assessed"
                )
        nodes.conclude(site, crowd, result)
    return result
