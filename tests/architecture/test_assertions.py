"""Tests contain no assertion that holds whatever the code does.

Four kinds are found in the source: an `or` that always holds, a value that is always true, the
truth of an XML element (which says whether it has children), and a loop of assertions over a
result that may be empty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.checkout import files_below, text_of

MAY_BE_EMPTY = {
    "tests/architecture/test_asvs.py: NAMED.findall(row.where)": "not every row names a file",
    "tests/portal/test_privacy.py: holding.expiries": "what is kept for good has none",
    "tests/rules/test_periods.py: pairwise(grouped)": "generated months may be one group",
}
"""Loops of assertions that may rightly be empty, with the reason."""

ALWAYS_TRUE = ast.GeneratorExp | ast.Lambda | ast.JoinedStr
KEEPING_LENGTH = ("enumerate", "sorted", "reversed", "list", "tuple", "set", "zip")
VIEWS = ("items", "keys", "values")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_constant(node: ast.expr) -> bool:
    """Whether a value is a constant by its name or a literal that is true."""
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return name.isupper()
    return isinstance(node, ast.Constant) and bool(node.value)


def always_true(node: ast.expr) -> bool:
    """Whether the truth of an expression does not depend on the code that is tested."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return any(is_constant(each) or always_true(each) for each in node.values)
    if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
        content = node.values if isinstance(node, ast.Dict) else node.elts
        return any(not isinstance(each, ast.Starred) for each in content)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).rpartition(".")[2] in ("Mock", "MagicMock")
    return isinstance(node, ALWAYS_TRUE) or (isinstance(node, ast.Constant) and bool(node.value))


def truths(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression that is used for its truth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert | ast.If | ast.IfExp | ast.While):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            # The last value of `a or b` may be used as a value.
            yield from node.values[:-1]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand
        elif isinstance(node, ast.comprehension):
            yield from node.ifs


def is_element(node: ast.expr) -> bool:
    """Whether an expression is an XML element or None: `….find("path")` of anything but a text."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "find"
    )


def assigned(function: Function, name: str) -> list[ast.expr]:
    """What a function assigns to a name."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and any(
            isinstance(target, ast.Name) and target.id == name
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
    ]


def never_empty(node: ast.expr, function: Function) -> bool:
    """Whether what a loop goes through is a literal, a constant, an enumeration or a range."""
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        if name[0].isupper():
            return True
        values = assigned(function, name) if isinstance(node, ast.Name) else []
        return bool(values) and all(never_empty(value, function) for value in values)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(each, ast.Starred) for each in node.elts) or any(
            isinstance(each, ast.Starred) and never_empty(each.value, function)
            for each in node.elts
        )
    if isinstance(node, ast.ListComp | ast.SetComp):
        return all(not each.ifs and never_empty(each.iter, function) for each in node.generators)
    if isinstance(node, ast.Subscript):
        return never_empty(node.value, function)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id == "range" or (
                node.func.id in KEEPING_LENGTH and never_empty(node.args[0], function)
            )
        if isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
            return never_empty(node.func.value, function)
    return False


def asserted_elsewhere(loop: ast.For, function: Function) -> bool:
    """Whether an assertion outside the loop is about what the loop goes through."""
    looped, inside = loop.iter, set(ast.walk(loop))
    if (
        isinstance(looped, ast.Call)
        and isinstance(looped.func, ast.Attribute)
        and looped.func.attr in VIEWS
    ):
        looped = looped.func.value
    text = ast.unparse(looped)
    return any(
        any(
            isinstance(part, ast.expr) and ast.unparse(part) == text for part in ast.walk(node.test)
        )
        for node in ast.walk(function)
        if isinstance(node, ast.Assert) and node not in inside
    )


def empty_loops(tree: ast.AST) -> Iterator[ast.expr]:
    """What loops of nothing but assertions go through, where it may be empty."""
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        for loop in ast.walk(function):
            if (
                isinstance(loop, ast.For)
                and all(isinstance(each, ast.Assert) for each in loop.body)
                and not never_empty(loop.iter, function)
                and not asserted_elsewhere(loop, function)
            ):
                yield loop.iter


def modules() -> dict[str, ast.Module]:
    """Every module of the tests, by path."""
    paths = files_below("tests", ending=".py")
    return {str(path): ast.parse(text_of(path) or "") for path in paths}


def test_no_assertion_holds_by_itself() -> None:
    trees = modules()
    assert len(trees) > 200
    faults = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and always_true(node.test)
    ]
    assert faults == []


def test_no_xml_element_is_used_for_its_truth() -> None:
    faults = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path, tree in modules().items()
        for node in truths(tree)
        if is_element(node)
    ]
    assert faults == []


def test_no_loop_of_assertions_may_be_empty() -> None:
    found = {
        f"{path}: {ast.unparse(node)}"
        for path, tree in modules().items()
        for node in empty_loops(tree)
    }
    assert found == set(MAY_BE_EMPTY)


@pytest.mark.parametrize(
    "code",
    [
        "assert a == kid or sandbox.KID",
        "assert (a == 1, 'one')",
        "assert (a == 1 for a in b)",
        "assert Mock()",
        "assert a or 'text'",
    ],
)
def test_an_assertion_that_holds_by_itself_is_noticed(code: str) -> None:
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.Assert)
    assert always_true(node.test)


@pytest.mark.parametrize("code", ["a.find('b') or ()", "assert a.find('b')", "not a.find('b')"])
def test_the_truth_of_an_element_is_noticed(code: str) -> None:
    assert [ast.unparse(node) for node in truths(ast.parse(code)) if is_element(node)] == [
        "a.find('b')"
    ]


@pytest.mark.parametrize(
    ("before", "looped", "noticed"),
    [
        ("found = read()", "found", True),
        ("found = read(); assert found", "found", False),
        ("found = read(); assert len(found) > 2", "found.items()", False),
        ("found = [x for x in (1, 2) if x > 1]", "found", True),
        ("found = [read(x) for x in (1, 2)]", "found", False),
        ("pass", "read()", True),
        ("pass", "ALL", False),
        ("pass", "range(3)", False),
        ("pass", "()", True),
    ],
)
def test_a_loop_that_may_be_empty_is_noticed(before: str, looped: str, noticed: bool) -> None:
    code = f"def test_x():\n    {before}\n    for x in {looped}:\n        assert x"
    assert bool(list(empty_loops(ast.parse(code)))) is noticed
