"""What tells a deployment from a trial on one's own machine, where FLEXAPP_ENV was forgotten."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

SETTINGS = frozenset(
    {
        "FLEXAPP_DATA_KEYS",
        "FLEXAPP_INDEX_KEY",
        "FLEXAPP_POPULATION_TOKEN",
        "FLEXAPP_POPULATION_URL",
        "FLEXAPP_SECRET_KEY",
        "FLEXAPP_SIGNING_KEYS",
        "FLEXAPP_SMS",
        "FLEXAPP_SMS_TOKEN",
        "FLEXAPP_SMS_URL",
        "FLEXAPP_TAX_KEYS",
        "FLEXAPP_TAX_URL",
    }
)
"""Secrets and other systems, which nobody sets to look at the demo."""


def faults(names: Collection[str], *, host: str, public_url: str, database_url: str) -> list[str]:
    """What is wrong with starting the demo because FLEXAPP_ENV is not among the settings (`names`).

    Nothing where neither a setting nor where the service listens, is reached and keeps its data
    tells of a deployment.
    """
    if "FLEXAPP_ENV" in names:
        return []
    found = sorted(SETTINGS.intersection(names))
    if not _is_loopback(host):
        found.append("FLEXAPP_HOST")
    if "FLEXAPP_PUBLIC_URL" in names and not _is_loopback(_host_of(public_url)):
        found.append("FLEXAPP_PUBLIC_URL")
    if not database_url.startswith("sqlite:"):
        found.append("FLEXAPP_DATABASE_URL")
    if not found:
        return []
    return [
        f"FLEXAPP_ENV is missing, and {', '.join(found)} may mean a deployment: set"
        " FLEXAPP_ENV=production, or FLEXAPP_ENV=demo for the demonstration with fictional people."
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"  # any other name may lead anywhere


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
