"""`python -m flexapp.taxbureau`: the stand-in as a process of its own."""

import argparse
import functools
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from granian.constants import Interfaces
from granian.server import Server

from flexapp.taxbureau.app import beijing_now, create_taxbureau
from flexapp.taxbureau.schema import DatabaseError

TOKEN_VARIABLE = "FLEXAPP_TAX_TOKEN"  # noqa: S105
LOCAL = ("127.0.0.1", "::1", "localhost")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped; 2 with a sentence on stderr when it cannot start as it was asked to."""
    asked = _parser().parse_args(arguments)
    make = functools.partial(
        create_taxbureau,
        database_path=asked.database,
        token=asked.token or os.environ.get(TOKEN_VARIABLE, ""),
        now=beijing_now,
        demo=not asked.machine_only,
    )
    try:
        make()
    except (ValueError, DatabaseError) as fault:
        hint = f" (give --token or {TOKEN_VARIABLE})" if isinstance(fault, ValueError) else ""
        return _say(f"{fault}{hint}")
    refused = _port_refused(asked.host, asked.port)
    if refused is not None:
        return _say(f"cannot listen on {asked.host} port {asked.port}: {refused}")
    if asked.host not in LOCAL and not asked.machine_only:
        _say(f"warning: the clerk pages have no sign-in and can be reached through {asked.host}")
    _say(f"listening on http://{asked.host}:{asked.port}/ with {asked.database}")
    server = Server(
        "flexapp.taxbureau",
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        log_enabled=False,
    )
    server.serve(target_loader=make, wrap_loader=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flexapp.taxbureau",
        description="The stand-in tax bureau for demonstrations; it is not the real one.",
    )
    parser.add_argument("--database", type=Path, required=True, help="its own SQLite file")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_port, default=8100, help="port to listen on (8100)")
    parser.add_argument(
        "--token", help=f"bearer token of the machine API; without it, {TOKEN_VARIABLE}"
    )
    parser.add_argument("--machine-only", action="store_true", help="no clerk pages")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use 1 to 65535")
    return int(text)


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
