"""Built static files with hashed names: their URLs for templates, and the serving middleware."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from flexapp.config import PROJECT
from flexapp.services import AppValue
from flexapp.web.headers import file_headers

BUILT = PROJECT / "static" / "dist"
PREFIX = "/static/"


@dataclass(frozen=True, slots=True)
class Build:
    """The built files: their folder, and their names with the hash by those without."""

    folder: Path
    names: Mapping[str, str]


BUILD: AppValue[Build] = AppValue("build")


def read_manifest(app: Flask, built: Path = BUILT) -> None:
    """Read the build manifest and add `asset(name)` to the template globals.

    `RuntimeError` if the files have not been built (`make build`).
    """
    manifest = built / "manifest.json"
    if not manifest.is_file():
        raise RuntimeError("The style sheet and script are not built yet: run `make build`.")
    BUILD.set(app, Build(built, json.loads(manifest.read_text())))
    app.jinja_env.globals["asset"] = lambda name: url(app, name)


def url(app: Flask, name: str) -> str:
    """The URL of a built file, by its name without the hash; `KeyError` if it was not built."""
    return PREFIX + BUILD.of(app).names[name]


def find(app: Flask, name: str) -> str | None:
    """Like `url`, for an optional file: None if it was not built."""
    names = BUILD.of(app).names
    return PREFIX + names[name] if name in names else None


def are_there(app: Flask) -> bool:
    """Whether all files of the manifest still exist.

    A new build in the same folder removes the files that a running process refers to.
    """
    build = BUILD.of(app)
    return all((build.folder / name).is_file() for name in ("manifest.json", *build.names.values()))


def serve(app: Flask, built: Path = BUILT) -> None:
    """Serve the built files under /static/ with WSGI middleware, outside the application."""
    hashed = frozenset(BUILD.of(app).names.values())
    more = file_headers(app.config["SETTINGS"])

    def add_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in more.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(built),
        prefix=PREFIX,
        max_age=3600,
        # A file with a content hash in its name never changes, so caches may keep it for ever.
        immutable_file_test=lambda _path, url: url.removeprefix(PREFIX) in hashed,
        add_headers_function=add_headers,
    )
