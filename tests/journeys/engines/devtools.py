"""Chromium's own remote control (DevTools), as selenium speaks to a driver.

One translator serves Chromium 69, for which no driver is to be had any more, and the Chromium of
today: numbered JSON over a WebSocket, with the commands that the walks use.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import websocket
from selenium.webdriver.remote.command import Command

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The name by which WebDriver refers to an element (W3C WebDriver, section 12)."""

PATIENCE = 30
"""Seconds for one answer, or one page."""

FOUND = """function (xpath) {
  const kind = XPathResult.ORDERED_NODE_SNAPSHOT_TYPE;
  const found = document.evaluate(xpath, document, null, kind, null);
  return Array.from({ length: found.snapshotLength }, (_, index) => found.snapshotItem(index));
}"""
WITHIN = "function (css) { return Array.from(this.querySelectorAll(css)); }"
WHERE = """function () {
  this.scrollIntoView({ block: "center" });
  const box = this.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  return { x, y, free: hit !== null && (this.contains(hit) || hit.contains(this)) };
}"""
CHOSEN = """function () {
  if (this.tagName !== "OPTION") return false;
  this.selected = true;
  const list = this.closest("select");
  ["input", "change"].forEach((what) => list.dispatchEvent(new Event(what, { bubbles: true })));
  return true;
}"""
# Keys sent to a view that no window system gave the focus arrive nowhere.
TYPED = "function (text) { this.focus(); document.execCommand('insertText', false, text); }"
TEXT = "function () { return this.innerText === undefined ? this.textContent : this.innerText; }"
PROPERTY = "function (name) { return this[name]; }"
ATTRIBUTE = "function (name) { return this.getAttribute(name); }"
BOX = """function () {
  const box = this.getBoundingClientRect();
  return { x: box.left, y: box.top, width: box.width, height: box.height };
}"""


class Refused(Exception):
    """A command that failed, by WebDriver's name for the failure."""


class DevTools:
    """What `selenium.webdriver.Remote` takes as its `command_executor`: the one page at a port."""

    def __init__(self, port: int) -> None:
        self._socket = websocket.create_connection(
            _address(port), timeout=PATIENCE, suppress_origin=True, enable_multithread=False
        )
        self._number = 0
        self._arrived = 0
        self._do: dict[str, Callable[..., Any]] = {
            Command.NEW_SESSION: lambda **_: {"sessionId": "devtools", "capabilities": {}},
            Command.GET: self._get,
            Command.GO_BACK: lambda: self._through_history(-1),
            Command.GO_FORWARD: lambda: self._through_history(1),
            Command.REFRESH: self._reload,
            Command.GET_CURRENT_URL: lambda: self._evaluate("location.href"),
            Command.GET_TITLE: lambda: self._evaluate("document.title"),
            Command.FIND_ELEMENT: self._find,
            Command.FIND_ELEMENTS: self._find_all,
            Command.FIND_CHILD_ELEMENTS: lambda id, using, value: self._list(id, WITHIN, value),
            Command.CLICK_ELEMENT: self._click,
            Command.SEND_KEYS_TO_ELEMENT: self._type,
            Command.GET_ELEMENT_TEXT: lambda id: self._of(id, TEXT),
            Command.GET_ELEMENT_TAG_NAME: lambda id: self._of(id, PROPERTY, "localName"),
            Command.GET_ELEMENT_ATTRIBUTE: lambda id, name: self._of(id, ATTRIBUTE, name),
            Command.GET_ELEMENT_PROPERTY: lambda id, name: self._of(id, PROPERTY, name),
            Command.IS_ELEMENT_ENABLED: lambda id: not self._of(id, PROPERTY, "disabled"),
            Command.IS_ELEMENT_SELECTED: lambda id: bool(
                self._of(id, PROPERTY, "selected") or self._of(id, PROPERTY, "checked")
            ),
            Command.GET_ELEMENT_RECT: lambda id: self._of(id, BOX),
            Command.W3C_EXECUTE_SCRIPT: self._script,
            Command.W3C_GET_WINDOW_HANDLES: self._windows,
            Command.SCREENSHOT: lambda: self._send("Page.captureScreenshot")["data"],
            Command.QUIT: lambda: None,
        }
        self._port = port
        self._send("Page.enable")
        self._send("Runtime.enable")

    def execute(self, command: str, params: dict[str, Any] | None) -> dict[str, Any]:
        """Do one of selenium's commands; a refusal is as selenium reads a driver's."""
        sent = {name: value for name, value in (params or {}).items() if name != "sessionId"}
        try:
            return {"status": 0, "value": self._do[command](**sent)}
        except Refused as refused:
            error = {"error": refused.args[0], "message": refused.args[1], "stacktrace": ""}
            return {"status": 500, "value": json.dumps({"value": error})}

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A DevTools command that WebDriver has no name for."""
        return self._send(method, **params)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    # Pages

    def _get(self, url: str) -> None:
        self._arriving(lambda: self._send("Page.navigate", url=url))

    def _through_history(self, steps: int) -> None:
        history = self._send("Page.getNavigationHistory")
        wanted = history["currentIndex"] + steps
        if 0 <= wanted < len(history["entries"]):
            entry = history["entries"][wanted]["id"]
            self._arriving(lambda: self._send("Page.navigateToHistoryEntry", entryId=entry))

    def _reload(self) -> None:
        self._arriving(lambda: self._send("Page.reload"))

    def _arriving(self, go: Callable[[], object]) -> None:
        """Go to a page, and be there: it, or its picture from the browser's memory, has come."""
        before, patience = self._arrived, time.monotonic() + PATIENCE
        go()
        while self._arrived == before:
            if time.monotonic() > patience:
                raise Refused("timeout", "no page")
            self._evaluate("0")
            time.sleep(0.02)

    def _windows(self) -> list[str]:
        return [str(target["id"]) for target in _targets(self._port) if target["type"] == "page"]

    # Elements

    def _find(self, using: str, value: str) -> dict[str, str]:
        found = self._find_all(using, value)
        if not found:
            raise Refused("no such element", value)
        return found[0]

    def _find_all(self, using: str, value: str) -> list[dict[str, str]]:
        page = self._evaluate("document", by_value=False)["objectId"]
        return self._list(page, FOUND if using == "xpath" else WITHIN, value)

    def _list(self, id: str, function: str, value: str) -> list[dict[str, str]]:
        answer = self._call(id, function, [value], by_value=False)
        listed = self._send(
            "Runtime.getProperties", objectId=answer["objectId"], ownProperties=True
        )
        return [
            {ELEMENT: each["value"]["objectId"]}
            for each in listed["result"]
            if each["name"].isdigit()
        ]

    def _click(self, id: str) -> None:
        if self._of(id, CHOSEN):
            return
        where = self._of(id, WHERE)
        if not where["free"]:
            raise Refused("element click intercepted", str(where))
        at = {"x": where["x"], "y": where["y"], "button": "left", "clickCount": 1}
        self._send("Input.dispatchMouseEvent", type="mousePressed", **at)
        self._send("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def _type(self, id: str, text: str, **_: object) -> None:
        self._of(id, TYPED, text)

    # Programs

    def _script(self, script: str, args: list[Any]) -> Any:
        page = self._evaluate("document", by_value=False)["objectId"]
        return self._call(page, f"function () {{ {script} }}", args)

    def _of(self, id: str, function: str, *arguments: object) -> Any:
        return self._call(id, function, list(arguments))

    def _call(self, id: str, function: str, arguments: list[Any], *, by_value: bool = True) -> Any:
        answer = self._send(
            "Runtime.callFunctionOn",
            objectId=id,
            functionDeclaration=function,
            arguments=[
                {"objectId": each[ELEMENT]}
                if isinstance(each, dict) and ELEMENT in each
                else {"value": each}
                for each in arguments
            ],
            returnByValue=by_value,
        )
        return self._result(answer, by_value=by_value)

    def _evaluate(self, expression: str, *, by_value: bool = True) -> Any:
        answer = self._send("Runtime.evaluate", expression=expression, returnByValue=by_value)
        return self._result(answer, by_value=by_value)

    def _result(self, answer: dict[str, Any], *, by_value: bool) -> Any:
        if "exceptionDetails" in answer:
            raise Refused("javascript error", json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value") if by_value else answer["result"]

    # Messages

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            self._note(message)
            if message.get("id") != self._number:
                continue
            if "error" in message:
                # The page that it was of has given way to another.
                raise Refused("stale element reference", str(message["error"]))
            result: dict[str, Any] = message["result"]
            return result

    def _note(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method == "Page.loadEventFired":
            self._arrived += 1
        elif method == "Page.frameNavigated":
            from_memory = message["params"].get("type") == "BackForwardCacheRestore"
            self._arrived += from_memory


def _targets(port: int) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
        listed: list[dict[str, Any]] = json.load(answer)
    return listed


def _address(port: int) -> str:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return next(
                str(target["webSocketDebuggerUrl"])
                for target in _targets(port)
                if target["type"] == "page"
            )
        except (OSError, StopIteration):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
