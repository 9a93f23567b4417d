"""The built, hashed files: their addresses for templates, and the middleware that serves them."""

from __future__ import annotations

import json
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from flexapp.config import PROJECT
from flexapp.web.headers import file_headers

BUILT = PROJECT / "static" / "dist"
PREFIX = "/static/"


def read_manifest(app: Flask, built: Path = BUILT) -> None:
    """Give templates `asset(name)`; `RuntimeError` before `make build`."""
    manifest = built / "manifest.json"
    if not manifest.is_file():
        raise RuntimeError("The style sheet and script are not built yet: run `make build`.")
    names: dict[str, str] = json.loads(manifest.read_text())
    app.extensions["assets"] = names
    app.extensions["assets_folder"] = built
    app.jinja_env.globals["asset"] = lambda name: url(app, name)


def url(app: Flask, name: str) -> str:
    """The address of a built file by its plain name."""
    names: dict[str, str] = app.extensions["assets"]
    return PREFIX + names[name]


def find(app: Flask, name: str) -> str | None:
    """The same for a file that a page can do without; None where it was not built."""
    names: dict[str, str] = app.extensions["assets"]
    return PREFIX + names[name] if name in names else None


def are_there(app: Flask) -> bool:
    """Whether the files that pages name are where they were at the start.

    A new build in the same folder takes them away from under a process that goes on.
    """
    folder: Path = app.extensions["assets_folder"]
    names: dict[str, str] = app.extensions["assets"]
    return all((folder / name).is_file() for name in ("manifest.json", *names.values()))


def serve(app: Flask, built: Path = BUILT) -> None:
    """Serve the built files under /static/, in front of everything else."""
    hashed = frozenset(app.extensions["assets"].values())
    more = file_headers(app.config["SETTINGS"])

    def add_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in more.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(built),
        prefix=PREFIX,
        max_age=3600,
        # Whatever carries its content's hash in its name may be kept for ever.
        immutable_file_test=lambda _path, url: url.removeprefix(PREFIX) in hashed,
        add_headers_function=add_headers,
    )
