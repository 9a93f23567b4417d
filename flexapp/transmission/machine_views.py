"""POST /tax/v1/events: events from the tax bureau's server. Request and answer are signed."""

from __future__ import annotations

import json
import logging

from flask import Response, current_app, request

from flexapp.config import Settings
from flexapp.db.session import csrf, db
from flexapp.rules.refusal import Refusal
from flexapp.signing import InvalidMessage
from flexapp.transmission import blueprint, events, protocol
from flexapp.transmission.event_transitions import Conflict
from flexapp.transmission.protocol import HEADER, Proof
from flexapp.web.access import Access, allow
from flexapp.web.clock import utcnow
from flexapp.web.message_replay import is_first
from flexapp.web.problem_json import problem

log = logging.getLogger(__name__)

NOT_BELIEVED = "签名不成立，什么也没有改变；请核对密钥、时钟和接口说明。"


@blueprint.post(protocol.EVENTS)
@allow(Access.MACHINE)
def receive_event() -> Response:
    """Take one event. 401 if its signature is not valid: nothing is changed then."""
    settings: Settings = current_app.config["SETTINGS"]
    body, signature = request.get_data(), request.headers.get(HEADER, "")
    query = request.query_string.decode("latin-1")
    try:
        message = protocol.check_request(
            signature,
            settings.tax_keys,
            method=request.method,
            target=request.path + (f"?{query}" if query else ""),
            body=body,
            at=utcnow(),
        )
        if not is_first(message):
            raise InvalidMessage("replayed", "the message was taken before")
    except InvalidMessage as error:
        # The exact reason goes to the log only: a sender that is not the tax bureau need not know
        # it.
        log.warning("an event that is not believed: %s", error.reason)
        answer = problem(401, "unauthenticated", NOT_BELIEVED)
        answer.headers["WWW-Authenticate"] = HEADER
        return answer
    answer = _taken(body, Proof(signature, body.decode(errors="replace")))
    answer.headers[HEADER] = protocol.answer_signature(
        settings.signing_keys[0],
        request_id=message.id,
        status=answer.status_code,
        body=answer.get_data(),
        at=utcnow(),
    )
    return answer


csrf.exempt(receive_event)  # not called by browsers, and reads no cookie


def _taken(body: bytes, proof: Proof) -> Response:
    if not request.is_json:
        return problem(415, "unsupported_media_type", "请求内容要用 application/json。")
    try:
        sent: object = json.loads(body)
    except (ValueError, RecursionError):
        return problem(422, "invalid_body", "请求内容不是正确的 JSON。")
    event = events.parse(sent)
    if isinstance(event, tuple):
        field, sentence = event[0]
        detail = f"内容有误，没有保存。{field + '：' if field else ''}{sentence}"
        return problem(422, "invalid", detail, event)
    try:
        outcome = events.receive(event, proof)
    except Conflict:
        db.session.rollback()
        return problem(503, "overtaken", "这笔核定正好有了变化，什么也没有保存，请稍后重发。")
    if isinstance(outcome, Refusal):
        return problem(409, outcome.reason, outcome.sentence)
    text = json.dumps({"event_id": event.event_id, "outcome": outcome.value})
    return Response(text, content_type="application/json")
