"""What is logged: one line for a request, its id wherever it went, and nobody's data anywhere."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask

from flexapp.web import request_ids
from flexapp.web.access import Access, allow
from flexapp.web.logs import FIELDS, MASK, JsonLines, TextLines
from flexapp.web.request_ids import HEADER
from tests.architecture.checkout import ROOT
from tests.conftest import MakeApp
from tests.support.client import HTMX, LintingClient
from tests.support.database import rows
from tests.support.html import Page
from tests.support.staff import give_password
from tests.support.tax import receipt, through
from tests.support.walks import MA_LAN, assess, newcomer, request_code, sign_in, transmit, work

GIVEN = "0123456789abcdef0123456789abcdef"
MADE = re.compile(r"[0-9a-f]{32}")


class Lines(logging.Handler):
    """What would be written, line by line."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(self.format(record))

    @property
    def objects(self) -> list[dict[str, object]]:
        """The lines as JSON; each must be one."""
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the product logs as JSON during a test."""
    handler, logger = Lines(JsonLines()), logging.getLogger("flexapp")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def alone(formatter: logging.Formatter) -> tuple[logging.Logger, Lines]:
    """A logger that nobody but its one handler hears, so that it may be told anything."""
    logger = logging.Logger("alone")
    handler = Lines(formatter)
    logger.addHandler(handler)
    return logger, handler


# One line for each request.


def test_a_request_is_one_line_without_its_address(client: LintingClient, lines: Lines) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    lines.lines.clear()
    answer = client.get(f"/assessment/records/{serial}?from=somewhere")
    (line,) = lines.objects
    assert line.pop("ms")
    assert str(line.pop("time")).endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "flexapp.requests",
        "request_id": answer.headers[HEADER],
        "message": "request",
        "endpoint": "assessment.detail",
        "method": "GET",
        "status": 200,
        "refused": "",
        "channel": "phone",
    }
    assert serial not in lines.lines[0]


def test_the_line_of_a_refused_request_says_why(
    client: LintingClient, another: Callable[[], LintingClient], lines: Lines
) -> None:
    page, code = request_code(client, MA_LAN.phone)
    client.submit(page, "登录", 422, code=f"{(int(code) + 1) % 1_000_000:06d}")
    assert [line["refused"] for line in lines.objects][-1] == "code_wrong"
    client.get("/")
    assert [line["refused"] for line in lines.objects][-1] == ""
    give_password(another(), "nobody", "wrong", 422)
    assert [line["refused"] for line in lines.objects][-1] == "sign_in_wrong"


def test_no_text_makes_a_line_of_its_own() -> None:
    logger, lines = alone(JsonLines())
    forged = '{"level": "INFO", "message": "all is well"}'
    logger.warning("said: %s", f"x\n{forged}\r\n\u2028{forged}", extra={FIELDS: {"field": "a\nb"}})
    (line,) = lines.lines
    assert len(line.splitlines()) == 1
    assert json.loads(line)["field"] == "a\nb"


def test_what_asks_whether_we_are_well_is_no_news(client: LintingClient, lines: Lines) -> None:
    client.get("/healthz")
    client.get("/readyz")
    assert [line["level"] for line in lines.objects] == ["DEBUG", "DEBUG"]


def test_a_fault_has_its_traceback_and_its_request(
    app: Flask, client: LintingClient, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> str:
        raise RuntimeError("broken")

    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(stumble))
    client.faults_expected = True
    answer = client.get("/verify")
    fault, request = lines.objects
    assert "RuntimeError: broken" in str(fault["fault"])
    assert fault["request_id"] == request["request_id"] == answer.headers[HEADER]
    assert request["status"] == 500


def test_a_line_to_be_read_says_the_same() -> None:
    logger, handler = alone(TextLines())
    with request_ids.carrying(GIVEN):
        logger.info("request", extra={"fields": {"endpoint": "portal.home", "status": 200}})
    assert re.fullmatch(
        r"\S+ INFO alone 01234567 request endpoint=portal\.home status=200", handler.lines[0]
    )


# Request ids.


def test_every_answer_carries_an_id_of_its_own(client: LintingClient) -> None:
    found = [client.get(path).headers[HEADER] for path in ("/", "/", "/nowhere", "/readyz")]
    assert len(set(found)) == 4
    assert all(MADE.fullmatch(each) for each in found)
    assert request_ids.current() == ""


@pytest.mark.parametrize("given", [GIVEN, "01234567-89ab-4def-8123-456789abcdef"])
def test_our_own_proxys_id_is_taken_over(client: LintingClient, given: str) -> None:
    assert client.get("/", headers={HEADER: given}).headers[HEADER] == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x" * 32,
        GIVEN.upper(),
        GIVEN + "0",
        MA_LAN.identity,
        MA_LAN.phone,
        GIVEN[:-1] + "\t",
        "0123456789abcdef0123456789abcdef, 0",
    ],
)
def test_one_that_is_not_well_formed_is_not(client: LintingClient, given: str) -> None:
    assert client.get("/", headers={HEADER: given}).headers[HEADER] != given.strip()


@pytest.mark.parametrize(
    ("address", "taken"),
    [("203.0.113.9", False), ("10.1.2.3", True), ("127.0.0.1", False), ("", False), ("x", False)],
)
def test_only_the_proxies_of_the_settings_are_believed(
    make_app: MakeApp, address: str, taken: bool
) -> None:
    client = make_app(FLEXAPP_TRUSTED_PROXIES="10.1.0.0/16, ::1").test_client()
    answer = client.get("/", headers={HEADER: GIVEN}, environ_base={"REMOTE_ADDR": address})
    assert (answer.headers[HEADER] == GIVEN) is taken


def test_the_page_of_a_fault_has_a_number_to_read_out(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> str:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(stumble))
    client.faults_expected = True
    page = Page(client.get("/verify", headers={HEADER: GIVEN}))
    assert "编号 0123-4567" in page.words
    fragment = client.get("/verify", headers={HEADER: GIVEN} | HTMX)
    assert "编号 0123-4567" in fragment.text
    assert "编号" not in client.page("/nowhere", 404).words


def test_the_request_goes_along_to_the_tax_bureau(
    app: Flask, client: LintingClient, lines: Lines
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    form, pressed = client.page(f"/assessment/records/{serial}").form("传输")
    address = pressed.get("formaction") or form.action
    client.post(address, data=form.fields, headers={HEADER: GIVEN})
    assert rows(app, "SELECT request_id FROM outbox_message") == [(GIVEN,)]
    told = []

    def listening(request: httpx.Request) -> httpx.Response:
        told.append(request.headers[HEADER])
        return receipt(request)

    work(app, through(listening))
    assert told == [GIVEN]
    assert request_ids.current() == ""


def test_what_becomes_of_a_message_is_logged_under_the_request_that_wanted_it(
    app: Flask, client: LintingClient, lines: Lines
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    transmit(client, serial)
    lines.lines.clear()

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer", request=request)

    work(app, through(silent))
    ((wanted,),) = rows(app, "SELECT request_id FROM outbox_message")
    told = [line for line in lines.objects if serial in str(line["message"])]
    assert [line["request_id"] for line in told] == [wanted]


# Nobody's data.

NUMBERS = [
    MA_LAN.identity,
    "64032419920229002X",
    "64032419920229002x",
    "640104850312002",
    MA_LAN.phone,
    f"+86{MA_LAN.phone}",
    f"0086{MA_LAN.phone}",
]


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()], ids=["json", "text"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_could_be_a_persons_is_never_written(
    formatter: logging.Formatter, number: str
) -> None:
    logger, handler = alone(formatter)
    logger.info("who: %s", number)
    logger.info("who=%r", {"id": number})
    logger.info("who", extra={"fields": {"endpoint": f"/me/{number}"}})
    try:
        raise ValueError(f"cannot use {number}")
    except ValueError:
        logger.exception("stumbled")
    assert len(handler.lines) == 4
    assert all(MASK in line and number.lstrip("+") not in line for line in handler.lines)


@pytest.mark.parametrize(
    "text",
    ["64010420261124000001", "12345678901", "2026-11-24 09:15:02", "x-1", "37236.00", "1764000000"],
)
def test_serials_amounts_and_times_stay_as_they_are(text: str) -> None:
    logger, handler = alone(TextLines())
    logger.info("about %s", text)
    assert handler.lines[0].endswith(f"about {text}")


def watched_run(tmp_path: Path, *statements: str) -> subprocess.CompletedProcess[str]:
    """A run of a quiet test and one for each of these, watched as the whole suite is."""
    file = tmp_path / "test_sample.py"
    talks = "".join(
        f"\n\ndef test_talks_{number}():\n    log = logging.getLogger('some.package')\n    {each}\n"
        for number, each in enumerate(statements)
    )
    file.write_text(
        "import logging\n\n\ndef test_quiet():\n    logging.getLogger('a').info('fine')\n" + talks
    )
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(tmp_path)]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [*command, "-p", "tests.support.log_watch", "-p", "no:cacheprovider", str(file)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


LEAKS = {
    "a number": f"log.info('id %s', '{newcomer().identity}')",
    "a phone": f"log.warning('sent to {newcomer(7).phone}')",
    "a name": f"log.info('hello {MA_LAN.name}')",
    "a field": f"log.info('', extra={{'fields': '{MA_LAN.phone}'}})",
    "a traceback": f"log.info('', exc_info=ValueError('{MA_LAN.name}'))",
}


def test_a_run_in_which_nobody_is_named_passes(tmp_path: Path) -> None:
    done = watched_run(tmp_path, "log.info('request %s of 64010420261124000001', 'a' * 32)")
    assert done.returncode == 0, done.stdout


def test_every_test_that_lets_personal_data_be_logged_fails_by_name(tmp_path: Path) -> None:
    done = watched_run(tmp_path, *LEAKS.values())
    assert done.returncode == 1, done.stdout
    told = re.findall(r"test_sample\.py::(\w+) let personal data be logged", done.stdout)
    names = [f"test_talks_{number}" for number in range(len(LEAKS))]
    assert sorted(set(told)) == names, dict(zip(names, LEAKS, strict=True))
    assert done.stdout.count("some.package") >= len(LEAKS)
