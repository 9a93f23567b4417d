"""Where a browser of the tests comes from."""

from __future__ import annotations

from tests.support.client import LintingClient


def from_address(client: LintingClient, address: str, forwarded: str | None = None) -> None:
    """From now on the client comes from there, by way of whom the proxies name."""
    client.environ_base["REMOTE_ADDR"] = address
    if forwarded is not None:
        client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
