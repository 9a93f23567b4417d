"""Speeds up the tests: work that is equal for all applications of a process is done once.

Cached are compiled templates, werkzeug's URL builders and whitenoise's file metadata. Passwords are
hashed with cheap parameters (`tests/staff/test_sign_in.py` checks the product's own against the
RFC). The behaviour that tests check does not change.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from types import CodeType
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from whitenoise.base import WhiteNoise
from whitenoise.responders import StaticFile

from flexapp.staff.service import hasher

PASSWORD_PARAMETERS = hasher._parameters
"""The product's own parameters; they take a quarter of a second per hash on one core."""

GARBAGE = 20_000
"""Garbage collection threshold. An application creates a hundred times Python's default of 700."""


class CompiledOnce(BytecodeCache):
    """A bytecode cache of templates, shared by all applications of this process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


compiled = CompiledOnce()


def share_templates(app: Flask) -> Flask:
    """Make the application use the shared bytecode cache."""
    app.jinja_env.bytecode_cache = compiled
    return app


def begin() -> None:
    """Install the caches and the cheap password parameters in this process."""
    hasher._parameters = replace(PASSWORD_PARAMETERS, time_cost=1, memory_cost=8, parallelism=1)
    # From the start, because `create_app` makes the modules of the components.
    Flask.jinja_options = {"bytecode_cache": compiled}
    _build_addresses_once()
    _read_built_files_once()


def spare_what_is_here() -> None:
    """Exempt all current objects from garbage collection and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)


def _build_addresses_once() -> None:
    """Cache werkzeug's compiled URL builders for equal rules.

    A builder holds no reference to its rule or application; both are passed to it.
    """
    kept: dict[object, Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def builder(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults: dict[str, Any] = dict(self.defaults or {})
        key = (self.rule, tuple(self._trace), repr(defaults), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(self, append_unknown)
        return kept[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]


def _read_built_files_once() -> None:
    """Cache whitenoise's metadata of each static file while the file does not change."""
    kept: dict[object, StaticFile] = {}
    get_static_file = WhiteNoise.get_static_file

    def known(
        self: WhiteNoise, path: str, url: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> StaticFile:
        if stat_cache is None:
            return get_static_file(self, path, url)
        found, for_ever = stat_cache[path], self.immutable_file_test(path, url)
        headers = Headers([])
        if self.add_headers_function is not None:
            self.add_headers_function(headers, path, url)
        said = tuple(headers.items())
        key = (path, url, found.st_mtime_ns, found.st_size, for_ever, self.max_age, said)
        if key not in kept:
            kept[key] = get_static_file(self, path, url, stat_cache)
        return kept[key]

    WhiteNoise.get_static_file = known
