"""Sets the client address of test requests."""

from __future__ import annotations

from tests.support.client import LintingClient


def from_address(client: LintingClient, address: str, forwarded: str | None = None) -> None:
    """Set the client's IP address, and the X-Forwarded-For header if `forwarded` is given."""
    client.environ_base["REMOTE_ADDR"] = address
    if forwarded is not None:
        client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
