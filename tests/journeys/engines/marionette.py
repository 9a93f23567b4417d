"""Firefox's own remote control, as selenium speaks to a driver.

Debian has Firefox and no geckodriver, and no registry has that as a package. It is a translator
from HTTP to Marionette, the protocol inside Firefox: numbered JSON over a socket, with the same
commands by other names. Only those that the walks use are translated.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from selenium.webdriver.remote.command import Command

NAMES = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.GET: "WebDriver:Navigate",
    Command.GO_BACK: "WebDriver:Back",
    Command.REFRESH: "WebDriver:Refresh",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.GET_TITLE: "WebDriver:GetTitle",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.FIND_CHILD_ELEMENTS: "WebDriver:FindElements",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.GET_ELEMENT_TAG_NAME: "WebDriver:GetElementTagName",
    Command.GET_ELEMENT_ATTRIBUTE: "WebDriver:GetElementAttribute",
    Command.IS_ELEMENT_ENABLED: "WebDriver:IsElementEnabled",
    Command.IS_ELEMENT_SELECTED: "WebDriver:IsElementSelected",
    Command.GET_ELEMENT_RECT: "WebDriver:GetElementRect",
    Command.GET_ELEMENT_PROPERTY: "WebDriver:GetElementProperty",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_GET_WINDOW_HANDLES: "WebDriver:GetWindowHandles",
    Command.SET_WINDOW_RECT: "WebDriver:SetWindowRect",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
    Command.QUIT: "Marionette:Quit",
}
QUIT_AT_ONCE = {"flags": ["eForceQuit"]}
PATIENCE = 30
"""Seconds for one answer."""


class Marionette:
    """What `selenium.webdriver.Remote` takes as its `command_executor`."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._from = self._socket.makefile("rb")
        self._number = 0
        greeting = self._read()
        assert greeting["marionetteProtocol"] == 3, greeting

    def execute(self, command: str, params: dict[str, Any] | None) -> dict[str, Any]:
        """Do one of selenium's commands; a refusal is as selenium reads a driver's."""
        sent = {name: value for name, value in (params or {}).items() if name != "sessionId"}
        self._number += 1
        if command == Command.QUIT:
            sent = QUIT_AT_ONCE
        elif command == Command.FIND_CHILD_ELEMENTS:
            sent["element"] = sent.pop("id")
        text = json.dumps([0, self._number, NAMES[command], sent]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self._read()
        assert number == self._number
        if error is not None:
            return {"status": 500, "value": json.dumps({"value": error})}
        wrapped = isinstance(result, dict) and set(result) == {"value"}
        return {"status": 0, "value": result["value"] if wrapped else result}

    def close(self) -> None:
        """Hang up."""
        self._from.close()
        self._socket.close()

    def _read(self) -> Any:
        length = b""
        while (byte := self._from.read(1)) != b":":
            if not byte:
                raise ConnectionError("Firefox is gone")
            length += byte
        return json.loads(self._from.read(int(length)))
