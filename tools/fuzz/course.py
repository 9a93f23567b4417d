"""Runs a sequence of steps and stops at the first violation."""

from __future__ import annotations

import json
import logging
import re
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import extract_tb
from urllib.parse import unquote

import httpx
from flask.typing import RouteCallable
from joserfc import jws
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request

from flexapp.config import DEMO_SIGNING_KEY
from flexapp.services import services_of
from flexapp.taxbureau.faults import Faults
from flexapp.transmission.delivery import work_once
from flexapp.transmission.outbox_worker import deliver_events
from flexapp.transmission.protocol import EVENTS, HEADER
from flexapp.web.clock import utcnow
from tests.support.html import Form
from tests.support.log_watch import LogWatch
from tests.support.tax import event, event_signature
from tests.support.vendor import APPLICATION_JOSE, LAUNCHES
from tests.support.walks import newcomer
from tests.taxbureau.product import product_claims
from tools.chaos.books import always_wrong
from tools.fuzz.catalogue import (
    CSRF,
    MACHINE,
    MOUNTED,
    ONCE,
    PRODUCT,
)
from tools.fuzz.checks import wrong
from tools.fuzz.people import (
    PATTERN,
    B,
    Secrets,
)
from tools.fuzz.steps import (
    How,
    Kind,
    Step,
)
from tools.fuzz.values import LITERALS
from tools.fuzz.wire import (
    Browser,
    Fields,
    QuickPage,
    body_of,
    environ_of,
    send,
)
from tools.fuzz.world import World

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
TYPIST = re.compile(r'name="typist"[^>]*value="([^"]+)"')
SHOWN = re.compile(r"演示(?:验证码|动态码)：(\d{6})")
NAME = re.compile("⟦([^⟧]*)⟧")

THOROUGH_ONE_IN = 4
"""One page in this many is linted: linting takes four times as long as rendering."""

FILLED = {
    "phone": "⟦phone.41⟧",
    "code": "⟦shown⟧",
    "name": "李明",
    "identity": "⟦identity.41⟧",
    "address": "中卫市沙坡头区迎水桥镇二号院",
    "base": "88",
    "reason": "月份填错了",
    "level": "5",
    "user_name": "dt01",
    "password": "⟦password⟧",
    "year": "2027",
    "average": "8500",
    "lower": "5100",
    "upper": "25500",
    "document": "关于公布基数的通知",
    "number": "宁人社发9号",
    "document_date": "2026-11-20",
    "text": "十二月底前办理。",
    "first": "2026-11-24",
    "last": "2026-12-31",
    "from_day": "2026-12-01",
    "from_month": "2027-01",
    "total": "20",
    "personal": "8",
    "answer": "已联系本人。",
    "key": "⟦key⟧",
    "check": "⟦sheet.a⟧",
}
"""Values for empty fields of a page's form, by field name."""


@dataclass
class Tally:
    """Counts of requests and responses."""

    requests: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By role and first digit of the status."""
    asked: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """By method and endpoint: requested; view entered; succeeded."""
    linted: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of another process."""
        self.requests += other.requests
        self.linted += other.linted
        for name in ("answers", "asked", "entered", "done"):
            getattr(self, name).update(getattr(other, name))


@dataclass(frozen=True)
class Finding:
    """A violation. `signature` is equal for the same fault, whatever steps led to it."""

    signature: str
    sentence: str


class Listening(LogWatch):
    """Watches the log for personal data, and remembers the source of the last exception."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""
        self.where = ""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        text = self.format(record)
        said = PATTERN.search(text)
        if said is not None:
            self.told.append((record.name, f"{record.pathname}:{record.lineno}", said[0]))
        if record.exc_info and record.exc_info[2] is not None:
            frames = extract_tb(record.exc_info[2])
            ours = [each for each in frames if "/flexapp/" in each.filename] or list(frames)
            place = f"{ours[-1].filename.rpartition('/flexapp/')[2]}:{ours[-1].lineno}"
            kind = record.exc_info[0]
            self.where = f"{kind.__name__ if kind else ''} at {place}"
            self.fault = text


class Courses:
    """Runs courses one after another on a world, each from the same initial state."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tally = Tally()
        self.counting = True
        """False while a failure is minimised: its repetitions are not counted."""
        self._entered = ""
        for app, mark in ((world.app, ""), (world.stand_in, "tax-bureau:")):
            for endpoint, view in app.view_functions.items():
                app.view_functions[endpoint] = self._noting(f"{mark}{endpoint}", view)

    def run(self, steps: Sequence[Step]) -> Finding | None:
        """Run the steps from the initial state, then check the database's invariants."""
        self.world.put_back()
        with _listening() as listening:
            course = Course(self, listening)
            for step in steps:
                found = course.do(step)
                if found is not None:
                    return found
            books = always_wrong(self.world)
            if books:
                return Finding(f"books: {books[0].split(':')[0]}", "; ".join(books))
        return None

    def _noting(self, endpoint: str, view: RouteCallable) -> RouteCallable:
        def noting(*args: object, **kwargs: object) -> object:
            self._entered = endpoint
            return view(*args, **kwargs)

        noting.__dict__.update(view.__dict__)
        noting.__name__, noting.__module__ = view.__name__, view.__module__
        return noting  # type: ignore[return-value]

    def ask(self, environ: dict[str, object]) -> tuple[TestResponse, str]:
        """Send a request; return the response and the endpoint whose view was entered."""
        self._entered = ""
        return send(self.world.app, environ), self._entered


@contextmanager
def _listening() -> Iterator[Listening]:
    root, listening = logging.getLogger(), Listening()
    root.addHandler(listening)
    try:
        yield listening
    finally:
        root.removeHandler(listening)


class Course:
    """One run of steps: its browsers, learned values and typed values."""

    def __init__(self, courses: Courses, listening: Listening) -> None:
        self._courses, self._listening = courses, listening
        self._world = courses.world
        self._browsers = self._world.browsers()
        self._browsers |= {role: Browser() for role in ("vendor", "bureau", PRODUCT)}
        self._secrets = Secrets()
        self._learned: dict[str, str] = {}

    def do(self, step: Step) -> Finding | None:
        """Run one step; return a finding or None."""
        if step.kind is Kind.CALL:
            fields = [(self._fill(step, n), self._fill(step, v)) for n, v in step.fields]
            target = self._fill(step, step.target)
            return self._send(step, step.method, target, fields, step.how)
        if step.kind is Kind.PRESS:
            return self._press(step)
        if step.kind is Kind.LAUNCH:
            return self._launch(step)
        if step.kind is Kind.EVENT:
            return self._event(step)
        return self._work()

    def _fill(self, step: Step, text: str) -> str:
        browser = self._browsers[step.role]

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name == "csrf":
                return browser.token or self._draw_token(step.role)
            if name == "once":
                return secrets.token_urlsafe(12)
            if name == "shown":
                return browser.code or "000000"
            known = self._learned.get(f"{step.role}.{name}") or self._learned.get(name)
            return known or self._world.known.get(name, name)

        return NAME.sub(value, text) if "⟦" in text else text

    def _draw_token(self, role: str) -> str:
        """Request a page with a form to get a CSRF token."""
        staff = role in ("begun", "xz01", "dt01", "jb01", "jb02", "sj01")
        path = "/counter/sign-in" if staff else "/sign-in" if role != "fresh" else "/real-name"
        for address in (path, "/me", "/display"):
            self._send(Step(Kind.CALL, role, "GET", address), "GET", address, (), How.FORM)
            if self._browsers[role].token:
                break
        return self._browsers[role].token

    def _press(self, step: Step) -> Finding | None:
        if step.target:
            found = self._send(step, "GET", self._fill(step, step.target), (), How.FORM)
            if found is not None:
                return found
        answer = self._browsers[step.role].page
        forms = QuickPage(answer).forms() if answer is not None else []
        forms = [form for form in forms if form.method.lower() == "post"] or forms
        if not forms or answer is None:
            return None
        # A page's own forms come before the footer's, which are on every page.
        form = forms[step.which % len(forms)]
        button = (
            form.buttons[step.which // len(forms) % len(form.buttons)] if form.buttons else None
        )
        fields = [(name, self._fill(step, value)) for name, value in _typed(form, step)]
        action = form.action or answer.request.path
        if button is not None:
            action = button.get("formaction") or action
            if button.get("name"):
                fields.append((button.get("name", ""), button.get("value", "")))
        method = form.method.upper()
        return self._send(step, method, action, fields, How.FORM)

    def _launch(self, step: Step) -> Finding | None:
        changes = dict(step.fields)
        who = B.resident if step.which == 44 else newcomer(step.which)
        claims: dict[str, object] = self._world.vendor.claims(who)
        for name, value in changes.items():
            claims[name] = _json_or_text(value)
        key = self._world.vendor
        # `jwt.encode` refuses lone surrogates; JSON can escape them.
        payload = json.dumps(claims).encode()
        body = jws.serialize_compact({"alg": "ES256", "kid": key.kid}, payload, key.key)
        said = f"{who.identity} {json.dumps(claims, ensure_ascii=False)}"
        self._secrets.typed(step.role, said, everybody=True)
        return self._send(
            step, "POST", LAUNCHES, [("", body)], How.RAW, (("Content-Type", APPLICATION_JOSE),)
        )

    def _event(self, step: Step) -> Finding | None:
        given = {name: self._fill(step, value) for name, value in step.fields}
        told = event("", "", step.which)
        told |= {name: _json_or_text(value) for name, value in given.items()}
        body = json.dumps(told)
        signature = event_signature(body.encode())
        headers = (("Content-Type", "application/json"), (HEADER, signature))
        return self._send(step, "POST", EVENTS, [("", body)], How.RAW, headers)

    def _work(self) -> Finding | None:
        app = self._world.app
        try:
            with app.app_context():
                work_once(services_of(app).tax)
            deliver_events(app)
        except Exception as error:  # no exception may leave the sender
            return Finding(f"the sender: {type(error).__name__}", f"the sender stopped: {error!r}")
        return self._heard("the sender")

    def _send(
        self,
        step: Step,
        method: str,
        target: str,
        fields: Fields,
        how: How,
        more: Sequence[tuple[str, str]] = (),
    ) -> Finding | None:
        browser = self._browsers[step.role]
        body, headers = body_of(fields, how)
        if method == "GET" and not fields:
            headers = {}
        sent = {**headers, **dict(more), **dict(step.headers)}
        decoded = unquote(target) + "\n".join(v for pair in fields for v in pair)
        self._secrets.typed(step.role, decoded + "\n".join(sent.values()))
        path = target.partition("?")[0]
        if step.role == PRODUCT and path.startswith(MACHINE):
            sent.setdefault(HEADER, _as_product(method, target, body))
        environ = environ_of(method, target, list(sent.items()), body, browser.header(path))
        place = self._place(method, path)
        # A fault that the stand-in's clerk page switched on shows in its machine API.
        switched_on: Faults = self._world.stand_in.extensions["taxbureau_faults"]
        on_purpose = step.role == PRODUCT and bool(switched_on.active())
        try:
            answer, entered = self._courses.ask(environ)
        except Exception as error:
            if on_purpose and isinstance(error, httpx.ReadError):
                return None
            frames = extract_tb(error.__traceback__)
            where = f"{type(error).__name__} at {frames[-1].filename[-40:]}:{frames[-1].lineno}"
            return Finding(f"uncaught {where}", f"{method} {target[:200]!r} raised {error!r}")
        self._count(step.role, place, entered, answer)
        thorough = not self._courses.counting or (
            zlib.crc32(f"{self._courses.tally.requests}".encode()) % THOROUGH_ONE_IN == 0
        )
        self._courses.tally.linted += thorough
        endpoint = entered or place.partition(" ")[2]
        objections = wrong(
            self._world.app, step.role, endpoint, answer, self._secrets, thorough=thorough
        )
        self._learn(step.role, browser, answer)
        if objections and not (on_purpose and answer.status_code >= 500):
            first = objections[0].splitlines()
            kind = self._listening.where if answer.status_code >= 500 else first[-1][:60]
            whole = "\n".join(objections)
            return Finding(
                f"{endpoint}: {kind}" if answer.status_code < 500 else kind,
                f"{method} {target[:300]!r} as {step.role} → {answer.status_code}: {whole[:1500]}\n"
                f"{self._listening.fault[-3000:] if answer.status_code >= 500 else ''}",
            )
        return self._heard(f"{method} {endpoint}")

    def _heard(self, what: str) -> Finding | None:
        told, self._listening.told = self._listening.told, []
        if told:
            name, place, words = told[0]
            return Finding(f"logged at {place}", f"{what}: {name} ({place}) logged {words}")
        return None

    def _place(self, method: str, path: str) -> str:
        found = self._world.catalogue.find(unquote(path, errors="replace"), method)
        return found[0].label if found is not None else f"{method} none"

    def _count(self, role: str, place: str, entered: str, answer: TestResponse) -> None:
        if not self._courses.counting:
            return
        tally, status = self._courses.tally, answer.status_code
        tally.requests += 1
        tally.answers[role, status // 100] += 1
        tally.asked[place] += 1
        if entered:
            label = f"{answer.request.method} {entered}"
            tally.entered[label] += 1
            if status < 400:
                tally.done[label] += 1

    def _learn(self, role: str, browser: Browser, answer: TestResponse) -> None:
        browser.keep(answer.headers)
        if answer.mimetype == "application/json" and answer.status_code == 201:
            link = str(answer.get_json().get("launch_url", ""))
            self._learned["launch"] = link.rpartition("/")[2] or self._world.known["launch"]
        if answer.mimetype != "text/html" or not answer.data:
            return
        text = answer.get_data().decode(errors="replace")
        browser.page = answer
        token, code, typist = TOKEN.search(text), SHOWN.search(text), TYPIST.search(text)
        browser.token = token[1] if token else browser.token
        browser.code = code[1] if code else browser.code
        if typist:
            self._learned[f"{role}.typist"] = typist[1]


def _typed(form: Form, step: Step) -> Iterator[tuple[str, str]]:
    """Yield the submitted fields: form values, defaults for empty ones, then the step's changes."""
    named = {n: v for n, v in step.fields if not n.startswith("#")}
    numbered = {int(n[1:]): v for n, v in step.fields if n.startswith("#")}
    names = list(dict.fromkeys([*form.fields, *form.offered]))
    ordinary = [name for name in names if name not in (CSRF, ONCE, "typist")]
    changed = {ordinary[n % len(ordinary)]: v for n, v in numbered.items()} if ordinary else {}
    for name in names:
        value = form.fields.get(name, "")
        if not value and name in form.offered:
            offered = sorted(each for each in form.offered[name] if each)
            value = offered[step.which % len(offered)] if offered else ""
        value = value or FILLED.get(name, "")
        yield name, named.get(name, changed.get(name, value))


def _as_product(method: str, target: str, body: bytes) -> str:
    """Return the product's signature, so that the stand-in processes the rest of the request."""
    asked = Request(environ_of(method, target.removeprefix(MOUNTED), (), body, ""))
    query = asked.query_string.decode("latin-1")
    claims = product_claims(
        utcnow(), body=body, htm=method, htu=asked.path + (f"?{query}" if query else "")
    )
    key = DEMO_SIGNING_KEY
    payload = json.dumps(claims).encode()
    return jws.serialize_compact({"alg": "ES256", "kid": key.kid}, payload, key)


def _json_or_text(text: str) -> object:
    value: object = json.loads(text) if text in LITERALS else text
    return value
