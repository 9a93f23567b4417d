"""The machine API under /v1: assessments in, revocation requests in, the feed of changes out."""

import json
import re
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.auth import authenticate
from flexapp.taxbureau.content import is_serial, parse_content, parse_request
from flexapp.taxbureau.faults import Faults
from flexapp.taxbureau.problems import invalid, problem
from flexapp.taxbureau.states import State
from flexapp.taxbureau.store import Record, Store

MOST = 500
_NUMBER = re.compile(r"[0-9]{1,18}")
_UNKNOWN = Refusal("unknown_serial", "没有收到过这个核定流水号。")


def blueprint(store: Store, token: str, faults: Faults) -> Blueprint:
    """The routes of the machine API over `store`, open to whoever holds `token`.

    A call that got past the check of its sender is struck with what is on of `faults`.
    """
    api = Blueprint("api", __name__, url_prefix="/v1")

    @api.before_request
    def check_sender() -> Response | None:
        refusal = authenticate(request, token)
        return None if refusal is None else problem(refusal)

    api.before_request(faults.strike)

    @api.put("/assessments/<serial>")
    def receive(serial: str) -> Response:
        sent = _sent_json()
        if isinstance(sent, Refusal):
            return problem(sent)
        content = parse_content(sent)
        if isinstance(content, tuple):
            return invalid(content)
        if content.serial != serial:
            return invalid((Refusal("invalid_field", "与网址里的流水号不同。", "serial"),))
        outcome = store.receive(content)
        if isinstance(outcome, Refusal):
            return problem(outcome)
        # A receipt is about the delivery: the same delivery gets the same answer whatever the
        # record has become since. What it has become is told by the feed.
        answer = jsonify(
            serial=outcome.record.serial,
            state=State.RECEIVED.value,
            received_at=outcome.record.received_at,
            receipt=outcome.record.receipt,
        )
        answer.status_code = 201 if outcome.first else 200
        return answer

    @api.get("/assessments/<serial>")
    def show(serial: str) -> Response:
        record = store.find(serial)
        return problem(_UNKNOWN) if record is None else jsonify(_as_json(record))

    @api.post("/assessments/<serial>/revocation-requests")
    def request_revocation(serial: str) -> Response:
        sent = _sent_json()
        if isinstance(sent, Refusal):
            return problem(sent)
        asked = parse_request(sent)
        if isinstance(asked[0], Refusal):
            return invalid(tuple(each for each in asked if isinstance(each, Refusal)))
        request_id, reason = asked
        outcome = store.request_revocation(
            serial=serial, request_id=str(request_id), reason=str(reason)
        )
        if isinstance(outcome, Refusal):
            return problem(outcome)
        answer = jsonify(asdict(outcome))
        answer.status_code = 202
        return answer

    @api.get("/changes")
    def changes() -> Response:
        after, limit = _number("after", 0, 0), _number("limit", 100, 1, MOST)
        wrong = tuple(each for each in (after, limit) if isinstance(each, Refusal))
        if isinstance(after, Refusal) or isinstance(limit, Refusal):
            return invalid(wrong)
        found = store.changes(after, limit)
        told = faults.garble(found, lambda: store.changes(max(after - 3, 0), min(after, 3)))
        return jsonify(
            changes=[asdict(change) for change in told],
            next=found[-1].cursor if found else after,
        )

    @api.get("/assessments")
    def listing() -> Response:
        after, limit = request.args.get("after", ""), _number("limit", 100, 1, MOST)
        if isinstance(limit, Refusal):
            return invalid((limit,))
        if after and not is_serial(after):
            return invalid((Refusal("invalid_field", "要填一个核定流水号。", "after"),))
        found = store.listing(after, limit)
        return jsonify(
            assessments=[
                {"serial": serial, "state": state, "digest": digest}
                for serial, state, digest in found
            ],
            # A page that is not full is the last one; null says so.
            next=found[-1][0] if len(found) == limit else None,
        )

    return api


def _as_json(record: Record) -> dict[str, object]:
    """The record without what it says about a person: the digest proves the content."""
    return {
        "serial": record.serial,
        "state": record.state,
        "digest": record.digest,
        "received_at": record.received_at,
        "changed_at": record.changed_at,
        "receipt": record.receipt,
        "reason": record.reason,
    }


def _number(name: str, default: int, least: int, most: int | None = None) -> int | Refusal:
    """A whole number of the query, within its bounds."""
    text = request.args.get(name)
    if text is None:
        return default
    if _NUMBER.fullmatch(text):
        number = int(text)
        if number >= least and (most is None or number <= most):
            return number
    upper = "" if most is None else f"，不超过 {most}"
    return Refusal("invalid_field", f"要填整数，不小于 {least}{upper}。", name)


def _sent_json() -> object | Refusal:
    """The decoded JSON body. A key given twice is refused: which one counts would be a guess."""
    if not request.is_json:
        return Refusal("unsupported_media_type", "请求内容要用 application/json。")
    try:
        sent: object = json.loads(request.get_data(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Refusal("invalid_body", "请求内容不是正确的 JSON。")
    return sent


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
