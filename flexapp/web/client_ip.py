"""The client's network address, also behind our own proxies.

Any client can send `X-Forwarded-For`, so the header is used only if the sender is one of the
trusted proxies of the settings. It is read from the right: each proxy appends the address that it
received the request from. The first address that is not a trusted proxy is the client's; entries
to its left may be forged.

The result identifies one subscriber: an IPv4 address, or the /64 network of an IPv6 address,
because a phone can use every address of its /64.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import current_app, request

from flexapp.config import Settings

Address = IPv4Address | IPv6Address

FORWARDED = "X-Forwarded-For"
SUBSCRIBER = 64
"""Prefix length, in bits, of the IPv6 network of one subscriber."""


def is_trusted(text: str) -> bool:
    """Whether an address belongs to one of the trusted proxies."""
    address = _read(text)
    return address is not None and _is_ours(address)


def client() -> str:
    """The client address of this request, as text; "" if the server does not provide one."""
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
    """Parse an address with optional port, brackets or zone; None if it is not an address.

    An IPv4-mapped IPv6 address becomes the IPv4 address.
    """
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
