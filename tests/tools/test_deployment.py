"""What is in `deploy/` fits the product: its commands and settings exist, nginx takes its files."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from click import Context, Group
from flask import Flask

from flexapp.config import KNOWN
from tests.architecture.checkout import ROOT
from tools.cluster import nginx

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def commands_of(unit: Path) -> Iterator[list[str]]:
    """The commands of ours that a unit calls, behind `flask --app app`."""
    text = unit.read_text().replace("\\\n", " ")
    for words in re.findall(r"flask --app app ([a-z- ]+[a-z])", text):
        yield shlex.split(words)


def assert_known(app: Flask, words: list[str]) -> None:
    """That `flask …` is a command of the product."""
    found, context = app.cli, Context(app.cli)
    for word in words:
        assert isinstance(found, Group), words
        command = found.get_command(context, word)
        assert command is not None, f"there is no `flask {' '.join(words)}`"
        found = command  # type: ignore[assignment]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_calls_commands_that_exist_from_where_it_says_that_they_are(
    app: Flask, unit: Path
) -> None:
    parser = RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    service = parser["Service"]
    assert service["WorkingDirectory"] == "/opt/flexapp"
    assert service["EnvironmentFile"] == "/etc/flexapp/settings"
    assert service["NoNewPrivileges"] == "yes"
    found = list(commands_of(unit))
    assert found or service["ExecStart"].endswith("python app.py")
    for words in found:
        if words[0] != "db":  # Flask-Migrate's, found by its entry point
            assert_known(app, words)


def test_every_nightly_command_that_the_documents_name_is_done_nightly() -> None:
    named = set(re.findall(r"flask --app app ([a-z-]+ [a-z-]+) +# nightly", OPERATIONS))
    nightly = DEPLOY / "systemd" / "flexapp-nightly.service"
    done = {" ".join(words) for words in commands_of(nightly)}
    assert named
    assert named <= done


OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_the_example_of_the_settings_names_settings_that_exist() -> None:
    text = (DEPLOY / "systemd" / "settings.example").read_text()
    names = set(re.findall(r"^(FLEXAPP_[A-Z_]+)=", text, re.MULTILINE))
    assert {"FLEXAPP_SECRET_KEY", "FLEXAPP_DATABASE_URL"} <= names <= KNOWN


def test_the_compose_file_calls_what_exists_and_mounts_what_is_there(app: Flask) -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = composed["services"]
    assert {"database", "upgrade", "web1", "web2", "sender", "nginx"} == services.keys()
    for name in ("upgrade", "sender"):
        words = services[name]["command"]
        assert words[:3] == ["/opt/flexapp/.venv/bin/flask", "--app", "app"]
        if name == "sender":
            assert_known(app, words[3:])
    assert services["nginx"]["volumes"]
    for volume in services["nginx"]["volumes"]:
        assert (DEPLOY / volume.split(":")[0]).exists()
    upstream = composed["configs"]["nodes"]["content"]
    assert set(re.findall(r"server (\w+):8000", upstream)) == {"web1", "web2"}
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "bootstrap.py build" in dockerfile
    assert "EXPOSE 8000" in dockerfile


def test_nginx_takes_the_configuration_as_it_is_deployed(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "nginx", tmp_path / "flexapp")
    nginx.make_certificate(tmp_path / "flexapp" / "local")
    (tmp_path / "log").mkdir()
    for file in (tmp_path / "flexapp").glob("*.conf"):
        text = file.read_text()
        text = text.replace("/etc/nginx/flexapp", str(tmp_path / "flexapp"))
        text = text.replace("include /etc/nginx/mime.types;", "types { text/html html; }")
        text = text.replace("/var/log/nginx", str(tmp_path / "log"))
        text = text.replace("/var/cache/nginx", str(tmp_path))
        text = text.replace("/run/nginx.pid", "nginx.pid")
        file.write_text(text)
    configuration, log = tmp_path / "flexapp" / "nginx.conf", tmp_path / "log" / "first"
    done = subprocess.run(
        [nginx.program(), "-t", "-p", tmp_path, "-c", configuration, "-e", log],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr.replace('the "user" directive makes sense only', "")


def test_the_pages_of_nginx_say_what_to_do_and_need_nothing_else() -> None:
    policy = (DEPLOY / "nginx" / "site.conf").read_text()
    for file in (DEPLOY / "nginx" / "pages").glob("*.html"):
        text = file.read_text()
        assert 'lang="zh-CN"' in text
        assert "<h1>" in text
        assert not re.search(r"<(script|link|img)|style=", text)
        (style,) = re.findall(r"<style>(.*)</style>", text)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy
    assert "查看记录" in (DEPLOY / "nginx" / "pages" / "down.html").read_text()
