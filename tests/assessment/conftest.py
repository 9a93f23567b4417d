"""Who most of these tests are about."""

from __future__ import annotations

import pytest

from tests.support.client import LintingClient
from tests.support.walks import MA_LAN, sign_in


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰's browser: insured since 2008, no assessments yet, signed in."""
    sign_in(client, MA_LAN.phone)
    return client
