"""Faults that can be switched on, so that people can watch the product cope with them.

All are off unless a row of the table `faults` says otherwise; the clerk page writes that row, and
so may a test. A fault strikes the next so many messages or a share of them. A message is an
assessment or a revocation request; with the scope "all" every other call is struck as well. The
last two kinds also strike, or only, the events that are pushed to the product.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.database import Database
from flexapp.taxbureau.problems import respond

MOST_SECONDS = 120
MOST_MESSAGES = 10_000
_FATE = "taxbureau.fate"
_MESSAGES = frozenset({"api.receive", "api.request_revocation"})


class Kind(StrEnum):
    """What can go wrong. The values are stored; the labels are shown."""

    SLOW = "slow"
    HANG = "hang"
    ERROR = "error"
    DROP = "drop"
    GARBLE = "garble"
    SIGN = "sign"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def explanation(self) -> str:
        """What it does to a message, for the clerk."""
        return _EXPLANATIONS[self]

    @property
    def takes_seconds(self) -> bool:
        return self in (Kind.SLOW, Kind.HANG)


_LABELS = {
    Kind.SLOW: "办理缓慢",
    Kind.HANG: "没有回音",
    Kind.ERROR: "系统出错",
    Kind.DROP: "收下后断线",
    Kind.GARBLE: "变动重复乱序",
    Kind.SIGN: "签名不对",
}
_EXPLANATIONS = {
    Kind.SLOW: "等够秒数后再收下，然后照常答复。",
    Kind.HANG: "马上收下，但等够秒数也不答复，最后断开连接。",
    Kind.ERROR: "不收，答复 500。",
    Kind.DROP: "收下并存好，答复到一半就断开连接。",
    Kind.GARBLE: "告知社保时，同一条送两遍，各笔核定的混在一起，次序打乱。",
    Kind.SIGN: "照常收下，但答复和告知社保的消息，都用社保不认识的密钥签名。",
}


class Scope(StrEnum):
    """Which calls a fault strikes."""

    MESSAGES = "messages"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is on. `remaining`: so many more; None: until switched off. `percent`: 1-100."""

    kind: Kind
    seconds: float
    remaining: int | None
    percent: int
    scope: Scope

    @property
    def extent(self) -> str:
        """Which messages it strikes, in words."""
        calls = "所有请求" if self.scope is Scope.ALL else "消息"
        many = f"{calls}的 {self.percent}%" if self.percent < 100 else f"每一条{calls}"
        left = "，直到关闭" if self.remaining is None else f"，还有 {self.remaining} 条"
        wait = f"，{self.seconds:g} 秒" if self.kind.takes_seconds else ""
        return many + left + wait


class Faults:
    """The faults of one tax bureau: switched on and off, and struck with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> tuple[Fault, ...]:
        """What is on, in the order of `Kind`."""
        rows = self._database.connection().execute("SELECT * FROM faults")
        found = {row["kind"]: _from_row(row) for row in rows}
        return tuple(found[kind] for kind in Kind if kind in found)

    def switch_on(
        self,
        kind: Kind,
        *,
        seconds: float = 0,
        remaining: int | None = None,
        percent: int = 100,
        scope: Scope = Scope.MESSAGES,
    ) -> None:
        """From now on; in place of what was on of that kind. `ValueError` out of bounds."""
        if not 1 <= percent <= 100 or not 0 <= seconds <= MOST_SECONDS:
            raise ValueError("a share is 1 to 100 percent, a wait 0 to 120 seconds")
        if remaining is not None and not 1 <= remaining <= MOST_MESSAGES:
            raise ValueError("a number of messages is 1 to 10000")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO faults (kind, seconds, remaining, percent, scope)"
                " VALUES (?, ?, ?, ?, ?)",
                (kind, seconds, remaining, percent, scope),
            )

    def switch_off(self, kind: Kind | None = None) -> None:
        """One kind, or all."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM faults WHERE ? IS NULL OR kind = ?", (kind, kind))

    def strike(self) -> Response | None:
        """Before a call of the machine API is answered: wait, refuse, or mark what becomes of it.

        A before-request hook for behind the check of who is calling: a stranger's call uses up no
        fault.
        """
        # Sampled before waiting: what is switched off meanwhile still strikes what it caught.
        caught = [
            fault
            for fault in self.active()
            if fault.kind is not Kind.GARBLE and self._hits(fault) and self._use(fault)
        ]
        for fault in caught:
            if fault.kind is Kind.SLOW:
                time.sleep(fault.seconds)
            elif fault.kind is Kind.HANG:
                request.environ[_FATE] = fault.seconds
            elif fault.kind is Kind.DROP:
                request.environ.setdefault(_FATE, 0.0)
            elif fault.kind is Kind.SIGN:
                g.signs_wrongly = True
        if any(fault.kind is Kind.ERROR for fault in caught):
            return respond(500, "http_500", "演示故障：税务系统出错，没有收下。")
        return None

    def is_on(self, kind: Kind) -> bool:
        """Whether messages of this kind of fault are struck at all at present."""
        return any(fault.kind is kind for fault in self.active())

    def strikes(self, kind: Kind) -> bool:
        """Whether an event about to be pushed is struck; if so, it is counted down."""
        return any(
            fault.kind is kind and self._share(fault) and self._use(fault)
            for fault in self.active()
        )

    def _hits(self, fault: Fault) -> bool:
        in_scope = fault.scope is Scope.ALL or request.endpoint in _MESSAGES
        return in_scope and self._share(fault)

    def _share(self, fault: Fault) -> bool:
        return random.random() * 100 < fault.percent  # noqa: S311

    def _use(self, fault: Fault) -> bool:
        """Count one message down; False where another one was the last."""
        if fault.remaining is None:
            return True
        with self._database.writing() as connection:
            used = connection.execute(
                "UPDATE faults SET remaining = remaining - 1 WHERE kind = ? AND remaining > 0",
                (fault.kind,),
            ).rowcount
            connection.execute("DELETE FROM faults WHERE kind = ? AND remaining = 0", (fault.kind,))
        return used == 1


class Cut:
    """Outermost around the application: what `Faults.strike` marked is done, and never answered.

    `broken` is raised where the answer's body should be. A server then closes the connection with
    less than it announced; an in-process client sees the exception itself.
    """

    def __init__(self, app: WSGIApplication, broken: Callable[[], Exception]) -> None:
        self._app = app
        self._broken = broken

    def __call__(self, environ: WSGIEnvironment, start: StartResponse, /) -> Iterable[bytes]:
        held: list[tuple[str, list[tuple[str, str]]]] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            held[:] = [(status, headers)]
            return lambda _: None

        if not environ["PATH_INFO"].startswith("/v1/"):
            return self._app(environ, start)
        body = self._app(environ, hold)  # type: ignore[arg-type]
        ((status, headers),) = held
        if _FATE not in environ:
            start(status, headers)
            return body
        for _ in body:  # all of it, so that whatever hangs on its end is done
            pass
        if hasattr(body, "close"):
            body.close()
        time.sleep(environ[_FATE])
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "1000")])
        return self._nothing()

    def _nothing(self) -> Iterator[bytes]:
        raise self._broken()
        yield b""


def install(app: Flask, broken: Callable[[], Exception]) -> None:
    """Put `Cut` around the application."""
    app.wsgi_app = Cut(app.wsgi_app, broken)  # type: ignore[assignment, method-assign]


def parse(
    kind: Kind, amount: str, unit: str, seconds: str, scope: str
) -> Fault | tuple[Refusal, ...]:
    """The fault of a form as it was typed, or every reason why not, each naming its field."""
    wrong: list[Refusal] = []
    most = 100 if unit == "percent" else MOST_MESSAGES
    number = _whole(amount, most)
    if number is None:
        wrong.append(Refusal("invalid_field", f"请填 1 至 {most} 的整数。", "amount"))
    wait = _whole(seconds, MOST_SECONDS) if kind.takes_seconds else 0
    if wait is None:
        wrong.append(Refusal("invalid_field", f"请填 1 至 {MOST_SECONDS} 的整数。", "seconds"))
    if number is None or wait is None:
        return tuple(wrong)
    share = unit == "percent"
    return Fault(
        kind,
        seconds=wait,
        remaining=None if share else number,
        percent=number if share else 100,
        scope=Scope.ALL if scope == Scope.ALL and kind is not Kind.GARBLE else Scope.MESSAGES,
    )


def _whole(text: str, most: int) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return None
    return int(text) if 1 <= int(text) <= most else None


def _from_row(row: sqlite3.Row) -> Fault:
    return Fault(
        Kind(row["kind"]), row["seconds"], row["remaining"], row["percent"], Scope(row["scope"])
    )
