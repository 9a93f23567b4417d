"""The components of pages: macros of `templates/components` as globals of every template.

Each module is made once, when the application starts, instead of being imported by every template
and fragment. A global is there as well when a block of a page is rendered alone, for which Jinja
does not run the imports at the top of the page. A macro sees its arguments and the globals, not the
variables of the page.
"""

from __future__ import annotations

from flask import Flask
from jinja2.runtime import Macro

MODULES = (
    "calculation",
    "cells",
    "charts",
    "codes",
    "dialogs",
    "display",
    "drafts",
    "fields",
    "icons",
    "leave",
    "months",
    "office",
    "ratings",
    "records",
)
"""Names of the files. Their macros are used by name in templates; those with `_` are private."""


def init_app(app: Flask) -> None:
    """Register the macros. Call it last, because a module sees the globals there are now.

    Raises `ValueError` if two modules have a macro of the same name, or a global has its name.
    """
    found: dict[str, Macro] = {}
    for name in MODULES:
        module = app.jinja_env.get_template(f"components/{name}.html").module
        for key, value in vars(module).items():
            if key.startswith("_") or not isinstance(value, Macro):
                continue
            if key in found or key in app.jinja_env.globals:
                raise ValueError(f"{key} of {name} is there already")
            found[key] = value
    app.jinja_env.globals.update(found)
