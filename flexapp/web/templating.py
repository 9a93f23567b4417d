"""The environment of the page templates: Flask's, with less to do for each name, call and output.

Jinja is made for templates that come from anywhere. Ours are files of this project, so what it asks
anew each time can be known beforehand; what is drawn, and what is escaped, is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from types import FunctionType
from typing import Any

import markupsafe
from flask.templating import Environment
from jinja2 import Environment as PlainEnvironment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import do_xmlattr
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

REMEMBERED = 4096
"""Pieces of markup that a process remembers of each macro at most, those asked for last."""

_escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", escape)
"""What `escape` does to a plain text, before it marks the result as safe."""


def written(value: Any) -> str:
    """The value as it stands in the page: what `escape` gives, without its being marked again.

    The mark is of use to whoever escapes once more; what is written is only joined. Marking takes
    most of the time of escaping (measured), some two hundred times on a page.
    """
    if type(value) is str:
        return _escape_text(value)
    return value if type(value) is Markup else escape(value)


class _Writing(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Names(Context):
    def call(self, obj: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As Jinja's; a plain function need not be asked twice what it wants to be given."""
        if type(obj) is Macro:
            args = (self.eval_ctx, *args)
        elif type(obj) not in _PLAIN or hasattr(obj, "jinja_pass_arg"):
            return super().call(obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        return obj(*args, **kwargs)


_PLAIN = (FunctionType, type(lru_cache(lambda: None)))
"""Of what a template calls: what takes just what it is given, unless it is marked otherwise."""


class Templates(Environment):
    """Templates have no globals of their own here.

    Jinja gives each a ChainMap over the environment's, and holds its names against the page's at
    every import of macros: a third of what it takes to draw 首页 (measured). With one dictionary
    that is nothing.
    """

    code_generator_class = _Writing
    context_class = _Names
    written = staticmethod(written)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._found: dict[str, Template] = {}
        self.filters["xmlattr"] = attributes
        self.globals.update(drawn_once=drawn_once, each_drawn_once=each_drawn_once)

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """As Jinja's, which asks its loader and looks again at what it found, at every import."""
        if globals or self.auto_reload or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, unless somebody asks for more."""
        return super().make_globals(d) if d else self.globals


def attributes(named: Mapping[str, Any]) -> str:
    """Jinja's filter `xmlattr`, remembering what it drew: the same few stand on every form."""
    return _attributes(tuple(named), *named.values()) if named else ""


_ESCAPING = EvalContext(PlainEnvironment(autoescape=True))


@lru_cache(maxsize=REMEMBERED, typed=True)
def _attributes(names: tuple[str, ...], *values: Any) -> str:
    return do_xmlattr(_ESCAPING, dict(zip(names, values, strict=True)))


def drawn_once(macro: Macro) -> Callable[..., str]:
    """The macro, which draws the same markup for the same arguments, remembering what it drew.

    For macros of a component that look at nothing but their arguments. `typed`: a text and markup
    that reads the same are drawn differently.
    """
    return lru_cache(maxsize=REMEMBERED, typed=True)(macro)


def each_drawn_once(macro: Macro) -> Callable[..., Markup]:
    """The same for a row of things: what the macro draws for each, one after the other.

    The things are immutable, and hold no markup.
    """
    draw = drawn_once(macro)

    def draw_each(things: Iterable[Any], *more: Any) -> Markup:
        # What a macro draws is marked as markup; anything else would be escaped by this join.
        return Markup("").join([draw(thing, *more) for thing in things])

    return draw_each
