"""/metrics: for its bearer alone, true, and without a word about anybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from flexapp.config import load
from flexapp.people.external_services import GatewayDown
from flexapp.rules.limits import SMS_FOR
from flexapp.services import services_of
from flexapp.web import metrics
from flexapp.web.access import Access, allow
from tests.architecture.checkout import ROOT
from tests.conftest import MakeApp
from tests.support.addresses import from_address
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute
from tests.support.log_watch import FOUND, HEX
from tests.support.tax import answering, lost_answer, through, unreachable
from tests.support.walks import (
    DING,
    MA_LAN,
    assess,
    newcomer,
    proxy_for,
    real_name,
    request_code,
    sign_in,
    transmit,
    work,
)

TOKEN = "only-for-the-tests-of-the-metrics"
SAMPLE = re.compile(r" [0-9.eE+-]+$", re.MULTILINE)
"""The figure at the end of a line of metrics; a label stands in quotes before it."""

BEARER = {"Authorization": f"Bearer {TOKEN}"}

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The demo with somebody who reads its figures."""
    return make_app(FLEXAPP_METRICS_TOKEN=TOKEN)


def exposed(client: FlaskClient) -> str:
    """What Prometheus is given."""
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return answer.text


def figures(client: FlaskClient) -> Figures:
    """Every sample by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposed(client))
        for sample in family.samples
    }


def value(found: Figures, name: str, **labels: str) -> float:
    """One sample; 0 where nothing was counted yet."""
    return found.get((f"flexapp_{name}", frozenset(labels.items())), 0.0)


def grown(client: FlaskClient, before: Figures, name: str, **labels: str) -> float:
    """By how much a sample has grown: the processes of the tests count for many applications."""
    return value(figures(client), name, **labels) - value(before, name, **labels)


def test_without_a_token_set_there_is_no_such_page(make_app: MakeApp) -> None:
    assert make_app().test_client().get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer 一"])
def test_whoever_does_not_show_the_token_sees_nothing(client: LintingClient, shown: str) -> None:
    sign_in(client, MA_LAN.phone)  # being somebody does not help
    answer = client.get("/metrics", headers={"Authorization": shown.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert not answer.data


def test_requests_are_counted_and_timed_by_endpoint_method_and_class(
    client: LintingClient,
) -> None:
    before = figures(client)
    client.get("/verify")
    client.get("/verify")
    client.get("/no-such-page")
    home = {"endpoint": "assessment.verify", "method": "GET"}
    assert grown(client, before, "requests_total", **home, status="2xx") == 2
    assert grown(client, before, "request_seconds_count", **home) == 2
    assert grown(client, before, "request_seconds_bucket", **home, le="+Inf") == 2
    nowhere = {"endpoint": "none", "method": "GET", "status": "4xx"}
    assert grown(client, before, "requests_total", **nowhere) == 1


def test_a_fault_is_counted_as_one(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> str:
        raise RuntimeError

    before = figures(client)
    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(stumble))
    client.faults_expected = True
    client.get("/verify")
    labels = {"endpoint": "assessment.verify", "method": "GET", "status": "5xx"}
    assert grown(client, before, "requests_total", **labels) == 1


def test_refusals_are_counted_by_reason(client: LintingClient) -> None:
    before = figures(client)
    client.submit(client.page("/sign-in"), "获取验证码", 422, phone="12345")
    request_code(client, MA_LAN.phone)
    client.submit(client.page("/sign-in"), "登录", 422, code="")
    assert grown(client, before, "refusals_total", reason="phone_invalid") == 1
    client.post("/open/v1/launches", data=b"x", content_type="application/jose")
    assert grown(client, before, "refusals_total", reason="content_type") == 0
    client.post("/open/v1/launches", data=b"x", content_type="text/plain")
    assert grown(client, before, "refusals_total", reason="content_type") == 1


def test_codes_and_sign_ins_are_counted(
    app: Flask, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    before = figures(client)
    sign_in(client, MA_LAN.phone)
    assert grown(client, before, "sms_total", outcome="sent") == 1
    assert grown(client, before, "sign_ins_total", by="phone") == 1

    class Down:
        def send(self, phone: str, code: str) -> str | None:
            raise GatewayDown

    services_of(app).sms = Down()
    other = another()
    other.submit(other.page("/sign-in"), "获取验证码", 422, phone=newcomer().phone)
    assert grown(client, before, "sms_total", outcome="failed") == 1
    assert grown(client, before, "refusals_total", reason="sms_down") == 1


def test_a_code_that_was_sent_is_not_counted_as_refused(
    client: LintingClient, clock: Clock, another: Callable[[], LintingClient]
) -> None:
    for number in range(SMS_FOR.most):
        other = another()
        from_address(other, f"203.0.113.{number // 5}")
        request_code(other, MA_LAN.phone)
        clock.advance(minutes=2)
    before = figures(client)
    request_code(client, MA_LAN.phone)
    assert grown(client, before, "sms_total", outcome="sent") == 1
    assert grown(client, before, "limited_total", limit=SMS_FOR.name) == 0


def test_the_outbox_is_looked_up_when_asked(
    app: Flask, client: LintingClient, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    assert value(figures(client), "outbox_messages", status="waiting") == 0
    assert value(figures(client), "outbox_oldest_seconds") == 0
    transmit(client, assess(client, "2026-01", "2026-02"))
    clock.advance(seconds=90)
    found = figures(client)
    assert value(found, "outbox_messages", status="waiting") == 1
    assert value(found, "outbox_messages", status="parked") == 0
    assert 90 <= value(found, "outbox_oldest_seconds") < 100
    execute(app, "UPDATE outbox_message SET status = 'parked'")
    found = figures(client)
    assert value(found, "outbox_messages", status="parked") == 1
    assert value(found, "outbox_messages", status="waiting") == 0
    execute(app, "UPDATE outbox_message SET status = 'waiting'")
    work(app)
    found = figures(client)
    assert value(found, "outbox_messages", status="waiting") == 0
    assert value(found, "outbox_oldest_seconds") == 0


def test_calls_to_the_tax_bureau_are_counted_by_how_they_ended(
    app: Flask, client: LintingClient, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    transmit(client, assess(client, "2026-01", "2026-02"))
    before = figures(client)
    for handler, outcome, call in (
        (unreachable, "no_connection", "submit"),
        (lost_answer, "no_answer", "submit"),
        (lost_answer, "no_answer", "show"),
    ):
        clock.advance(minutes=10)
        work(app, through(handler))
        assert grown(client, before, "tax_calls_total", call=call, outcome=outcome) == 1
    assert value(figures(client), "tax_bureau_down") == 1
    clock.advance(minutes=10)
    work(app, through(answering(503, {})))
    # That it answers at all ends the waiting: asked a second time at once.
    assert grown(client, before, "tax_calls_total", call="show", outcome="cannot") == 2
    clock.advance(minutes=10)
    work(app)
    assert grown(client, before, "tax_calls_total", call="submit", outcome="answered") == 1
    assert grown(client, before, "tax_call_seconds_count", call="submit") == 3
    assert value(figures(client), "tax_bureau_down") == 0


def test_a_busy_database_is_counted(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> str:
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))

    before = figures(client)
    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(locked))
    assert client.get("/verify").status_code == 503
    assert grown(client, before, "database_busy_total") == 1


def test_no_label_is_anybodys_or_has_no_end(app: Flask, client: LintingClient) -> None:
    sign_in(client, newcomer().phone)
    real_name(client, newcomer())
    client.get(f"/{MA_LAN.identity}/{MA_LAN.phone}")
    client.get(f"/assessment/records/64010420261124000001?who={MA_LAN.phone}")
    client.open(f"/{MA_LAN.phone}", method=MA_LAN.phone)
    client.page("/")
    proxy_for(client, DING)
    text = exposed(client)
    # A sum of seconds has sixteen digits behind its point, and some of them look like a number.
    assert FOUND.search(SAMPLE.sub("", HEX.sub("", text))) is None
    labels = [dict(labels) for _, labels in figures(client)]
    assert {found["endpoint"] for found in labels if "endpoint" in found} <= {
        *app.view_functions,
        "none",
    }
    assert {found["method"] for found in labels if "method" in found} <= {*metrics.METHODS, "other"}
    assert "other" in {found.get("method") for found in labels}
    names = {name for found in labels for name in found}
    assert names <= {
        "by",
        "call",
        "directive",
        "disposition",
        "endpoint",
        "how",
        "le",
        "limit",
        "method",
        "outcome",
        "reason",
        "status",
        "system",
    }


COUNT = """
import os, sys
from flexapp.config import load
from flexapp.rules.limits import SMS_FOR
from flexapp.web import metrics
ours = {name: os.environ[name] for name in os.environ if name.startswith("FLEXAPP_")}
metrics.enable_multiprocess(load(ours))
metrics.refused("tried")
metrics.tax_called(call="submit", outcome="answered", seconds=0.2)
sys.stdout.write(metrics.exposition([])[0].decode())
"""


def counting_process(folder: Path) -> str:
    """A further process of the same service: counts once, and says what all have counted."""
    environ = {"FLEXAPP_METRICS_TOKEN": TOKEN, "FLEXAPP_METRICS_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_whichever_process_answers_it_tells_of_all(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    counting_process(folder)
    counting_process(folder)
    told = counting_process(folder)
    assert 'flexapp_refusals_total{reason="tried"} 3.0' in told
    assert 'flexapp_tax_call_seconds_bucket{call="submit",le="0.25"} 3.0' in told
    assert 'flexapp_tax_call_seconds_bucket{call="submit",le="0.1"} 0.0' in told


def test_a_new_start_forgets_those_that_are_gone_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    counting_process(folder)
    alive = folder / f"counter_{os.getpid()}.db"
    alive.touch()
    settings = load({"FLEXAPP_METRICS_DIR": str(folder)})
    assert len(list(folder.iterdir())) > 1
    metrics.cleanup_dead_workers(settings)
    assert list(folder.iterdir()) == [alive]


def good_bytes(folder: Path) -> bytes:
    """What a process that counted once leaves in its file of counters."""
    counting_process(folder)
    (file,) = folder.glob("counter_*.db")
    return file.read_bytes()


def broken(good: bytes) -> dict[str, bytes]:
    """Files that a killed process, a full disk or another program can leave behind."""
    used = int.from_bytes(good[:4], "little")
    return {
        "empty": b"",
        "one byte": b"\x01",
        "three bytes": good[:3],
        "cut in a length": good[:10],
        "cut in a name": good[:40],
        "cut in a value": good[: used - 5],
        "zeros where names should be": good[:8] + bytes(used),
        "a length beyond the end": (2**31 - 1).to_bytes(4, "little") + good[4:],
        "a negative length": b"\xff\xff\xff\xff" + good[4:],
        "text": "这不是计数".encode() * 100,
        "random": bytes(range(256)) * 40,
        "no JSON": good.replace(b"[", b"(", 1),
        "a list that is no name": good.replace(b"{", b"[", 1).replace(b"}", b"]", 1),
    }


@pytest.mark.parametrize("what", broken(bytes(200)))
@pytest.mark.parametrize("name", ["counter_1.db", "histogram_1.db", "gauge_livesum_1.db"])
def test_a_broken_leftover_is_left_out_and_what_others_counted_is_told(
    tmp_path: Path, what: str, name: str
) -> None:
    folder = tmp_path / "metrics"
    (folder / name).parent.mkdir()
    content = broken(good_bytes(folder))[what]
    (folder / name).write_bytes(content)
    assert 'flexapp_refusals_total{reason="tried"} 2.0' in counting_process(folder)


def test_what_else_lies_in_the_folder_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    for name in ("notes.txt", "counter.db", "counter_x.db", "counter_².db", "gauge_1.db", ".db"):
        (folder / name).write_bytes(b"\x01")
    (folder / "counter_1.db").mkdir()
    os.mkfifo(folder / "counter_2.db")  # who opens it to read waits for a writer
    (folder / "counter_3.db").symlink_to(folder / "gone")
    assert 'flexapp_refusals_total{reason="tried"} 1.0' in counting_process(folder)
    metrics.cleanup_dead_workers(load({"FLEXAPP_METRICS_DIR": str(folder)}))
    assert (folder / "notes.txt").exists()


NAMESAKE = """
import os, pathlib
for kind in ("counter", "histogram"):
    pathlib.Path(sys.argv[1], f"{kind}_{os.getpid()}.db").write_bytes(CONTENT)
"""


@pytest.mark.parametrize("content", [b"", b"\x01", b"\xff" * 5000, bytes(4)])
def test_a_process_counts_though_a_broken_file_lies_under_its_own_number(
    tmp_path: Path, content: bytes
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    before = f"import sys\nCONTENT = {content!r}{NAMESAKE}"
    done = subprocess.run(
        [sys.executable, "-c", before + COUNT, str(folder)],
        cwd=ROOT,
        env=os.environ | {"FLEXAPP_METRICS_TOKEN": TOKEN, "FLEXAPP_METRICS_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'flexapp_refusals_total{reason="tried"} 1.0' in done.stdout
    assert "flexapp_tax_call_seconds_count" in done.stdout


def test_a_number_that_no_process_can_have_does_not_stop_the_start(tmp_path: Path) -> None:
    for number in ("0000000001", "4294967295", "9999999999", "99999999999999999999"):
        (tmp_path / f"counter_{number}.db").touch()
    metrics.cleanup_dead_workers(load({"FLEXAPP_METRICS_DIR": str(tmp_path)}))
    assert not (tmp_path / "counter_4294967295.db").exists()


def test_the_page_answers_with_a_leftover_in_the_folder(
    app: Flask, client: LintingClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (("counter_1.db", b""), ("histogram_1.db", b"\x01")):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    assert "flexapp_outbox_messages" in exposed(client)
