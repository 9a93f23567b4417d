"""Who may use the machine API: calls that the product signed, each once; and our signed answers."""

import logging

from flask import Response, g, request

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.database import Database
from flexapp.taxbureau.problems import problem
from flexapp.taxbureau.records import Proof
from flexapp.taxbureau.signatures import HEADER, Doubt, Keys, Message

log = logging.getLogger(__name__)

# One sentence for every reason: the log has the precise one, a stranger learns nothing.
_REFUSED = Refusal("unauthenticated", "签名不成立，什么也没有办，请对照接口说明核对。")


class Gate:
    """The machine API's gate: `check` before everything else of a call, `sign` at its very end."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def check(self) -> Response | None:
        """Let a call in whose signature holds and was not used before; else 401, and no change.

        For addresses that do not exist as well: the answer to a caller who is known is signed.
        """
        if not is_machine_path():
            return None
        query = request.query_string.decode("latin-1")
        read = self._keys.read_request(
            request.headers.get(HEADER, ""),
            self._database.moment(),
            method=request.method,
            target=f"{request.path}?{query}" if query else request.path,
        )
        # The body only now, so that a stranger cannot make us read it. One that is too long ends
        # here with 413: what was signed cannot be known, so that answer is not signed either.
        if isinstance(read, Message) and not read.covers(request.get_data()):
            read = Doubt("the body is not the one that was signed")
        if isinstance(read, Message):
            read = self._spend(read)
        if isinstance(read, Doubt):
            log.info("a call of the machine API was refused: %s", read.why)
            return problem(_REFUSED)
        g.message = read
        return None

    def sign(self, answer: Response) -> Response:
        """Sign the answer to a call that was let in, over the bytes that are sent."""
        message: Message | None = g.get("message")
        if message is not None:
            body = b"" if request.method == "HEAD" else answer.get_data()
            answer.headers[HEADER] = self._keys.sign_answer(
                self._database.moment(),
                irt=message.jti,
                status=answer.status_code,
                body=body,
                unknown=g.get("signs_wrongly", False),
            ).token
        return answer

    def _spend(self, message: Message) -> Message | Doubt:
        """Use the message up: of any number of calls at once, in any processes, one gets it."""
        with self._database.writing() as connection:
            # Read inside the transaction: what another has pruned by now has expired by now.
            seconds = self._database.moment().timestamp()
            if seconds > message.until:
                return Doubt("it has expired")
            connection.execute("DELETE FROM seen WHERE until < ?", (seconds,))
            fresh = connection.execute(
                "INSERT INTO seen (jti, until) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (message.jti, message.until),
            ).rowcount
        return message if fresh else Doubt("it came before")


def is_machine_path() -> bool:
    """Whether the request is for the machine API, at an address that exists or not."""
    return request.path == "/v1" or request.path.startswith("/v1/")


def proof_of_request() -> Proof:
    """The message of the call at hand, to be kept."""
    return Proof(g.message.token, request.get_data())
