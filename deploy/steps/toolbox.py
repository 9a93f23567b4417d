"""What every step uses: messages, child processes, stamps for finished work, and the lock."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
VENV_BIN = VENV / "bin"
VENV_PYTHON = VENV_BIN / "python"
STAMPS = VENV / "stamps"
LOG = VAR / "setup.log"
TAIL = 25
"""Lines of a failed command's output that are shown; the log keeps all of it."""


class Trouble(Exception):
    """The set-up cannot go on; the message is a sentence that says what to do."""


def say(message: str) -> None:
    """One line about what is happening now."""
    print(f"→ {message}", flush=True)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for child processes, without what would lead Python or npm astray."""
    environment = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "NODE_ENV"):
        environment.pop(name, None)
    # Python's own UTF-8 mode, so that a plain C locale cannot garble Chinese.
    environment |= {"PYTHONUTF8": "1", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return environment | dict(extra or {})


def run(
    command: Sequence[str | Path],
    otherwise: str,
    *,
    show: bool = False,
    timeout: float = 1800,
    extra_env: Mapping[str, str] | None = None,
) -> str:
    """Run `command` in the checkout and return its output.

    The output goes to var/setup.log (and on to the terminal with `show`). A command that fails or
    takes longer than `timeout` seconds ends in `Trouble(otherwise)` with its last lines.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=child_environment(extra_env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        output, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as slow:
        output = (slow.stdout or b"").decode(errors="replace")
        output, code = f"{output}\nno end after {timeout:.0f} seconds", 124
    except OSError as error:
        output, code = str(error), 127
    VAR.mkdir(mode=0o700, exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(words)}\n{output}\n[exit {code}]\n")
    if code != 0:
        last = "\n".join(f"  | {line}" for line in output.strip().splitlines()[-TAIL:])
        raise Trouble(f"{otherwise}\n{last}\n  (everything is in var/setup.log)")
    if show and output.strip():
        print(output.rstrip(), flush=True)
    return output


def answers(command: Sequence[str | Path], timeout: float = 60) -> str | None:
    """The output of a quick question to a program, or None when it fails or is not there."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def fingerprint(paths: Iterable[Path], *facts: str) -> str:
    """A hash over the names and contents of files and of all files below folders, and `facts`."""
    digest = hashlib.sha256("\0".join(facts).encode())
    for path in paths:
        below = path.rglob("*") if path.is_dir() else [path]
        for file in sorted(f for f in below if f.is_file() and "__pycache__" not in f.parts):
            name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
            content = file.read_bytes()
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_done(name: str, key: str) -> bool:
    """Whether the work called `name` was finished with exactly these inputs."""
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == key


def mark_done(name: str, key: str) -> None:
    """Remember that `name` is finished; kept in the virtual environment and gone with it."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    fresh = STAMPS / f"{name}.new"
    fresh.write_text(f"{key}\n", encoding="utf-8")
    fresh.replace(STAMPS / name)


def forget(name: str) -> None:
    """Take back `mark_done`, before work begins that could be left half done."""
    (STAMPS / name).unlink(missing_ok=True)


def can_install_debian_packages() -> bool:
    """Whether this is root on a machine with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_debian_packages(names: Sequence[str], otherwise: str) -> None:
    """apt-get update and install, asking nothing."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # A mirror that cannot be refreshed may still have the packages of an older list.
    answers(["apt-get", "update", "-q"], timeout=300)
    run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names],
        otherwise,
        extra_env=quiet,
    )


@contextmanager
def alone() -> Iterator[None]:
    """Let one set-up at a time work in this checkout; the others wait, then find it done."""
    try:
        VAR.mkdir(mode=0o700, exist_ok=True)
        VAR.chmod(0o700)  # the databases lie in it
        handle = (VAR / "setup.lock").open("a")
    except OSError as error:
        raise Trouble(f"This folder cannot be written to: {error}.") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up in this folder to finish")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def minor_version() -> str:
    """The version of the Python that runs this, such as "3.11"."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
