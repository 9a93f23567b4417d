"""Who most of these tests are about."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.sealed import BOTH, fill
from tests.support.walks import MA_LAN, sign_in


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰's browser: insured since 2008, no assessments yet, signed in."""
    sign_in(client, MA_LAN.phone)
    return client


@pytest.fixture
def filled(make_app: MakeApp) -> Flask:
    """A site that wrote everything with the old key and now has a new one before it."""
    fill(make_app())
    return make_app(FLEXAPP_DATA_KEYS=BOTH)
