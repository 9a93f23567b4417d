"""hypothesis strategies for courses of requests: mostly valid, with single faults."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from hypothesis import strategies as st

from flexapp.web.access import Access, access_of, roles_of
from tools.fuzz.catalogue import (
    CSRF,
    MACHINE,
    ONCE,
    PRODUCT,
    Route,
)
from tools.fuzz.steps import (
    How,
    Kind,
    Step,
)
from tools.fuzz.values import (
    EXTRA,
    HEADERS,
    LITERALS,
    METHODS,
    ODD,
    PLAIN,
    RAW_PATHS,
    odd_text,
    quoted,
)
from tools.fuzz.world import World

Draw = st.DrawFn
Pairs = tuple[tuple[str, str], ...]

STAFF_OF = {
    "township": ("xz01",),
    "hall": ("dt01",),
    "agency": ("jb01", "jb02"),
    "auditor": ("sj01",),
}

CLAIMS = ("iss", "aud", "iat", "exp", "jti", "name", "id_number", "phone", "target", "extra")
EVENT = ("event_id", "cursor", "serial", "event", "at", "reason", "request_id", "extra")
EVENTS = ("received", "paid", "revoked", "revocation_agreed", "revocation_declined", "rejected")
SERIALS = tuple(f"⟦serial.{who}⟧" for who in ("a.2", "b.2", "a.1", "b.1", "v.1", "a.proxy"))

ARRIVING = ("", "/real-name", "/registration", "/assessment/self/new")
"""Pages whose first form a newcomer fills in; "" is the page that shows the code."""

HTMX: Pairs = (("HX-Request", "true"),)
FORM: Pairs = ((CSRF, "⟦csrf⟧"), (ONCE, "⟦once⟧"))

ODD_QUERIES = ("x=1", "to=base", "%ff=%00", "&&=")
ODD_ENDS = ("/", "//", "%00", "/.", "/%2e%2e", ";")
TIMES = (1, 2, 40, 1200)
STRIDE = 23
WRONG = (0, 0, 1, 1, 1, 3)
"""Equally likely numbers of invalid fields in a form."""


def likely_roles(world: World, route: Route) -> tuple[str, ...]:
    """Return the roles that are meant to request this route."""
    name = route.endpoint
    if name.startswith("tax-bureau:"):
        return (PRODUCT,) if route.path.startswith(MACHINE) else ("nobody",)
    access = access_of(world.app, name)
    if access is Access.STAFF:
        roles = sorted(roles_of(world.app, name))
        return tuple(each for role in roles for each in STAFF_OF[role.value])
    if access is Access.STAFF_BEGUN:
        return ("begun", "dt01")
    if access is Access.PERSON:
        return ("a", "b", "new")
    if access is Access.ACCOUNT:
        return ("fresh", "a", "new")
    return ("practice",) if name.startswith("practice.") else ("nobody", "a", "b", "fresh")


class Generator:
    """Generates steps for a world."""

    def __init__(self, world: World) -> None:
        # A fixed order makes runs reproducible. POST routes count twice, because they change data.
        routes = sorted(world.catalogue.routes.values(), key=lambda route: route.label)
        self._routes = [r for r in routes for _ in range(1 if r.method == "GET" else 2)]
        self._likely = {route.label: likely_roles(world, route) for route in routes}
        self._roles = world.roles
        self._pages = [
            (role, page) for role in world.roles for page in world.catalogue.pages.get(role, ())
        ]

    def courses(self, length: int) -> st.SearchStrategy[list[Step]]:
        """Return a strategy for courses of about `length` steps."""

        @st.composite
        def one(draw: Draw) -> list[Step]:
            kind = draw(_up_to(20))
            if kind < 8:
                return [self._call(draw, draw(st.sampled_from(self._routes)))]
            if kind == 8:
                # hypothesis tends to repeat values; the stride covers many routes from one drawn
                # value.
                start = draw(_up_to(len(self._routes)))
                around = [self._routes[(start + n * STRIDE) % len(self._routes)] for n in range(12)]
                return [self._call(draw, route) for route in around]
            if kind < 15:
                return [self._press(draw)]
            if kind == 15:
                return [_launch(draw)]
            if kind == 16:
                return [_event(draw)]
            if kind == 17:
                return [Step(Kind.WORK)]
            return _arriving(draw) if kind == 18 else _transmitting(draw)

        groups = st.lists(one(), min_size=length // 3, max_size=length)
        return groups.map(lambda found: [step for group in found for step in group])

    def _call(self, draw: Draw, route: Route) -> Step:
        """Generate a request to this route."""
        role = self._role(draw, route)
        fields: Pairs = ()
        how, query = How.FORM, ""
        if route.method == "GET":
            query = self._query(draw, route)
        else:
            fields = self._fields(draw, route)
            usual = How.JSON if role == PRODUCT else How.FORM
            how = draw(st.sampled_from(list(How))) if _once_in(draw, 8) else usual
            query = draw(st.sampled_from(ODD_QUERIES)) if _once_in(draw, 20) else ""
        method = draw(st.sampled_from(METHODS)) if _once_in(draw, 12) else route.method
        path = _path(draw, route, role)
        target = f"{path}?{query}" if query else path
        return Step(Kind.CALL, role, method, target, _headers(draw), fields, how)

    def _press(self, draw: Draw) -> Step:
        """Submit a form of a page, or of the last page, with or without changes."""
        role, page = draw(st.sampled_from(self._pages))
        if _once_in(draw, 3):
            role, page = draw(st.sampled_from(self._roles)), ""
        which = draw(_up_to(10))
        return _pressed(role, page, _headers(draw), _changes(draw, 2), which)

    def _role(self, draw: Draw, route: Route) -> str:
        likely = self._likely[route.label]
        led_there = sorted(route.roles & set(likely)) or likely
        chosen = draw(_up_to(4))
        return draw(st.sampled_from((led_there, led_there, likely, self._roles)[chosen]))

    def _query(self, draw: Draw, route: Route) -> str:
        pairs = []
        for name in sorted(route.fields):
            if draw(st.booleans()):
                value = odd_text() if _once_in(draw, 3) else _right(route, name)
                pairs.append((name, draw(value)))
        if _once_in(draw, 8):
            name = draw(st.sampled_from(EXTRA)) if draw(st.booleans()) else draw(odd_text())
            pairs.append((name, draw(odd_text())))
        return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)

    def _fields(self, draw: Draw, route: Route) -> Pairs:
        """Generate the fields of a form with none, one or several invalid values."""
        names = sorted(set(route.fields) | set(route.offered))
        at_fault = {draw(_up_to(len(names))) for _ in range(draw(st.sampled_from(WRONG))) if names}
        pairs = [
            (name, draw(odd_text() if n in at_fault else _right(route, name)))
            for n, name in enumerate(names)
        ]
        if CSRF not in names and not route.path.startswith(MACHINE):
            pairs.append((CSRF, "⟦csrf⟧"))
        if _once_in(draw, 10):
            name = draw(st.sampled_from([*names, *EXTRA]))
            # Short values: long ones would only test this machine's memory.
            pairs += [(name, draw(odd_text())[:40])] * draw(st.sampled_from(TIMES))
        return tuple(pairs)


def _path(draw: Draw, route: Route, role: str) -> str:
    path = route.path
    for name in route.parts:
        led_to = sorted(route.values.get(name, ()))
        mine = [each for each in led_to if each.startswith(f"⟦serial.{role}.")]
        real = mine * 4 + led_to * 2 + list(PLAIN.get(name, ()))
        if name == "token":
            # The role's own cases, and cases of others that must not be revealed.
            mine = [each for each in led_to if each.startswith(f"⟦case.{role}")]
            real = [*(mine * 4), "⟦case.xz01.v⟧", "⟦case.dt01.o⟧"]
        if _once_in(draw, 8):
            part = draw(st.sampled_from(RAW_PATHS)) if draw(st.booleans()) else None
            part = quoted(draw(odd_text())) if part is None else part
        else:
            part = draw(st.sampled_from(real or ["x"]))
        path = path.replace(f"<{name}>", part)
    return path + (draw(st.sampled_from(ODD_ENDS)) if _once_in(draw, 30) else "")


def _right(route: Route, name: str) -> st.SearchStrategy[str]:
    """Return a strategy for valid values of this field."""
    kept = route.fields.get(name, "")
    usual = PLAIN.get(name, ())
    if name in (CSRF, ONCE, "typist"):
        return st.just(kept or usual[0])
    offered = [each for each in sorted(route.offered.get(name, ())) if each]
    if offered:
        return st.sampled_from([each for each in usual if each in offered] * 3 + offered)
    return st.sampled_from(([kept] if kept else []) + list(usual) or [""])


def _arriving(draw: Draw) -> list[Step]:
    """Sign in, give the name, register and assess, with occasional faults."""
    role = draw(st.sampled_from(("nobody", "begun", "practice")))
    who = draw(st.sampled_from(("41", "42", "b")))
    asked = ((CSRF, "⟦csrf⟧"), ("phone", f"⟦phone.{who}⟧"))
    steps = [
        Step(Kind.CALL, role, "GET", "/sign-in"),
        Step(Kind.CALL, role, "POST", "/sign-in/code", (), asked),
    ]
    for page in ARRIVING:
        changes = _changes(draw, 5)
        if page == "/real-name":
            changes = (("name", "李明"), ("identity", f"⟦identity.{who}⟧"), *changes)
        steps.append(_pressed(role, page, _headers(draw), changes))
    return steps


def _transmitting(draw: Draw) -> list[Step]:
    """Transmit assessments, let the tax bureau answer, revoke; some steps are left out."""
    role = draw(st.sampled_from(("a", "b")))
    here, there = f"/assessment/records/⟦serial.{role}.1⟧", f"/assessment/records/⟦serial.{role}.2⟧"
    bureau, work = "/tax-bureau/assessments/⟦serial." + role, Step(Kind.WORK)
    answered = ((CSRF, "⟦csrf⟧"), ("reason", "核对后办理"))
    moves = [draw(st.sampled_from(("agree", "decline", "pay", "revoke"))) for _ in range(2)]
    whole = [
        Step(Kind.CALL, role, "POST", f"{here}/transmit", _headers(draw), FORM),
        work,
        _pressed(role, f"{there}/ask-tax", _headers(draw)),
        work,
        Step(Kind.CALL, "nobody", "GET", f"{bureau}.2⟧"),
        Step(Kind.CALL, "nobody", "POST", f"{bureau}.2⟧/{moves[0]}", (), answered),
        Step(Kind.CALL, "nobody", "POST", f"{bureau}.1⟧/{moves[1]}", (), answered),
        work,
        _pressed(role, f"{there}/revoke", _headers(draw)),
        _pressed(role, f"{here}/revoke", _headers(draw)),
        _pressed(role, f"{there}", _headers(draw)),
    ]
    left_out = {draw(_up_to(len(whole))) for _ in range(draw(_up_to(4)))}
    return [step for n, step in enumerate(whole) if n not in left_out]


def _launch(draw: Draw) -> Step:
    """Generate a vendor's launch."""
    changes = _named_changes(draw, CLAIMS)
    return Step(
        Kind.LAUNCH, "vendor", "POST", "", _headers(draw), changes, which=41 + draw(_up_to(4))
    )


def _event(draw: Draw) -> Step:
    """Generate an event of the tax bureau."""
    right = (("serial", draw(st.sampled_from(SERIALS))), ("event", draw(st.sampled_from(EVENTS))))
    changes = (*right, *_named_changes(draw, EVENT))
    return Step(
        Kind.EVENT, "bureau", "POST", "", _headers(draw), changes, which=1 + draw(_up_to(4))
    )


def _pressed(role: str, page: str, headers: Pairs, changes: Pairs = (), which: int = 0) -> Step:
    return Step(Kind.PRESS, role, "POST", page, headers, changes, How.FORM, which)


def _changes(draw: Draw, one_in: int) -> Pairs:
    """Change up to two fields; `#n` is the n-th field of the form, whatever its name."""
    if not _once_in(draw, one_in):
        return ()
    return tuple((f"#{draw(_up_to(10))}", draw(odd_text())) for _ in range(1 + draw(_up_to(2))))


def _named_changes(draw: Draw, names: Sequence[str]) -> Pairs:
    return tuple(
        (
            draw(st.sampled_from(names)),
            draw(st.sampled_from(LITERALS)) if draw(st.booleans()) else draw(odd_text()),
        )
        for _ in range(draw(_up_to(3)))
    )


def _headers(draw: Draw) -> Pairs:
    kind = draw(_up_to(6))
    if kind < 4:
        return ()
    if kind == 4:
        return HTMX
    found = []
    for _ in range(1 + draw(_up_to(3))):
        name, values = draw(st.sampled_from(HEADERS))
        found.append((name, draw(st.sampled_from(ODD if _once_in(draw, 3) else values))))
    return tuple(found)


@functools.cache
def _up_to(number: int) -> st.SearchStrategy[int]:
    """Return a strategy for integers from 0 to `number - 1`."""
    return st.integers(0, max(number - 1, 0))


def _once_in(draw: Draw, times: int) -> bool:
    """Return True in one of `times` draws; shrinking tends towards False."""
    return draw(_up_to(times)) == times - 1
