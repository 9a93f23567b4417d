"""A pytest plugin that keeps all tests of certain files on one xdist worker.

They share an expensive fixture, which is then made once. xdist's `--dist loadgroup` silently has no
effect from pytest 9.2 on (pytest-xdist issue 1386).
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
    """Distributes tests one by one, except those of the files in `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Use this scheduler for every `--dist` mode except `no`."""
    return Together(config, log)
