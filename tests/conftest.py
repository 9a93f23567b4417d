"""Root fixtures: an application with its own database per test, and a linting client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import hypothesis
import pytest
from flask import Flask

from flexapp.db.session import db
from flexapp.factory import create_app
from tests.support import in_memory, left_out, log_watch, postgresql, thrift, together
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.codes import read_code
from tests.support.database import Templates, drop, settings_for
from tests.support.sealed import BOTH, fill
from tests.support.staff import enter
from tests.support.walks import MA_LAN, sign_in

TODAY = date(2026, 11, 24)
"""The default business date; override it with `@pytest.mark.today("2019-09-24")`."""

MakeApp = Callable[..., Flask]
ReadQr = Callable[[str, int], str]


_servers: list[postgresql.Server] = []
"""The PostgreSQL server that this process started: at most one; none in an xdist worker."""


# How long an example takes depends on the machine's other load.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the engine that the product's database is on",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "today(date): pin the business date of the application")
    in_memory.begin()
    thrift.begin()
    config.pluginmanager.register(left_out, "left_out")
    config.pluginmanager.register(log_watch, "log_watch")
    config.pluginmanager.register(together, "together")
    if config.getoption("--database") == "postgresql" and not postgresql.is_running():
        start_postgresql()


def start_postgresql() -> None:
    """Start the PostgreSQL server of this run; raises `pytest.UsageError` if it cannot start."""
    try:
        _servers.append(postgresql.Server())
    except postgresql.NoServer as error:
        raise pytest.UsageError(str(error)) from error
    # xdist workers start later and find the server through this variable.
    os.environ[postgresql.RUNNING] = str(_servers[0].folder)


def pytest_unconfigure() -> None:
    """Stop the server that this process started."""
    while _servers:
        os.environ.pop(postgresql.RUNNING, None)
        _servers.pop().stop()


def pytest_collection_finish() -> None:
    """Exclude everything imported up to now from garbage collection."""
    thrift.spare_what_is_here()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that all workers of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def templates(shared_folder: Path) -> Templates:
    """Migrated databases with demo data, one per business date."""
    folder = shared_folder / "databases"
    folder.mkdir(exist_ok=True)
    return Templates(folder)


@pytest.fixture
def today(request: pytest.FixtureRequest) -> date:
    """The pinned business date."""
    marker = request.node.get_closest_marker("today")
    return TODAY if marker is None else date.fromisoformat(marker.args[0])


@pytest.fixture
def make_app(tmp_path: Path, templates: Templates, today: date) -> Iterator[MakeApp]:
    """`make_app(FLEXAPP_…="…")` creates an application on this test's database."""
    made: list[Flask] = []
    templates.copy(today, tmp_path)

    def make(**more: str) -> Flask:
        app = thrift.share_templates(create_app(settings_for(tmp_path, today, **more)))
        app.test_client_class = LintingClient
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
    drop(tmp_path)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application with the demo's settings."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> LintingClient:
    """A test client without cookies."""
    made = app.test_client()
    assert isinstance(made, LintingClient)
    return made


@pytest.fixture
def another(app: Flask) -> Callable[[], LintingClient]:
    """`another()` creates a further client of the same application, with its own cookies."""

    def make() -> LintingClient:
        made = app.test_client()
        assert isinstance(made, LintingClient)
        return made

    return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The product's clock, frozen until a test advances it."""
    return Clock(monkeypatch)


@pytest.fixture
def at_the_desk(app: Flask) -> Callable[[str], LintingClient]:
    """`at_the_desk("jb01")`: a browser in which that clerk is signed in."""

    def make(user_name: str) -> LintingClient:
        client = app.test_client()
        assert isinstance(client, LintingClient)
        assert enter(client, user_name).path == "/counter"
        return client

    return make


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰's browser: insured since 2008, no assessments yet, signed in."""
    sign_in(client, MA_LAN.phone)
    return client


@pytest.fixture
def filled(make_app: MakeApp) -> Flask:
    """A site that wrote everything with the old key and now has a new one before it."""
    fill(make_app())
    return make_app(FLEXAPP_DATA_KEYS=BOTH)


@pytest.fixture
def read_qr() -> ReadQr:
    """`read_qr(path, modules)` is the text a decoder finds in the code that `path` draws."""
    return read_code


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application, with the test inside its context: what is asked may ask the database."""
    with app.app_context():
        yield app
