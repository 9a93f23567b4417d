"""The built, hashed files: their addresses for templates, and the middleware that serves them."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

from flexapp.config import PROJECT

BUILT = PROJECT / "static" / "dist"
PREFIX = "/static/"


def init_app(app: Flask, built: Path = BUILT) -> None:
    """Serve `built` under /static/ and give templates `asset(name)`; needs `make build` first."""
    manifest = built / "manifest.json"
    if not manifest.is_file():
        raise RuntimeError("The style sheet and script are not built yet: run `make build`.")
    names: dict[str, str] = json.loads(manifest.read_text())
    app.jinja_env.globals["asset"] = lambda name: PREFIX + names[name]
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(built),
        prefix=PREFIX,
        max_age=3600,
        # Whatever carries its content's hash in its name may be kept for ever.
        immutable_file_test=lambda _path, url: url.removeprefix(PREFIX) in names.values(),
    )
