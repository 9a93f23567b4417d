"""Further engines: fetched where that is possible, done without elsewhere, and never silently."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from steps import engines, old_chromium, toolbox
from steps.toolbox import Trouble

from tests.architecture.checkout import ROOT
from tests.journeys.engines.starting import FIREFOX, OLD_CHROMIUM, WEBKIT
from tests.support import left_out

ALL = ["firefox-esr", "webkit2gtk-driver", "xvfb"]


class Machine:
    """A machine with some of the programs, that can install the rest or not."""

    def __init__(self, *present: str, root: bool = True, packages: bool = True) -> None:
        self.present = set(present)
        self.root = root
        self.packages = packages
        self.asked: list[list[str]] = []

    def which(self, program: str) -> str | None:
        return program if program in self.present else None

    def install(self, names: Sequence[str], otherwise: str) -> None:
        self.asked.append(list(names))
        if not self.packages:
            raise Trouble(otherwise)
        self.present |= {engines.PARTS[name][0] for name in names}


@pytest.fixture
def monkey(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing of the real checkout is touched."""
    monkeypatch.setattr(toolbox, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


def _look(monkey: pytest.MonkeyPatch, machine: Machine, times: int = 1) -> Machine:
    monkey.setattr("steps.engines.shutil.which", machine.which)
    monkey.setattr(engines, "can_install_debian_packages", lambda: machine.root)
    monkey.setattr(engines, "install_debian_packages", machine.install)
    for _ in range(times):
        engines.looked_for()
    return machine


def test_what_is_missing_is_installed_once(monkey: pytest.MonkeyPatch) -> None:
    assert _look(monkey, Machine(), times=2).asked == [ALL]
    assert _look(monkey, Machine("firefox", "Xvfb")).asked == [["webkit2gtk-driver"]]


def test_where_all_is_here_nothing_is_asked_for(monkey: pytest.MonkeyPatch) -> None:
    assert _look(monkey, Machine("firefox-esr", "WebKitWebDriver", "Xvfb")).asked == []


def test_what_cannot_be_installed_is_said_tried_once_and_stops_nothing(
    monkey: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _look(monkey, Machine(packages=False), times=2).asked == [ALL]
    assert "left out until there is firefox-esr and webkit2gtk" in capsys.readouterr().out


def test_without_root_only_a_sentence_comes_of_it(
    monkey: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _look(monkey, Machine(root=False)).asked == []
    assert capsys.readouterr().out.count("\n") == 1


def test_an_engine_that_is_not_here_says_what_to_install() -> None:
    lacking = dataclasses.replace(WEBKIT, needs={**WEBKIT.needs, "Xvfb": None})
    assert lacking.missing == (
        "walks in WebKitGTK: no Xvfb is here (Debian: apt-get install webkit2gtk-driver xvfb)"
    )
    assert dataclasses.replace(FIREFOX, needs={"firefox": "/usr/bin/firefox"}).missing == ""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_test_that_was_not_made_is_named_at_the_end(
    pytestconfig: pytest.Config, tmp_path: Path, workers: str
) -> None:
    (tmp_path / "test_x.py").write_text(
        "import pytest\ndef test_x(): pytest.skip('the walk in X: no X is here')\n"
    )
    assert pytestconfig.pluginmanager.get_plugin("left_out") is left_out
    (tmp_path / "conftest.py").write_text(
        "from tests.support.left_out import pytest_terminal_summary\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", workers, "--rootdir", ".", "-c", "/dev/null"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "not run: the walk in X: no X is here\n" in done.stdout, done.stdout + done.stderr


@pytest.fixture
def old(monkey: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Chromium 69 is not here yet; what is run is only noted."""
    monkey.setattr(old_chromium, "can_install_debian_packages", lambda: True)
    return monkey


def test_chromium_69_is_installed_once_with_the_libraries_that_it_lacks(
    old: pytest.MonkeyPatch,
) -> None:
    commands: list[str] = []
    libraries: list[list[str]] = []

    def install(names: list[str], otherwise: str) -> None:
        libraries.append(names)
        if "libasound2" in names:
            raise Trouble(otherwise)  # a later Debian calls it otherwise

    old.setattr(old_chromium, "run", lambda words, *_: commands.append(str(words[-1])))
    old.setattr(old_chromium, "install_debian_packages", install)
    old.setattr(old_chromium, "_starts", lambda _: len(libraries) == 2)
    for _ in range(2):
        old_chromium.looked_for()
    assert commands == [str(old_chromium.ENVIRONMENT), str(ROOT / old_chromium.LOCK)]
    assert [names[-2] for names in libraries] == ["libasound2", "libasound2t64"]


def test_where_chromium_69_cannot_be_had_that_is_said_once_and_stops_nothing(
    old: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object, otherwise: str) -> None:
        raise Trouble(f"{otherwise}\n  | no route")

    old.setattr(old_chromium, "run", fail)
    for _ in range(2):
        old_chromium.looked_for()
    said = capsys.readouterr().out
    assert said.count("walks in Chromium 69 are left out: ") == 1
    assert "no route" not in said
    lacking = dataclasses.replace(OLD_CHROMIUM, needs={"Chromium 69": None})
    assert lacking.missing.startswith("walks in Chromium 69: no Chromium 69 is here (make test")
