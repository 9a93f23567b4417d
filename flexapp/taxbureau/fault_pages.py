"""The clerk page /faults: what can go wrong in a demonstration, switched on and off."""

from dataclasses import dataclass

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask import render_template as render
from flask_wtf.csrf import CSRFError

from flexapp.taxbureau.faults import MOST_SECONDS, Fault, Faults, Kind, Scope, parse

_STALE = "页面打开太久了，刚才的操作没有完成，请核对后再点一次。"


@dataclass(frozen=True, slots=True)
class _Form:
    """One fault's card: what is on of it, and its fields as they were typed."""

    kind: Kind
    on: Fault | None
    amount: str = "1"
    unit: str = "messages"
    seconds: str = "30"
    scope: str = Scope.MESSAGES.value
    amount_error: str | None = None
    seconds_error: str | None = None


def blueprint(faults: Faults) -> Blueprint:
    """The page over `faults`."""
    pages = Blueprint("faults", __name__, url_prefix="/faults")

    def page(
        status: int = 200, *, posted: _Form | None = None, alert: str | None = None
    ) -> Response:
        on = {fault.kind: fault for fault in faults.active()}
        forms = [
            posted if posted is not None and posted.kind is kind else _Form(kind, on.get(kind))
            for kind in Kind
        ]
        text = render("taxbureau/faults.html", forms=forms, alert=alert, most=MOST_SECONDS)
        return make_response(text, status)

    def done(sentence: str) -> Response:
        flash(sentence)
        return make_response(redirect(url_for("faults.index"), 303))

    @pages.get("")
    def index() -> Response:
        return page()

    @pages.post("/<any(slow, hang, error, drop, garble, sign):name>")
    def switch_on(name: str) -> Response:
        kind = Kind(name)
        typed = {
            # Without control characters: it goes back into the page.
            field: "".join(filter(str.isprintable, request.form.get(field, default)))
            for field, default in (
                ("amount", ""),
                ("unit", "messages"),
                ("seconds", ""),
                ("scope", Scope.MESSAGES.value),
            )
        }
        asked = parse(kind, **typed)
        if isinstance(asked, tuple):
            errors = {f"{each.field}_error": each.sentence for each in asked}
            on = next((each for each in faults.active() if each.kind is kind), None)
            return page(422, posted=_Form(kind, on, **typed, **errors))
        faults.switch_on(
            kind,
            seconds=asked.seconds,
            remaining=asked.remaining,
            percent=asked.percent,
            scope=asked.scope,
        )
        return done(f"已打开：{kind.label}。")

    @pages.post("/<any(slow, hang, error, drop, garble, sign):name>/off")
    def switch_off(name: str) -> Response:
        kind = Kind(name)
        faults.switch_off(kind)
        return done(f"已关闭：{kind.label}。")

    @pages.post("/off")
    def switch_all_off() -> Response:
        faults.switch_off()
        return done("已关闭全部故障。")

    @pages.errorhandler(CSRFError)
    def stale(_: CSRFError) -> Response:
        return page(400, alert=_STALE)

    return pages
