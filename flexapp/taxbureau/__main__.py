"""`python -m flexapp.taxbureau`: the stand-in as a process of its own."""

import argparse
import functools
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
from flask import Flask
from granian.constants import Interfaces
from granian.server import Server

from flexapp.taxbureau.app import beijing_now, create_taxbureau
from flexapp.taxbureau.delivery import deliver_forever
from flexapp.taxbureau.schema import DatabaseError
from flexapp.taxbureau.signatures import DEMO_TRUSTED, demo_keys

LOCAL = ("127.0.0.1", "::1", "localhost")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped; 2 with a sentence on stderr when it cannot start as it was asked to."""
    asked = _parser().parse_args(arguments)
    try:
        make = functools.partial(
            create_taxbureau,
            database_path=asked.database,
            keys=demo_keys() if asked.keys is None else _read(asked.keys),
            trusted=DEMO_TRUSTED if asked.trust is None else _read(asked.trust),
            now=beijing_now,
            demo=not asked.machine_only,
        )
        make()
    except (ValueError, DatabaseError) as fault:
        return _say(str(fault))
    refused = _port_refused(asked.host, asked.port)
    if refused is not None:
        return _say(f"cannot listen on {asked.host} port {asked.port}: {refused}")
    if asked.host not in LOCAL and not asked.machine_only:
        _say(f"warning: the clerk pages have no sign-in and can be reached through {asked.host}")
    if asked.keys is None or asked.trust is None:
        _say("warning: using demo keys, which everybody can make; give --keys and --trust")
    _say(f"listening on http://{asked.host}:{asked.port}/ with {asked.database}")
    server = Server(
        "flexapp.taxbureau",
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        log_enabled=False,
    )
    server.serve(target_loader=functools.partial(_serve, make, asked.events_url), wrap_loader=False)
    return 0


def _serve(make: Callable[[], Flask], events_url: str | None) -> Flask:
    """The application in a serving process, and beside it what tells the product."""
    app = make()
    if events_url is not None:
        threading.Thread(
            target=deliver_forever, args=(app, events_url), name="events", daemon=True
        ).start()
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flexapp.taxbureau",
        description="The stand-in tax bureau for demonstrations; it is not the real one.",
    )
    parser.add_argument("--database", type=Path, required=True, help="its own SQLite file")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_port, default=8100, help="port to listen on (8100)")
    parser.add_argument("--keys", type=Path, help="JWK set; its first key signs (demo keys)")
    parser.add_argument("--trust", type=Path, help="public JWK set of the product (demo keys)")
    parser.add_argument(
        "--events-url", type=_url, help="base URL of the product; without it, nothing is told"
    )
    parser.add_argument("--machine-only", action="store_true", help="no clerk pages")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use 1 to 65535")
    return int(text)


def _url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not a base URL; use http(s)://host[:port]")
    return text


def _read(path: Path) -> str:
    """The text of a file of keys; `ValueError` says why it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise ValueError(f"cannot read {path}: {fault.strerror}") from fault
    except UnicodeError as fault:
        raise ValueError(f"cannot read {path}: it is not text in UTF-8") from fault


def _port_refused(host: str, port: int) -> str | None:
    """Why the port cannot be had, tried before the server's workers start."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        return fault.strerror or str(fault)
    return None


def _say(sentence: str) -> int:
    print(f"tax bureau stand-in: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main())
