"""The hooks of a request are those of flexapp/web/pipeline.py, and of two libraries."""

from __future__ import annotations

import ast
import re

import pytest
from flask import Flask

from flexapp.channels import webview
from flexapp.people import auth
from flexapp.web.pipeline import Step, steps
from tests.architecture.checkout import files_below, text_of

HOOK = re.compile(r"(before|after|teardown)_(app_)?(request|appcontext)")
PIPELINE = "flexapp/web/pipeline.py"

STEPS: tuple[Step, ...] = steps(webview=webview.begin, session_end=auth.session_end)


def hooks_in(code: str) -> set[str]:
    """Names of the hooks that a module registers."""
    return {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and HOOK.fullmatch(node.attr)
    }


def test_no_other_module_registers_a_hook() -> None:
    registering = {
        str(path): hooks_in(text_of(path) or "")
        for path in files_below("flexapp", ending=".py")
        if not path.is_relative_to("flexapp/taxbureau")
    }
    assert {path: found for path, found in registering.items() if found} == {
        PIPELINE: {"before_request", "after_request", "teardown_request"}
    }


@pytest.mark.parametrize(
    "code",
    ["app.before_request(check)", "@blueprint.after_app_request\ndef f(r):\n    return r"],
)
def test_a_hook_registered_elsewhere_would_be_noticed(code: str) -> None:
    assert hooks_in(code)


def test_the_application_has_the_hooks_of_the_steps_in_their_order(app: Flask) -> None:
    before = [hook.__name__ for hook in app.before_request_funcs[None]]
    names = [step.before.__name__ if step.before else "" for step in STEPS]
    names[[step.name for step in STEPS].index("CSRF token")] = "csrf_protect"
    assert before == [name for name in names if name]
    assert app.after_request_funcs == {None: [step.after for step in STEPS if step.after]}
    assert app.teardown_request_funcs == {None: [step.teardown for step in STEPS if step.teardown]}
    assert set(app.before_request_funcs) == {None}


def test_every_step_says_in_one_sentence_why_it_stands_there() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
    for step in STEPS:
        assert re.fullmatch(r"[A-Z][^.]+\.", step.why_here), step.name
        assert step.before or step.after or step.install, step.name
