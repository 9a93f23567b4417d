"""The example programs that vendors copy, run as they are downloaded, against a running site."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey

from tests.journeys.site import Site, make_template
from tests.support.vendor import channels

CHANNEL, KID, KEY = "abc", "2026-a", "private.pem"
TODAY = "2026-11-24"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on a port of this machine."""
    folder = tmp_path_factory.mktemp("examples")
    running = Site(folder, make_template(folder, TODAY), TODAY)
    yield running
    running.close()


@pytest.fixture(scope="module")
def folder(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vendor's folder with its private key, whose public part the site knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    channels(site.app, "add-key", CHANNEL, "-", "--kid", KID, text=public.decode())
    made = tmp_path_factory.mktemp("vendor")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (made / KEY).write_bytes(private)
    return made


@pytest.fixture
def run(site: Site, folder: Path) -> Run:
    """`run("launch.py", "python3")`: download a program, run it with these words before it."""

    def go(
        name: str, *command: str, kid: str = KID, key: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        if key is not None:
            (folder / "private.jwk.json").write_text(key)
        with urlopen(f"{site.url}/open/examples/{name}") as answer:
            (folder / name).write_bytes(answer.read())
        environ = {k: v for k, v in os.environ.items() if k.lower() not in PROXIES}
        environ.pop("SERVICE", None)
        return subprocess.run(
            [*command, name, CHANNEL, kid, KEY if key is None else "private.jwk.json"],
            cwd=folder,
            env=environ,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return go


def needed(*programs: str) -> None:
    """Go on only where these programs are.

    `make test` needs nothing but Python and make on a newcomer's machine, so there it is said that
    this was not run; where CI runs, that would hide a broken example.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    sentence = f"NOT RUN: the example needs {' and '.join(missing)}, which this machine lacks."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def opens(site: Site, link: str) -> bool:
    """Whether a link leads to the page that asks whether one is 马兰."""
    assert link.startswith(f"{site.url}/launch/"), link
    with urlopen(link) as answer:
        return "您正以 马* 办理 · 来自 农业银行" in answer.read().decode()


@pytest.mark.parametrize("name", ["launch.py", "launch_cryptography.py"])
def test_python(site: Site, run: Run, name: str) -> None:
    done = run(name, sys.executable)
    assert done.returncode == 0, done.stderr
    assert opens(site, done.stdout.strip())


def test_java_without_any_library(site: Site, run: Run) -> None:
    needed("java")
    done = run("Launch.java", "java", "-Xshare:auto", "-XX:TieredStopAtLevel=1")
    assert done.returncode == 0, done.stderr
    assert opens(site, json.loads(done.stdout)["launch_url"])


def test_bash_with_openssl_and_curl(site: Site, run: Run) -> None:
    needed("bash", "openssl", "curl")
    done = run("launch.sh", "bash")
    assert done.returncode == 0, done.stdout + done.stderr
    assert opens(site, json.loads(done.stdout)["launch_url"])


@pytest.mark.parametrize(("r", "s"), [(2**255 + 1, 2**255 - 1), (5, 2**247), (2**244 + 3, 1)])
def test_bash_makes_64_bytes_of_every_signature(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, r: int, s: int
) -> None:
    """One in some 64 begins with a zero byte, which DER leaves out; large ones get one more."""
    needed("bash", "openssl", "curl")
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    own = {
        "curl": 'while [ "$1" != --data-binary ]; do shift; done; printf %s "$2"',
        "openssl": f'if [ "$1" = dgst ]; then cat "{tmp_path}/signature"; '
        f'else exec {shutil.which("openssl")} "$@"; fi',
    }
    for name, script in own.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    done = run("launch.sh", "bash")
    signature = done.stdout.strip().split(".")[2]
    raw = base64.urlsafe_b64decode(signature + "==")
    assert raw == r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_a_private_key_from_the_sandbox_page_will_do(site: Site, folder: Path, run: Run) -> None:
    private = ECKey.import_key((folder / KEY).read_bytes()).as_dict(private=True)
    done = run("launch.py", sys.executable, key=json.dumps(private, indent=2))
    assert done.returncode == 0, done.stderr
    assert opens(site, done.stdout.strip())


@pytest.mark.parametrize("name", ["launch.py", "launch_cryptography.py"])
def test_a_refusal_is_shown_with_its_reason(run: Run, name: str) -> None:
    done = run(name, sys.executable, kid="unheard-of")
    assert done.returncode == 1
    assert "401" in done.stderr
    assert "unknown_key" in done.stderr
