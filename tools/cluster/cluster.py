"""A complete deployment on this machine; each part is a process that can be killed."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from flexapp.config import load
from flexapp.factory import create_app
from tests.support import postgresql
from tests.support.processes import Process, free_port
from tools.cluster import nginx

NODES = 2
SENDERS = 2
DATABASE = "flexapp"


class Cluster:
    """nginx, nodes, senders, PostgreSQL and the tax bureau's stand-in, with the demo residents.

    `started` starts the parts; each can be stopped, killed and started again.
    """

    def __init__(
        self,
        folder: Path,
        database: postgresql.Server,
        *,
        port: int | None,
        nodes: int,
        today: str | None,
        wrapped: str | None,
        environ: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.database = database
        self.port = port or free_port()
        self._wrapped = wrapped
        self._more = environ
        self.origin = f"https://{nginx.HOST}:{self.port}"
        self.tax_database = folder / "tax.sqlite3"
        self.environ: Mapping[str, str] = {
            "FLEXAPP_ENV": "demo",
            "FLEXAPP_DATABASE_URL": database.create(DATABASE),
            "FLEXAPP_TAX_URL": f"http://{nginx.HOST}:{(tax_port := free_port())}",
            "FLEXAPP_TAX_DATABASE": str(self.tax_database),
            "FLEXAPP_PUBLIC_URL": self.origin,
            "FLEXAPP_LOG": "json",
            "FLEXAPP_WORKERS": "1",
            **({} if today is None else {"FLEXAPP_TODAY": today}),
        }
        self.node_ports = [free_port() for _ in range(nodes)]
        self.nodes = [self._node(number, port) for number, port in enumerate(self.node_ports, 1)]
        self.senders = [self._sender(number) for number in range(1, SENDERS + 1)]
        self.tax_bureau = self._tax_bureau(tax_port)
        self.nginx = nginx.configured(folder / "nginx", port=self.port, nodes=self.node_ports)

    @property
    def parts(self) -> list[Process]:
        """All processes except PostgreSQL, in start order."""
        return [self.tax_bureau, *self.nodes, *self.senders, self.nginx]

    def prepare(self) -> None:
        """Migrate the database and load the demo residents."""
        runner = create_app(load(self.environ)).test_cli_runner()
        for command in (["db", "upgrade"], ["demo", "load"]):
            result = runner.invoke(args=command)
            if result.exit_code != 0:
                raise RuntimeError(f"{' '.join(command)} failed: {result.output}")

    def stop(self) -> None:
        """Stop all parts except PostgreSQL; all get SIGTERM first, so that they end in parallel."""
        for part in self.parts:
            if part.is_running:
                part.signal(signal.SIGTERM)
        for part in self.parts:
            part.stop()

    def browser(self) -> httpx.Client:
        """Return an HTTP client that uses nginx and trusts its certificate."""
        return httpx.Client(
            base_url=self.origin,
            verify=nginx.trusting(self.folder / "nginx"),
            headers={"Origin": self.origin},
            timeout=40,
        )

    def _node(self, number: int, port: int) -> Process:
        return Process(
            f"node {number}",
            [sys.executable, "app.py"]
            if self._wrapped is None
            else [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"),
                *("--host", nginx.HOST, "--port", str(port), "--workers", "1"),
                *("--blocking-threads", "8", f"{self._wrapped}:serving_app"),
            ],
            environment={
                **self.environ,
                **self._more,
                "FLEXAPP_HOST": nginx.HOST,
                "FLEXAPP_PORT": str(port),
                "FLEXAPP_METRICS_DIR": str(self.folder / f"metrics-{number}"),
            },
            log=self.folder / f"node-{number}.log",
            is_up=lambda: httpx.get(f"http://{nginx.HOST}:{port}/readyz").is_success,
        )

    def _sender(self, number: int) -> Process:
        metrics = self.folder / f"metrics-sender-{number}"
        return Process(
            f"sender {number}",
            [sys.executable, "-m", "flask", "--app", "app", "transmission", "work"]
            if self._wrapped is None
            else [sys.executable, "-m", self._wrapped],
            environment={**self.environ, **self._more, "FLEXAPP_METRICS_DIR": str(metrics)},
            log=self.folder / f"sender-{number}.log",
            is_up=lambda: True,  # it serves no port; its messages show that it runs
        )

    def _tax_bureau(self, port: int) -> Process:
        return Process(
            "tax bureau",
            [
                *(sys.executable, "-m", "flexapp.taxbureau"),
                *("--port", str(port)),
                *("--database", self.tax_database),
                *("--events-url", f"http://{nginx.HOST}:{self.node_ports[0]}"),
            ],
            environment={},
            log=self.folder / "tax-bureau.log",
            is_up=lambda: httpx.get(f"http://{nginx.HOST}:{port}/").is_success,
        )


@contextmanager
def started(
    *,
    port: int | None = None,
    nodes: int = NODES,
    today: str | None = None,
    parent: Path | None = None,
    wrapped: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Run a cluster until the block ends, then delete it.

    `port`: nginx's, a free one if None; `today`: the pinned business date; `parent`: the folder for
    PostgreSQL's files. `wrapped`: a module whose `serving_app` is served instead of the product's
    and which runs a sender as `__main__`; both get `environ` in addition to the settings.

    Raises `postgresql.NoServer` or `nginx.NoNginx` if the program is missing.
    """
    nginx.program()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="flexapp-cluster-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = postgresql.Server(postgresql.DURABLE, parent)
        stack.callback(server.stop)
        cluster = Cluster(
            folder,
            server,
            port=port,
            nodes=nodes,
            today=today,
            wrapped=wrapped,
            environ=environ or {},
        )
        cluster.prepare()
        stack.callback(cluster.stop)
        for part in cluster.parts:
            part.launch()
        for part in cluster.parts:
            part.wait_until_up()
        yield cluster
