"""The pages of the pretended tax clerk: what arrived, its history, and the buttons to move it.

Nobody signs in here, because nothing here is real: the pages exist in demonstrations only, and each
says so.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response, abort, flash, make_response, redirect, request, url_for
from flask import render_template as render
from flask_wtf.csrf import CSRFError

from flexapp.rules.money import yen
from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.content import REASON_LIMIT, is_serial, parse_reason
from flexapp.taxbureau.database import BEIJING, stamp
from flexapp.taxbureau.outbox import Outbox
from flexapp.taxbureau.records import HistoryEntry, Page, Record, Telling
from flexapp.taxbureau.signatures import jti_of
from flexapp.taxbureau.states import NEEDS_REASON, Move, State, clerk_moves
from flexapp.taxbureau.store import Store

PAGE_SIZE = 20

_DONE = {
    Move.PAY: "已标记为已缴费。",
    Move.REVOKE: "已撤销。",
    Move.AGREE: "已同意撤销。",
    Move.DECLINE: "已答复不同意撤销。",
}
_STALE = "页面打开太久了，刚才的操作没有完成，请核对后再点一次。"


@dataclass(frozen=True, slots=True)
class _Form:
    """One button of the detail page, with its reason field where it has one."""

    move: Move
    needs_reason: bool
    reason: str
    error: str | None


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the history. `told`: how far the product knows of it, red where `refused`."""

    at: str
    what: str
    reason: str | None
    jti: str
    told: str
    refused: bool


def blueprint(store: Store, outbox: Outbox) -> Blueprint:
    """The clerk's routes over `store` and over what `outbox` has still to tell."""
    pages = Blueprint("clerk", __name__)

    @pages.get("/")
    def index() -> str:
        # Without control characters: it goes back into the page.
        search = "".join(filter(str.isprintable, request.args.get("serial", ""))).strip()
        state = _state(request.args.get("state", ""))
        page = Page((), None, None)
        # No serial holds any other character, and the search would only look for nothing.
        if not search or all(c.isascii() and (c.isalnum() or c == "-") for c in search):
            page = store.page(
                size=PAGE_SIZE,
                part_of_serial=search,
                state=state,
                older_than=_position("older"),
                newer_than=_position("newer"),
            )
        return render(
            "taxbureau/index.html",
            page=page,
            waiting=outbox.waiting(),
            parked=outbox.parked(),
            search=search,
            chosen=state,
            states=tuple(State),
            moved_on="older" in request.args or "newer" in request.args,
        )

    @pages.get("/assessments/<serial>")
    def detail(serial: str) -> Response:
        return _detail(store, serial)

    @pages.post("/assessments/<serial>/<any(pay, revoke, agree, decline):name>")
    def act(serial: str, name: str) -> Response:
        move = Move(name)
        reason: str | None = None
        if move in NEEDS_REASON:
            checked = parse_reason(request.form.get("reason", ""))
            if isinstance(checked, Refusal):
                return _detail(store, serial, status=422, error=checked.sentence)
            reason = checked
        outcome = store.move(serial, move, reason)
        if isinstance(outcome, Refusal):
            if outcome.reason == "unknown_serial":
                abort(404)
            return _detail(store, serial, status=409, alert=outcome.sentence)
        flash(_DONE[move])
        return make_response(redirect(url_for("clerk.detail", serial=serial), 303))

    @pages.app_errorhandler(CSRFError)
    def stale(_: CSRFError) -> Response:
        serial = (request.view_args or {}).get("serial", "")
        if not is_serial(serial) or store.find(serial) is None:
            # Not of a record's page; an abort in here would be a fault.
            return make_response(render("taxbureau/error.html", sentence=_STALE), 400)
        # The same page again with what was typed and a fresh token: going on is one tap.
        return _detail(store, serial, status=400, alert=_STALE)

    return pages


def _detail(
    store: Store,
    serial: str,
    *,
    status: int = 200,
    alert: str | None = None,
    error: str | None = None,
) -> Response:
    """The page of one record; after a POST that was refused, with its field as it was typed."""
    record = store.find(serial) if is_serial(serial) else None
    if record is None:
        abort(404)
    posted = (request.view_args or {}).get("name")
    history = store.history(serial)
    tellings = [each.telling.status for each in history if each.telling is not None]
    forms = [
        _Form(
            move,
            needs_reason=move in NEEDS_REASON,
            reason=request.form.get("reason", "") if move.value == posted else "",
            error=error if move.value == posted else None,
        )
        for move in clerk_moves(record.state)
    ]
    return make_response(
        render(
            "taxbureau/detail.html",
            record=record,
            facts=_facts(record),
            history=[_line(entry, record) for entry in history],
            waiting=tellings.count("waiting"),
            parked=tellings.count("parked"),
            forms=forms,
            alert=alert,
            reason_limit=REASON_LIMIT,
        ),
        status,
    )


def _facts(record: Record) -> tuple[tuple[str, str], ...]:
    """What arrived, as label and text, the person masked."""
    content = record.content
    return (
        ("姓名", content.masked_name),
        ("身份证号", content.masked_id_number),
        ("参保地区", content.division_label),
        ("虚拟单位", content.unit_name),
        ("类别", content.kind_label),
        ("开始年月", content.start_month),
        ("结束年月", content.end_month),
        ("月缴费基数", content.monthly_base),
        ("缴费基数", content.period_base),
        ("缴费总额", yen(Decimal(content.total))),
        ("收到时间", moment(record.received_at)),
        ("回执号", record.receipt),
        ("内容摘要", record.digest),
    )


def _line(entry: HistoryEntry, record: Record) -> _Line:
    """A line of the history in words, with the signed message that the product sent for it."""
    first = entry.what == "receive"
    token = record.token if first else entry.token
    return _Line(
        moment(entry.at),
        "收到核定" if first else Move(entry.what).label,
        entry.reason,
        jti_of(token) if token else "",
        _told(entry.telling, entry.at) if entry.telling is not None else "",
        refused=entry.telling is not None and entry.telling.status == "parked",
    )


def _told(telling: Telling, at: str) -> str:
    """How far the product knows of an event that happened at `at`."""
    if telling.status == "told":
        outcome = f"，{telling.outcome}" if telling.outcome else ""
        return f"已告知社保（{_after(telling.settled_at or at, at)}）{outcome}"
    if telling.status == "parked":
        return f"社保没有接受，不再告知。{telling.trouble}"
    if telling.trouble is None:
        return "尚未告知社保"
    again = _after(stamp(datetime.fromtimestamp(telling.due, BEIJING)), at)
    return f"尚未告知社保：{telling.trouble}，已试 {telling.attempts} 次，{again} 后再试"


def _after(text: str, at: str) -> str:
    """A later moment; without its date where that is the one of `at`."""
    shown = moment(text)
    return shown[11:] if text[:10] == at[:10] else shown


def moment(text: str) -> str:
    """ "2026-11-23 09:15:02" of a stored ISO time in Beijing time."""
    return text[:19].replace("T", " ")


def _state(text: str) -> State | None:
    return State(text) if text in set(State) else None


def _position(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
