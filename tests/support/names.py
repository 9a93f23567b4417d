"""The names by which browser tests find fields and buttons; each must match exactly one (design 4).

Playwright matches substrings and ignores case by default: `get_by_label("缴费基数")` finds every
element whose label, aria-label or aria-labelledby text contains 缴费基数.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.support.html import Page, words

FIELDS = (
    "姓名",
    "身份证号",
    "联系电话",
    "参保地区",
    "性别",
    "民族",
    "出生日期",
    "通讯地址",
    "被核定人姓名",
    "被核定人身份证号",
    "身份证号码",
    "缴费开始年月",
    "缴费结束年月",
    "缴费基数",
    "手机号",
    "验证码",
)
BUTTONS = (
    "提交",
    "核定",
    "传输",
    "撤销",
    "申请税务撤销",
    "确认",
    "取消",
    "获取验证码",
    "登录",
)
LABELABLE = frozenset({"button", "input", "meter", "output", "progress", "select", "textarea"})


def found_by_name(page: Page) -> Iterator[str]:
    """Yield a message for each field or button name that does not match exactly one element."""
    labelled = [(element, labels) for element, labels in _labels(page) if labels]
    for name in FIELDS:
        if any(name == label for _, labels in labelled for label in labels):
            found = [labels for _, labels in labelled if any(name in label for label in labels)]
            if len(found) != 1:
                yield f"get_by_label({name!r}) finds {len(found)}: {found}"
    for place in _places(page.root):
        names = [_button_name(button) for button in _buttons(place)]
        for name in BUTTONS:
            if name in names and sum(name in each for each in names) != 1:
                yield f"the button {name!r} is not found alone in its {place.tag}: {names}"


def _labels(page: Page) -> Iterator[tuple[Element, list[str]]]:
    """Yield every element with its accessible labels."""
    by_id = {element.get("id"): element for element in page.root.iter() if element.get("id")}
    written: dict[str, list[str]] = {}
    for label in page.root.iter("label"):
        for inside in label.iter():
            if inside.tag in LABELABLE and not label.get("for"):
                written.setdefault(inside.get("id", ""), []).append(words(label))
        written.setdefault(label.get("for", ""), []).append(words(label))
    for element in page.root.iter():
        named = element.get("aria-labelledby", "").split()
        if named:
            yield element, [words(by_id[name]) for name in named if name in by_id]
        elif element.get("aria-label", "").strip():
            yield element, [element.get("aria-label", "")]
        elif element.tag in LABELABLE and element.get("type") != "hidden" and element.get("id"):
            yield element, written.get(element.get("id", ""), [])


def _places(root: Element) -> Iterator[Element]:
    """Yield the containers in which tests look for a button: forms, dialogs, records."""
    for element in root.iter():
        is_record = element.tag == "article" and "rec" in element.get("class", "").split()
        if element.tag == "form" or element.get("role") == "dialog" or is_record:
            yield element


def _buttons(place: Element) -> Iterator[Element]:
    """Yield the buttons in the container that are not hidden."""
    if place.get("aria-hidden") == "true" or place.get("hidden") is not None:
        return
    for child in place:
        pressed = child.tag == "input" and child.get("type") in ("submit", "button", "reset")
        if pressed or (child.tag == "button" and child.get("aria-hidden") != "true"):
            yield child
        yield from _buttons(child)


def _button_name(button: Element) -> str:
    return button.get("aria-label", "") or words(button) or button.get("value", "")
