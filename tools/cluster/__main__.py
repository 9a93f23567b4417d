"""`python -m tools.cluster`: runs a complete deployment on this machine until Ctrl+C.

Two nodes, two senders, PostgreSQL, the tax bureau's stand-in, and nginx with the configuration of
`deploy/nginx`. The certificate is self-signed, so browsers show a warning. All files are deleted at
the end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from tests.support.postgresql import NoServer
from tools.cluster.cluster import Cluster, started
from tools.cluster.nginx import NoNginx

PORT = 8443


def main(arguments: list[str]) -> int:
    """Run until stopped; return 1 if a program is missing or all parts have ended."""
    parser = argparse.ArgumentParser(prog="python -m tools.cluster", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"nginx's (default {PORT})")
    parser.add_argument("--nodes", type=int, default=2, help="serving nodes (default 2)")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with started(port=asked.port, nodes=asked.nodes) as cluster:
            _introduce(cluster)
            return _watch(cluster)
    except (NoNginx, NoServer, RuntimeError) as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _introduce(cluster: Cluster) -> None:
    for part in cluster.parts:
        print(f"  {part.name:<11} process {part.pid:<8} {part.log}")
    print(f"Serving on {cluster.origin} (stop with Ctrl+C)", flush=True)


def _watch(cluster: Cluster) -> int:
    """Report parts that end, until all have ended. Parts may be killed and restarted by hand."""
    running = {part.name for part in cluster.parts}
    while True:
        time.sleep(1)
        for part in cluster.parts:
            if part.name in running and not part.is_running:
                running.remove(part.name)
                print(f"  {part.name} has ended; the others go on", flush=True)
        if not running:
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
