"""`python -m flexapp.taxbureau`: starts, says what is wrong, tells, and survives being killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from flexapp.taxbureau.signatures import demo_keys
from tests.taxbureau.conftest import CONTENT, SERIAL
from tests.taxbureau.product import OTHER_KEY, PRODUCT_KEY, Product, key_set, product_claims

COMMAND = [sys.executable, "-m", "flexapp.taxbureau"]
PROJECT = Path(__file__).parents[2]
PATH, BODY = f"/v1/assessments/{SERIAL}", json.dumps(CONTENT).encode()


class Caller:
    """The product, calling a real process."""

    def __init__(self, client: httpx.Client, key: ECKey = PRODUCT_KEY) -> None:
        self.client = client
        self.key = key

    def call(
        self, method: str, path: str, body: bytes = b"", timeout: float = 10
    ) -> httpx.Response:
        claims = product_claims(datetime.now(UTC), body=body, htm=method, htu=path)
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)
        headers = {"Content-Type": "application/json", "Message-Signature": token}
        return self.client.request(method, path, content=body, headers=headers, timeout=timeout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(database: Path, folder: Path, *arguments: str) -> Iterator[Caller]:
    """The stand-in on a free port, trusting the tests' product; killed hard, with its workers."""
    trusted = folder / "trusted.json"
    trusted.write_text(key_set(PRODUCT_KEY))
    port = free_port()
    process = subprocess.Popen(
        [
            *(*COMMAND, "--database", str(database), "--port", str(port)),
            *("--trust", str(trusted), *arguments),
        ],
        cwd=PROJECT,
        start_new_session=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _wait(client, process)
            yield Caller(client)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "the stand-in ended instead of starting"
        try:
            client.get("/v1/assessments")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the stand-in does not answer")


@contextmanager
def listening(product: Product, port: int) -> Iterator[None]:
    """The pretended product on a real port."""

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = httpx.Request(
            environ["REQUEST_METHOD"],
            f"http://product.test{environ['PATH_INFO']}",
            content=environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])),
            headers={
                "Content-Type": environ["CONTENT_TYPE"],
                "Message-Signature": environ["HTTP_MESSAGE_SIGNATURE"],
            },
        )
        answer = product.handle(request)
        headers = [(name, answer.headers[name]) for name in answer.headers]
        start(f"{answer.status_code} {answer.reason_phrase}", headers)
        return [answer.content]

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = make_server("127.0.0.1", port, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def heard_within(product: Product, count: int, seconds: float = 20) -> list[str]:
    """The events that it noted, once there are that many."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and len(product.heard) < count:
        time.sleep(0.05)
    return [each["event"] for each in product.heard]


def shown_within(caller: Caller, words: str, seconds: float = 20) -> None:
    """Wait until the clerk's page of the record says so."""
    until = time.monotonic() + seconds
    while words not in caller.client.get(f"/assessments/{SERIAL}").text:
        assert time.monotonic() < until, f"the page never said {words}"
        time.sleep(0.05)


def refused(*arguments: str) -> str:
    """What it says on stderr when it does not start."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_serves_pages_and_api_and_keeps_everything_when_it_is_killed(
    database: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(database, tmp_path) as caller:
        assert caller.call("PUT", PATH, BODY).status_code == 201
        assert SERIAL in caller.client.get("/").text
        assert Caller(caller.client, OTHER_KEY).call("GET", PATH).status_code == 401
    assert "warning: using demo keys" in capfd.readouterr().err
    keys = tmp_path / "keys.json"
    keys.write_text(key_set(OTHER_KEY, private=True))
    with running(database, tmp_path, "--machine-only", "--keys", str(keys)) as caller:
        answer = caller.call("PUT", PATH, BODY)
        assert answer.status_code == 200
        jwt.decode(answer.headers["Message-Signature"], OTHER_KEY, algorithms=["ES256"])
        assert caller.client.get("/").status_code == 404
    assert "warning" not in capfd.readouterr().err


def test_it_tells_the_product_on_a_real_port_and_again_after_both_were_away(
    database: Path, tmp_path: Path
) -> None:
    product, port = Product(lambda: datetime.now(UTC)), free_port()
    telling = ("--events-url", f"http://127.0.0.1:{port}")
    with running(database, tmp_path, *telling) as caller:
        # Nobody listens yet: it is said that it could not be told, and tried again.
        assert caller.call("PUT", PATH, BODY).status_code == 201
        shown_within(caller, "尚未告知社保：连不上社保，已试 ")
        with listening(product, port):
            assert heard_within(product, 1) == ["received"]
            shown_within(caller, "），社保已照办")
    with running(database, tmp_path, *telling) as caller, listening(product, port):
        body = json.dumps({"request_id": "ask-1", "reason": "错了"}).encode()
        assert caller.call("POST", f"{PATH}/revocation-requests", body).status_code == 202
        other = {**CONTENT, "serial": "64010420190924000002"}
        path = f"/v1/assessments/{other['serial']}"
        assert caller.call("PUT", path, json.dumps(other).encode()).status_code == 201
        # What was told before the kill is not told again.
        assert heard_within(product, 2) == ["received", "received"]
        assert product.heard[1]["serial"] == other["serial"]
    assert product.unbelieved == 0


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "８１００"])
def test_a_wrong_port_is_named(database: Path, port: str) -> None:
    said = refused("--database", str(database), f"--port={port}")
    assert "is not a port; use 1 to 65535" in said


def test_a_missing_database_is_named() -> None:
    assert "--database" in refused()


def test_a_database_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert f"cannot use {tmp_path}" in refused("--database", str(tmp_path))


@pytest.mark.parametrize("option", ["--keys", "--trust"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot read"),
        (b"\xff", "it is not text in UTF-8"),
        (b"{}", "must be a JWK set in JSON"),
        (b'{"keys": []}', "hold no key"),
    ],
)
def test_a_file_of_keys_that_cannot_be_used_is_named(
    database: Path, tmp_path: Path, option: str, text: bytes | None, sentence: str
) -> None:
    file = tmp_path / "keys.json"
    if text is not None:
        file.write_bytes(text)
    assert sentence in refused("--database", str(database), option, str(file))


def test_a_private_key_to_trust_is_named(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(demo_keys())
    said = refused("--database", str(database), "--trust", str(file))
    assert "has a private part" in said


@pytest.mark.parametrize("url", ["", "product", "ftp://product", "http://", "http://a/?b=1", "//a"])
def test_a_wrong_address_of_the_product_is_named(database: Path, url: str) -> None:
    said = refused("--database", str(database), "--events-url", url)
    assert "is not a base URL" in said


def test_a_port_that_is_taken_is_named(database: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        said = refused("--database", str(database), "--port", port)
    assert f"cannot listen on 127.0.0.1 port {port}" in said
