"""Flask's application class with what every request repeats done once.

Measured on a signed-in page: asking every hook and view whether it is a coroutine, and building
the address of every link anew, took a tenth of what the page takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context
from flask.globals import request_ctx

REMEMBERED = 2048
"""Addresses in the memory of a process at most."""

LONGEST = 16
"""Characters of a value in an address that is remembered: "self", "2026-01" and the like, which
are asked for again. A serial is longer, and nobody else's page leads there."""


class Application(Flask):
    """The product's: all of its views and hooks are plain functions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._build)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: Flask's own looks anew, before every call, whether it is async.

        One that is would fail at its first call: a coroutine is no answer.
        """
        return func

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """As Flask's; the addresses within the site that were built before are not built again."""
        more = (_anchor, _method, _scheme, _external)
        adapter = request_ctx.url_adapter if has_request_context() else None
        if adapter is None or _external or endpoint[:1] == "." or not _are_short(values):
            return self._build(endpoint, None, more, tuple(values.items()))
        # What else of the request the address depends on: below what it is mounted, and for which
        # method the router looks first.
        mounted = (adapter.script_name, adapter.default_method)
        return self._remembered(endpoint, mounted, more, tuple(values.items()))

    def _build(
        self,
        endpoint: str,
        _mounted: tuple[str, str] | None,
        more: tuple[str | None, str | None, str | None, bool | None],
        values: tuple[tuple[str, Any], ...],
    ) -> str:
        anchor, method, scheme, external = more
        return super().url_for(
            endpoint,
            _anchor=anchor,
            _method=method,
            _scheme=scheme,
            _external=external,
            **dict(values),
        )


def _are_short(values: dict[str, Any]) -> bool:
    # `1 == True` and both may be in an address: numbers are not remembered.
    for value in values.values():
        if value is not None and (type(value) is not str or len(value) > LONGEST):
            return False
    return True
