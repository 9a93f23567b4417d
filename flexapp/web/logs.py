"""How lines are logged: one for each record, as JSON or to be read, and never with a number in it
that could be a person's.

Nothing of the product logs personal data; a test watches that over everything the suite logs. What
a library or a forgotten line might still write is masked here, as the last line of defence.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from flexapp.config import Settings
from flexapp.rules import personal_numbers
from flexapp.web import request_ids

MASK = "[masked]"

LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What JSON lets stand in a text and some readers take for the end of a line."""

FIELDS = "fields"
"""The attribute of a record that holds what a line says besides its message."""

TOO_TALKATIVE = ("alembic", "httpcore", "httpx")
"""They log every step, or every address that is called."""


def mask(text: str) -> str:
    """The text without what looks like an ID number or a mobile number."""
    return personal_numbers.mask(text, MASK)


def begin(settings: Settings) -> None:
    """Log to standard error from now on, for a process of the service (never for a test run)."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log == "json" else TextLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


class JsonLines(logging.Formatter):
    """One JSON object in a line: for whoever collects the logs of all nodes."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, its exception included; its request's id is ours and needs no masking."""
        line: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_ids.current(),
            "message": mask(record.getMessage()),
        }
        for name, value in getattr(record, FIELDS, {}).items():
            line[name] = mask(value) if isinstance(value, str) else value
        if fault := _fault(self, record):
            line["fault"] = mask(fault)
        return json.dumps(line, ensure_ascii=False).translate(LINE_ENDS)


class TextLines(logging.Formatter):
    """A line to be read in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, its exception in the lines below it."""
        request = request_ids.current()[: request_ids.SHORT] or "-"
        fields = " ".join(f"{k}={v}" for k, v in getattr(record, FIELDS, {}).items() if v != "")
        text = " ".join(filter(None, (record.getMessage(), fields)))
        if fault := _fault(self, record):
            text = f"{text}\n{fault}"
        return f"{_moment(record)} {record.levelname} {record.name} {request} {mask(text)}"


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fault(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback that a record carries, if any."""
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)
