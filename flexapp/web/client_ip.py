"""From which network address a request comes, also behind our own proxies.

Anybody can send `X-Forwarded-For`. It is believed only where the sender is one of the proxies of
the settings, and read from its end: each proxy adds whom it was asked by, so the first address from
the right that is no proxy of ours is the nearest that we know of. What stands to its left may have
been made up.

An address is told as what one subscriber has: an IPv4 address, or the /64 of an IPv6 one, of which
a phone has every address.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import current_app, request

from flexapp.config import Settings

Address = IPv4Address | IPv6Address

FORWARDED = "X-Forwarded-For"
SUBSCRIBER = 64
"""Bits of an IPv6 address that one subscriber has in common."""


def is_trusted(text: str) -> bool:
    """Whether an address is that of one of our own proxies."""
    address = _read(text)
    return address is not None and _is_ours(address)


def client() -> str:
    """The address of whoever sent this request; "" where the server does not say."""
    nearest = _read(request.remote_addr or "")
    if nearest is None:
        return ""
    told = ",".join(request.headers.getlist(FORWARDED)).split(",")
    while _is_ours(nearest) and told:
        before = _read(told.pop())
        if before is None:
            break
        nearest = before
    return _subscriber(nearest)


def _is_ours(address: Address) -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return any(address in network for network in settings.trusted_proxies)


def _read(text: str) -> Address | None:
    """The address that a proxy or the server wrote down; some add a port, some write brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _subscriber(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, SUBSCRIBER), strict=False))
