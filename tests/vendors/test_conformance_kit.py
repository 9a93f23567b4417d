"""The conformance kit passes a right signer, and says what is wrong with a wrong one."""

from __future__ import annotations

import ast
import io
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from joserfc.jwk import ECKey

from flexapp.rules.limits import LAUNCHES_FALSE
from flexapp.vendors import conformance
from flexapp.vendors.conformance import program, reading
from flexapp.vendors.conformance.cases import CASES
from flexapp.vendors.conformance.messages import Stopped, fetch
from flexapp.vendors.kit_views import archive
from tests.journeys.site import Site, make_template
from tests.support.client import LintingClient
from tests.support.database import stored
from tests.support.vendor import LAUNCHES, Vendor, channels
from tests.vendors import signer

ALL = [case.id for case in CASES]
NEEDS_PUBLIC_KEY = "hs256"


@dataclass(frozen=True)
class Bank:
    """A vendor of a running site, with its key in files."""

    site: Site
    private: Path
    public: Path

    def arguments(self, *more: str) -> list[str]:
        """What every call of the kit says."""
        return ["--launch-url", self.site.url + LAUNCHES, "--channel", "abc", *more]

    def program(self, how: str) -> str:
        """The command that signs so."""
        words = [sys.executable, "-m", "tests.vendors.signer", str(self.private), how]
        return shlex.join(words)


Report = dict[str, dict[str, Any]]
Check = Callable[..., tuple[int, Report]]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """农业银行, of a site with the demo's people."""
    folder = tmp_path_factory.mktemp("conformance")
    site = Site(folder, make_template(folder, "2026-11-24"), "2026-11-24")
    vendor = Vendor(site.app).register()
    private, public = folder / "private.jwk", folder / "public.jwk"
    private.write_text(json.dumps(vendor.key.as_dict(private=True)))
    public.write_text(json.dumps(vendor.key.as_dict(private=False)))
    yield Bank(site, private, public)
    site.close()


@pytest.fixture(autouse=True)
def many_checks_from_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests send more in a minute than a vendor does."""
    limit = replace(LAUNCHES_FALSE, most=10_000)
    monkeypatch.setattr("flexapp.channels.launch.LAUNCHES_FALSE", limit)


@pytest.fixture
def check(bank: Bank, capsys: pytest.CaptureFixture[str]) -> Check:
    """`check("--key", …)`: exit code and the cases by their id."""

    def run(*more: str) -> tuple[int, Report]:
        code = program.main([*bank.arguments(*more), "--json"])
        report = json.loads(capsys.readouterr().out)
        assert report["passed"] == (code == 0)
        assert [case["id"] for case in report["cases"]] == ALL
        return code, {case["id"]: case for case in report["cases"]}

    return run


def _of(report: Report, result: str) -> list[str]:
    return [name for name, case in report.items() if case["result"] == result]


def test_a_key_that_is_right_passes_every_case(bank: Bank, check: Check) -> None:
    code, report = check("--key", str(bank.private))
    assert code == 0
    assert _of(report, "passed") == ALL
    assert [case["advice"] for case in report.values()] == [[]] * len(ALL)


def test_a_program_that_signs_what_it_is_given_passes_every_case(bank: Bank, check: Check) -> None:
    code, report = check("--signer", bank.program("right"), "--public-key", str(bank.public))
    assert (code, _of(report, "passed")) == (0, ALL)


def test_without_the_public_key_one_case_says_that_it_was_not_tried(
    bank: Bank, check: Check
) -> None:
    code, report = check("--signer", bank.program("right"))
    assert (code, _of(report, "not_tried")) == (0, [NEEDS_PUBLIC_KEY])
    assert "--public-key" in report[NEEDS_PUBLIC_KEY]["advice"][0]


def test_nobody_is_signed_in_by_a_check(bank: Bank, check: Check) -> None:
    before = stored(bank.site.app)
    check("--key", str(bank.private))
    after = stored(bank.site.app)
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"launch", "seen_message"}


def test_a_program_that_refuses_to_sign_what_is_wrong_is_right(bank: Bank, check: Check) -> None:
    code, report = check("--signer", bank.program("cautious"))
    assert code == 0
    refused = ["expired", "future", "too_long", "ends_first", "audience", "missing"]
    assert _of(report, "not_tried") == sorted([*refused, NEEDS_PUBLIC_KEY], key=ALL.index)
    assert all("这样很好" in report[name]["advice"][0] for name in refused)
    assert "iat or exp is wrong" in report["expired"]["advice"][0]


def test_a_program_that_fills_in_its_own_times_is_right_too(bank: Bank, check: Check) -> None:
    code, report = check("--signer", bank.program("of its own"))
    assert code == 0
    own = ["expired", "future", "too_long", "ends_first", "audience"]
    assert _of(report, "not_tried") == sorted([*own, NEEDS_PUBLIC_KEY], key=ALL.index)
    assert "自己填写 iat、exp" in report["expired"]["advice"][0]


WRONG = {
    # How it signs: the first case that fails, the reason answered, what the kit says to change.
    "DER": ("valid", "bad_signature", "DER"),
    "one jti": ("again", "replayed", "每条消息都要用新的随机数"),
    "wrong kid": ("valid", "unknown_key", "kid 是 another"),
    "wrong key": ("valid", "bad_signature", "签名和公钥不符"),
    "milliseconds": ("valid", "malformed", "exp 是毫秒"),
    "padded": ("valid", "bad_signature", "不带 ="),
    "no phone": ("valid", "invalid_claims", "phone 和给签名程序的不一样"),
    "refuses": ("valid", "", "拒绝签这条正确的消息"),
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_wrong_with_a_signer_is_found_and_explained(
    bank: Bank, check: Check, how: str
) -> None:
    first, reason, sentence = WRONG[how]
    code, report = check("--signer", bank.program(how), "--public-key", str(bank.public))
    assert code == 1
    failed = _of(report, "failed")
    assert failed[0] == first
    assert reason in report[first]["got"]
    assert [text for text in report[first]["advice"] if sentence in text]
    if first == "valid":
        # Nothing more can be learnt, and nobody is told a second fault that is the first.
        assert failed == ["valid"]
        assert set(_of(report, "not_tried")) == set(ALL) - {"valid"}


def test_every_way_to_sign_wrongly_is_looked_for() -> None:
    assert set(signer.HOW) - {"right", "cautious", "of its own"} == set(WRONG)


class _SigningServer(BaseHTTPRequestHandler):
    """A vendor's server that signs, and that signs nothing without a phone number."""

    key: ECKey

    def do_POST(self) -> None:
        claims = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fit = "phone" in claims
        body = signer.signed(self.key, claims).encode() if fit else b"no phone"
        self.send_response(200 if fit else 422)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_server_signs_as_well_as_a_program(bank: Bank, check: Check) -> None:
    key = ECKey.import_key(json.loads(bank.private.read_text()))
    handler = type("Handler", (_SigningServer,), {"key": key})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        code, report = check("--signer-url", f"http://127.0.0.1:{server.server_port}/sign")
        server.shutdown()
    assert (code, _of(report, "not_tried")) == (0, [NEEDS_PUBLIC_KEY, "missing"])
    assert "422" in report["missing"]["advice"][0]


def test_a_person_whom_nobody_agreed_on_is_the_advice_where_we_do_not_confirm_it(
    bank: Bank, check: Check
) -> None:
    code, report = check("--key", str(bank.private), "--name", "马蓝")
    assert code == 1
    assert "not_confirmed" in report["valid"]["got"]
    assert "测试人员" in report["valid"]["advice"][0]


def test_a_site_that_takes_what_it_should_not_is_told_from_a_wrong_signer(
    bank: Bank, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.channels.launch.is_first", lambda _: True)
    code, report = check("--key", str(bank.private))
    assert (code, _of(report, "failed")) == (1, ["replayed"])
    assert "请把这份结果发给我们" in report["replayed"]["advice"][0]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://h5.example/launch/640104198503120021-and-more", "个人信息"),
        ("https://h5.example/launch/short", "launch_url"),
        ("https://h5.example/?launch=abcdefghijklmnopqrstuvwxyz", "launch_url"),
        ("", "launch_url"),
    ],
)
def test_a_link_that_is_not_as_it_should_be_is_found(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: str) -> None:
        raise Stopped("nobody is there")

    monkeypatch.setattr(reading, "fetch", nobody)
    given = {"launch_url": url, "expires_at": "2026-11-24T00:00:00+00:00"}
    assert sentence in reading.link_faults(given, {"id_number": "640104198503120021"})[0]


def test_people_read_the_same_in_sentences(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(bank.arguments("--key", str(bank.private))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("【通过】valid：正确的消息。")
    assert lines[1] == "    应该答复：201；实际：201"
    assert lines[-1] == f"共 {len(ALL)} 项：{len(ALL)} 项通过，0 项不通过，0 项没有试。"


def test_a_site_that_cannot_be_reached_is_one_sentence(
    bank: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = ["--launch-url", "http://127.0.0.1:1" + LAUNCHES, "--channel", "abc"]
    for more in ([], ["--json"]):
        assert program.main([*nowhere, "--key", str(bank.private), *more]) == 1
        told = capsys.readouterr().out
        assert told.count("\n") == 1
        assert "连不上 http://127.0.0.1:1" in told


def test_a_program_that_does_not_run_is_one_sentence(
    bank: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(bank.arguments("--signer", "/no/such/signer")) == 1
    assert "签名程序运行不了" in capsys.readouterr().out


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--key", "/no/such/file"],
        ["--signer", "x", "--signer-url", "http://127.0.0.1"],
        ["--signer-url", "file:///etc/hosts"],
    ],
)
def test_misuse_is_said_and_nothing_is_tried(
    bank: Bank, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(bank.arguments(*more))
    assert ended.value.code == 2
    assert "usage: check_launch" in capsys.readouterr().err


def test_a_public_key_alone_does_not_sign(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(bank.arguments("--key", str(bank.public)))
    assert "私钥" in capsys.readouterr().err


def test_flask_channels_check_is_the_same_program(bank: Bank) -> None:
    told = channels(bank.site.app, "check", *bank.arguments("--key", str(bank.private)))
    assert f"{len(ALL)} 项通过" in told
    assert "--signer-url" in channels(bank.site.app, "check", "--help")
    wrong = bank.arguments("--signer", bank.program("DER"))
    assert "DER" in channels(bank.site.app, "check", *wrong, status=1)


def test_the_download_runs_by_itself_far_from_our_code(
    bank: Bank, client: LintingClient, tmp_path: Path
) -> None:
    answer = client.get("/open/check_launch.pyz")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="check_launch.pyz"'
    (tmp_path / "check_launch.pyz").write_bytes(answer.data)
    done = subprocess.run(
        [sys.executable, "-I", "check_launch.pyz", *bank.arguments("--key", str(bank.private))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(ALL)} 项通过" in done.stdout


def test_the_download_imports_nothing_of_ours_and_parses_as_python_3_9() -> None:
    with ZipFile(io.BytesIO(archive())) as files:
        texts = {name: files.read(name).decode() for name in files.namelist()}
    assert "__main__.py" in texts
    assert len(texts) == 1 + len(list(Path(conformance.__file__).parent.glob("*.py")))
    needed = set()
    for text in texts.values():
        tree = ast.parse(text, feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                needed |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                needed.add((node.module or "").split(".")[0])
    assert needed - set(sys.stdlib_module_names) == {"cryptography", "httpx"}


def test_an_address_that_is_none_is_no_traceback() -> None:
    with pytest.raises(Stopped):
        fetch("GET", "http://[")
