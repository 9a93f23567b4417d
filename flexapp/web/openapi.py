"""Parse an OpenAPI document for display as a page; the same file is also served as JSON.

Only the parts of OpenAPI that our own documents use are supported. Anything else is an error in
the document, and fails at start-up instead of when the page is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: plain text or code."""

    text: str
    code: bool


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a list: `kind` is h, p or ul."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema, or a parameter."""

    name: str
    type: str
    required: bool
    about: Line
    example: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A possible response: HTTP status, description, name of the schema (or "")."""

    status: str
    about: Line
    schema: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a method on a path. `body`: name of the request body's schema (or "")."""

    id: str
    method: str
    path: str
    summary: str
    about: Line
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    name: str
    about: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """An object in a request or response body."""

    name: str
    about: Line
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A whole document."""

    title: str
    version: str
    summary: str
    blocks: tuple[Block, ...]
    groups: tuple[Group, ...]
    schemas: tuple[Schema, ...]
    text: str
    """The document itself, as JSON text."""


def read(file: Path) -> Reference:
    """Parse the document in a file; `KeyError` or `ValueError` if it is invalid or unsupported."""
    text = file.read_text(encoding="utf-8")
    return _Reader(json.loads(text)).reference(text)


def spans(text: str) -> Line:
    """Split a line into plain text and code between backquotes."""
    parts = re.split(r"`([^`]*)`", text)
    return tuple(Span(part, code=n % 2 == 1) for n, part in enumerate(parts) if part)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a description: `## ` headings, `- ` lists, and paragraphs of one line."""
    listed: list[Line] = []
    for line in text.splitlines():
        if line.startswith("- "):
            listed.append(spans(line[2:]))
            continue
        if listed:
            yield Block("ul", tuple(listed))
            listed = []
        if line.startswith("## "):
            yield Block("h", (spans(line[3:]),))
        elif line.strip():
            yield Block("p", (spans(line),))
    if listed:
        yield Block("ul", tuple(listed))


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def reference(self, text: str) -> Reference:
        info = self._document["info"]
        operations = [
            (each["tags"][0], self._operation(path, method, each, item))
            for path, item in self._document["paths"].items()
            for method, each in item.items()
            if method in METHODS
        ]
        return Reference(
            title=info["title"],
            version=info["version"],
            summary=info["summary"],
            blocks=tuple(blocks(info["description"])),
            groups=tuple(
                Group(
                    tag["x-title"],
                    tag["description"],
                    tuple(each for name, each in operations if name == tag["name"]),
                )
                for tag in self._document["tags"]
            ),
            schemas=tuple(
                Schema(name, spans(schema.get("description", "")), tuple(self._fields(schema)))
                for name, schema in self._document["components"]["schemas"].items()
                if schema.get("type") == "object"
            ),
            text=text,
        )

    def _operation(
        self, path: str, method: str, each: Mapping[str, Any], item: Mapping[str, Any]
    ) -> Operation:
        parameters = [*item.get("parameters", ()), *each.get("parameters", ())]
        body = self._resolve(each.get("requestBody", {}))
        return Operation(
            id=each["operationId"],
            method=method.upper(),
            path=path,
            summary=each["summary"],
            about=spans(each.get("description", "")),
            parameters=tuple(self._parameter(self._resolve(one)) for one in parameters),
            body=self._content(body),
            answers=tuple(
                Answer(status, spans(found["description"]), self._content(found))
                for status, found in (
                    (status, self._resolve(one))
                    for status, one in sorted(each["responses"].items())
                )
            ),
        )

    def _parameter(self, one: Mapping[str, Any]) -> Field:
        return Field(
            one["name"],
            self._type(one["schema"]),
            bool(one.get("required")),
            spans(one["description"]),
            _example(self._resolve(one["schema"])),
        )

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[Field]:
        required = schema.get("required", ())
        for name, one in schema.get("properties", {}).items():
            resolved = self._resolve(one)
            about = one.get("description") or resolved.get("description") or ""
            yield Field(name, self._type(one), name in required, spans(about), _example(resolved))

    def _type(self, schema: Mapping[str, Any]) -> str:
        """A short description of a type; for a referenced object schema, its name."""
        if "$ref" in schema:
            resolved = self._resolve(schema)
            name = str(schema["$ref"]).rsplit("/", 1)[1]
            return name if resolved.get("type") == "object" else self._type(resolved)
        if "anyOf" in schema:
            return " | ".join(self._type(each) for each in schema["anyOf"])
        if "enum" in schema:
            return " | ".join(f'"{value}"' for value in schema["enum"])
        if "const" in schema:
            return f'"{schema["const"]}"'
        found = schema["type"]
        if found == "array":
            return f"[{self._type(schema['items'])}]"
        name = " | ".join(found) if isinstance(found, list) else str(found)
        return f"{name}（{schema['format']}）" if "format" in schema else name

    def _content(self, holder: Mapping[str, Any]) -> str:
        """The name of the schema of a request or response body; "" without a body."""
        for media in holder.get("content", {}).values():
            # A signed message is a string; show the schema of its decoded content.
            schema = media["schema"].get("contentSchema", media["schema"])
            return str(schema["$ref"]).rsplit("/", 1)[1]
        return ""

    def _resolve(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = one
        while "$ref" in found:
            path: Sequence[str] = found["$ref"].removeprefix("#/").split("/")
            found = self._document
            for step in path:
                found = found[step]
        resolved: Mapping[str, Any] = found
        return resolved


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples", ())
    return str(examples[0]) if examples else ""
