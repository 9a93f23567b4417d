"""What an answer depends on besides its address: the header `Vary`."""

from __future__ import annotations

from flask import Response


def vary_by(response: Response, name: str) -> None:
    """Say that the answer depends on that header of the request too.

    Written as text: werkzeug's set reads and writes the header anew for every name, on every page.
    """
    said = response.headers.get("Vary", "")
    if not said:
        response.headers.add("Vary", name)
    elif name.lower() not in said.lower().split(", "):
        response.headers["Vary"] = f"{said}, {name}"
