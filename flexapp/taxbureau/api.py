"""The machine API under /v1: assessments in, revocation requests in, what is held out.

Who calls is settled before anything here is reached, and what is answered is signed after it (see
`auth`).
"""

import json
import re
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.auth import proof_of_request
from flexapp.taxbureau.content import parse_content, parse_request
from flexapp.taxbureau.faults import Faults
from flexapp.taxbureau.problems import invalid, problem
from flexapp.taxbureau.states import State
from flexapp.taxbureau.store import Store

MOST = 500
_NUMBER = re.compile(r"[0-9]{1,18}")
_UNKNOWN = Refusal("unknown_serial", "没有收到过这个核定流水号。")


def blueprint(store: Store, faults: Faults) -> Blueprint:
    """The routes of the machine API over `store`, each struck with what is on of `faults`."""
    api = Blueprint("api", __name__, url_prefix="/v1")
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
        outcome = store.receive(content, proof_of_request())
        if isinstance(outcome, Refusal):
            return problem(outcome)
        # A receipt is about the delivery: the same delivery gets the same answer whatever the
        # record has become since. What it has become is told by events.
        answer = jsonify(
            serial=outcome.record.serial,
            state=State.RECEIVED.value,
            digest=outcome.record.digest,
            received_at=outcome.record.received_at,
            receipt=outcome.record.receipt,
        )
        answer.status_code = 201 if outcome.first else 200
        return answer

    @api.get("/assessments/<serial>")
    def show(serial: str) -> Response:
        holding = store.holding(serial)
        return problem(_UNKNOWN) if holding is None else jsonify(asdict(holding))

    @api.get("/assessments/<serial>/messages")
    def messages(serial: str) -> Response:
        if store.holding(serial) is None:
            return problem(_UNKNOWN)
        return jsonify(messages=[asdict(each) for each in store.messages(serial)])

    @api.get("/signatures")
    def signatures() -> Response:
        limit = _number("limit", 100, 1, MOST)
        if isinstance(limit, Refusal):
            return invalid((limit,))
        return jsonify(signatures=[each.signature for each in store.newest_messages(limit)])

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
            serial=serial,
            request_id=str(request_id),
            reason=str(reason),
            proof=proof_of_request(),
        )
        if isinstance(outcome, Refusal):
            return problem(outcome)
        answer = jsonify(asdict(outcome))
        answer.status_code = 202
        return answer

    @api.get("/assessments")
    def listing() -> Response:
        after, limit = _number("after", 0, 0), _number("limit", 100, 1, MOST)
        wrong = tuple(each for each in (after, limit) if isinstance(each, Refusal))
        if isinstance(after, Refusal) or isinstance(limit, Refusal):
            return invalid(wrong)
        found = store.holdings(after, limit)
        return jsonify(
            assessments=[asdict(holding) for holding in found],
            # A page that is not full is the last one; null says so.
            next=found[-1].cursor if len(found) == limit else None,
        )

    return api


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
