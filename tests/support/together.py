"""A plugin: which tests of a run with several workers stay together on one of them.

pytest-xdist's own groups (`--dist loadgroup`) are without effect from pytest 9.2 on, and nothing
says so: its issue 1386. What is shared by the tests of a file below is made once instead of twice.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = {
    "tests/journeys/test_look.py": "one site for all pages",
    "tests/architecture/test_old_engines.py": "one run of the tool for all styles",
    "tests/tools/test_cluster.py": "clusters, one after the other",
    "tests/tools/chaos/test_nodes.py": "clusters, one after the other",
}


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Every test by itself, but for those."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """For any `--dist` but `no`."""
    return Together(config, log)
