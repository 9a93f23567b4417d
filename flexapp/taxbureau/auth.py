"""Who may use the machine API. A later version replaces the shared token by signed messages."""

import hmac

from flask import Request

from flexapp.rules.refusal import Refusal


def authenticate(incoming: Request, token: str) -> Refusal | None:
    """`None` when `incoming` carries `Authorization: Bearer <token>`, else why not.

    Compared in constant time. The refusal (`unauthenticated`) is the same for a missing and for a
    wrong token.
    """
    given = incoming.authorization
    if (
        given is not None
        and given.type == "bearer"
        and given.token is not None
        # Bytes: `compare_digest` takes no text beyond ASCII, and a header may hold any.
        and hmac.compare_digest(given.token.encode(), token.encode())
    ):
        return None
    return Refusal("unauthenticated", "缺少接口令牌，或令牌不对。")
