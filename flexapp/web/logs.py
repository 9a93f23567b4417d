"""Log formatting: JSON lines or text, with ID and mobile numbers masked.

Our own code logs no personal data; a test checks everything that the test suite logs. Masking is
the last line of defence against messages of libraries and oversights.
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
"""Characters that JSON allows in strings but some log readers treat as line ends."""

FIELDS = "fields"
"""Attribute of a log record with additional structured fields."""

QUIET_LOGGERS = ("alembic", "httpcore", "httpx")
"""Loggers limited to warnings: they log every step, or every URL that is called."""


def mask(text: str) -> str:
    """The text with everything masked that looks like an ID number or a mobile number."""
    return personal_numbers.mask(text, MASK)


def configure(settings: Settings) -> None:
    """Configure logging to standard error, for a process of the service (not for test runs)."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log == "json" else TextLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


class JsonLines(logging.Formatter):
    """One JSON object a line, for a central log collector."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record with its traceback; request ids are generated and need no masking."""
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
    """Text lines for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, with its traceback on the lines below."""
        request = request_ids.current()[: request_ids.SHORT] or "-"
        fields = " ".join(f"{k}={v}" for k, v in getattr(record, FIELDS, {}).items() if v != "")
        text = " ".join(filter(None, (record.getMessage(), fields)))
        if fault := _fault(self, record):
            text = f"{text}\n{fault}"
        return f"{_moment(record)} {record.levelname} {record.name} {request} {mask(text)}"


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fault(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback and stack of a record; "" if it has none."""
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)
