"""The load generator: many keep-alive connections in one loop, one request at a time on each.

It uses raw sockets, because http.client would use as much CPU as a minimal page. It reports its own
CPU share, so that a run in which it was the bottleneck can be recognised.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

PATIENCE = 30.0
"""Seconds without any response after which all pending requests count as failed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as received; `wire_bytes` includes the headers."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run."""

    requests: int
    failed: int
    seconds: float
    own_share: float
    """The load generator's share of one CPU."""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Expected:
    """The criteria of success: the status and, for redirects, the location."""

    status: int = 200
    location: str | None = None

    def met_by(self, head: bytes) -> bool:
        """Whether a response with these header bytes (lower case) is a success."""
        if int(head[9:12]) != self.status:
            return False
        return self.location is None or _header(head, b"location") == self.location.encode()


@dataclass(slots=True)
class _Line:
    """A connection and the part of its response received so far."""

    port: int
    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)


def get(path: str, *, cookie: str = "", accept: str = "gzip, br", htmx: bool = False) -> bytes:
    """Return a GET request like that of a phone, or of htmx."""
    more = f"Accept-Encoding: {accept}\r\n" + ("HX-Request: true\r\n" if htmx else "")
    return _request("GET", path, cookie, more)


def post(path: str, fields: Mapping[str, str], *, cookie: str = "") -> bytes:
    """Return a form POST request."""
    body = urlencode(fields)
    more = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return _request("POST", path, cookie, more + "Accept-Encoding: gzip, br\r\n") + body.encode()


def run(
    ports: Sequence[int], requests: Sequence[bytes], *, connections: int, expected: Expected
) -> Outcome:
    """Send every request once over `connections` connections and count the failures.

    The connections are spread evenly over the ports.
    """
    waiting = iter(requests)
    spread = [ports[number % len(ports)] for number in range(connections)]
    lines = [_Line(port, _connect(port)) for port in spread]
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
    under_way = failed = 0
    began, used = time.perf_counter(), time.process_time()
    for line in lines:
        under_way += _send_next(line, waiting)
    while under_way:
        ready = selector.select(PATIENCE)
        if not ready:
            failed += under_way
            break
        for key, _ in ready:
            line = key.data
            data = line.socket.recv(1 << 16)
            line.received += data
            length = _complete(line.received)
            if length is None and data:
                continue
            under_way -= 1
            if length is None:  # the server closed the connection during a request
                failed += 1
                selector.unregister(line.socket)
                line.socket.close()
                line.socket = _connect(line.port)
                selector.register(line.socket, selectors.EVENT_READ, line)
            elif not expected.met_by(bytes(line.received[:length]).lower()):
                failed += 1
            line.received.clear()
            under_way += _send_next(line, waiting)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    for line in lines:
        line.socket.close()
    selector.close()
    failed += sum(1 for _ in waiting)
    return Outcome(len(requests), failed, seconds, used / seconds)


def fetch(port: int, request: bytes) -> Answer:
    """Send one request on its own connection and return the whole response."""
    with _connect(port) as connection:
        connection.sendall(request)
        received = bytearray()
        while True:
            data = connection.recv(1 << 16)
            received += data
            head_length = _complete(received)
            if head_length is not None:
                break
            if not data:
                raise ConnectionError("the server closed the connection before its answer ended")
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    names = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    headers = {name.lower(): value.strip() for name, _, value in names}
    return Answer(int(head[9:12]), headers, body, len(received))


def _send_next(line: _Line, waiting: Iterator[bytes]) -> int:
    request = next(waiting, None)
    if request is None:
        return 0
    line.socket.sendall(request)
    return 1


def _complete(received: bytearray) -> int | None:
    """Return the length of the headers if the response is complete, else None."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _header(bytes(received[:end]).lower(), b"content-length")
    if length is None:
        raise ValueError("an answer without its length; this client reads no chunks")
    return end if len(received) >= end + 4 + int(length) else None


def _header(head: bytes, name: bytes) -> bytes | None:
    """Return a header's value; the header bytes must be lower case."""
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    return head[start + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _request(method: str, path: str, cookie: str, more: str) -> bytes:
    cookies = f"Cookie: session={cookie}\r\n" if cookie else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookies}{more}\r\n".encode()
