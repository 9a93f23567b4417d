"""Tells the product what happened: pushes events, and believes its answers only when signed."""

import json
import logging
import random
import time
from dataclasses import asdict
from datetime import datetime

import httpx
from flask import Flask

from flexapp.taxbureau.database import Database
from flexapp.taxbureau.faults import Faults, Kind
from flexapp.taxbureau.outbox import Offer, Outbox
from flexapp.taxbureau.records import Proof
from flexapp.taxbureau.signatures import HEADER, Doubt, Keys

log = logging.getLogger(__name__)

PATH = "/tax/v1/events"
TIMEOUT = 10
"""Seconds that the product has for its answer: well within `outbox.LEASE`."""
PAUSE = 0.5
"""Seconds between two rounds when there is nothing to tell."""

#: Answers that another try would not change.
_FINAL = frozenset({409, 413, 422})

_OUTCOMES = {
    "applied": "社保已照办",
    "nothing_to_do": "社保早已如此",
    "conflict": "与社保的账不符，社保已报经办机构",
    "unknown_serial": "社保没有这个流水号，已报经办机构",
}


class Delivery:
    """Rounds of telling. Any number of threads and processes may run them at the same time."""

    def __init__(self, database: Database, keys: Keys, faults: Faults) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._keys = keys
        self._faults = faults

    def round(self, client: httpx.Client, limit: int) -> int:
        """Offer at most `limit` events that are due now, each once; how many were noted."""
        # What fails is due again later than this moment, so it is not offered twice in a round.
        began = self._database.moment()
        offered = noted = 0
        while offered < limit:
            batch = self._next(began, limit - offered)
            if not batch:
                break
            offered += len({each.change.cursor for each in batch})
            noted += sum(self._offer(client, each) for each in batch)
        return noted

    def _next(self, began: datetime, most: int) -> list[Offer]:
        """The next event; or with the fault 变动重复乱序, all of them twice and shuffled."""
        if not self._faults.is_on(Kind.GARBLE):
            return list(self._outbox.take(began))
        mixed: list[Offer] = []
        for each in self._outbox.take(began, most=most, out_of_order=True):
            if self._faults.strikes(Kind.GARBLE):
                mixed += [each, each]
            elif each.early:
                # Not struck, so it keeps its place behind the earlier one.
                self._outbox.put_back(each)
            else:
                mixed.append(each)
        random.shuffle(mixed)
        return mixed

    def _offer(self, client: httpx.Client, offer: Offer) -> bool:
        """Whether the product noted it, and for the first time."""
        body = json.dumps(asdict(offer.change), ensure_ascii=False).encode()
        sent = self._keys.sign_event(
            self._database.moment(),
            "POST",
            PATH,
            body,
            unknown=self._faults.strikes(Kind.SIGN),
        )
        headers = {"Content-Type": "application/json", HEADER: sent.token}
        try:
            answer = client.post(PATH, content=body, headers=headers)
        except (httpx.HTTPError, OSError) as fault:
            log.info("an event could not be told: %s", type(fault).__name__)
            self._outbox.failed(offer, _no_answer(fault))
            return False
        read = self._keys.read_answer(
            answer.headers.get(HEADER, ""),
            self._database.moment(),
            irt=sent.jti,
            status=answer.status_code,
            body=answer.content,
        )
        if isinstance(read, Doubt):
            # As if there were no answer: anybody on the way may have written it.
            log.info("answer %s to an event was not believed: %s", answer.status_code, read.why)
            self._outbox.failed(offer, f"社保答复 {answer.status_code}，签名不成立")
            return False
        proof = Proof(read.token, answer.content)
        if answer.is_success:
            return self._outbox.told(offer, sent, proof, _outcome(answer))
        if answer.status_code in _FINAL:
            self._outbox.park(offer, sent, proof, _refusal(answer))
        else:
            self._outbox.failed(offer, f"社保答复 {answer.status_code}")
        return False


def deliver_events(app: Flask, client: httpx.Client, limit: int = 50) -> int:
    """One round of telling the product, below `client`'s base URL, what it does not know yet.

    `app` is one that `create_taxbureau` made. Returns how many events the product noted; those it
    did not note are offered again in later rounds, further and further apart.
    """
    delivery: Delivery = app.extensions["taxbureau_delivery"]
    return delivery.round(client, limit)


def deliver_forever(app: Flask, url: str) -> None:
    """Rounds without end, to the product at `url`; no fault of one ends them."""
    with httpx.Client(base_url=url, timeout=TIMEOUT) as client:
        while True:
            try:
                noted = deliver_events(app, client)
            except Exception:
                log.exception("a round of telling the product failed")
                noted = 0
            if not noted:
                time.sleep(PAUSE)


def _no_answer(fault: Exception) -> str:
    """Why there is no answer at all, in the clerk's words."""
    if isinstance(fault, (httpx.ConnectError, httpx.ConnectTimeout)):
        return "连不上社保"
    return "社保没有按时答复" if isinstance(fault, httpx.TimeoutException) else "与社保的连接断了"


def _outcome(answer: httpx.Response) -> str | None:
    """What the product says it did, in the clerk's words."""
    return _OUTCOMES.get(_text(answer, "outcome"))


def _refusal(answer: httpx.Response) -> str:
    """Why the product does not accept it, in its own words where it gave any."""
    detail = _text(answer, "detail")[:200]
    return f"社保答复 {answer.status_code}{'：' if detail else ''}{detail}"


def _text(answer: httpx.Response, name: str) -> str:
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    found = document.get(name) if isinstance(document, dict) else None
    # Only what can be stored and shown; half a surrogate can be neither.
    return found if isinstance(found, str) and found.isprintable() else ""
