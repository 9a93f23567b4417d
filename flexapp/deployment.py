"""Recognises a deployment whose FLEXAPP_ENV is missing, so that it does not start the demo."""

from __future__ import annotations

from collections.abc import Mapping
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
"""Secrets and addresses of other systems; a trial of the demo sets none of them."""


def faults(environ: Mapping[str, str]) -> list[str]:
    """The fault of a deployment without FLEXAPP_ENV, which would start the demo; else nothing.

    A deployment shows in its settings (`SETTINGS`), in where it listens and is reached, and in
    where it keeps its data.
    """
    if "FLEXAPP_ENV" in environ:
        return []
    found = sorted(SETTINGS.intersection(environ))
    if not _is_loopback(environ.get("FLEXAPP_HOST", "localhost")):
        found.append("FLEXAPP_HOST")
    if not _is_loopback(_host_of(environ.get("FLEXAPP_PUBLIC_URL", "http://localhost"))):
        found.append("FLEXAPP_PUBLIC_URL")
    if not environ.get("FLEXAPP_DATABASE_URL", "sqlite:").startswith("sqlite:"):
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
