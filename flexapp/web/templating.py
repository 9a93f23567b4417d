"""The environment of the page templates: Flask's, with one mapping of globals for all of them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Templates(Environment):
    """Templates have no globals of their own here.

    Jinja gives each a ChainMap over the environment's, and holds its names against the page's at
    every import of macros: a third of what it takes to draw 首页 (measured). With one dictionary
    that is nothing.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, unless somebody asks for more."""
        return super().make_globals(d) if d else self.globals
