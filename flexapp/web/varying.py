"""The response header `Vary`."""

from __future__ import annotations

from flask import Response


def vary_by(response: Response, name: str) -> None:
    """Add the name of a request header to `Vary`.

    The header is edited as text, for speed: Werkzeug's header set parses and writes it again for
    every name, on every page.
    """
    said = response.headers.get("Vary", "")
    if not said:
        response.headers.add("Vary", name)
    elif name.lower() not in said.lower().split(", "):
        response.headers["Vary"] = f"{said}, {name}"
