"""`Refusal`: what a rule or service returns when the input or state does not allow a result."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused, in words that a resident can act on.

    `reason` is a stable code (`snake_case`) for tests, logs and APIs. `sentence` is plain Chinese
    that says what to do instead. `field` names the form field it refers to, if any.
    """

    reason: str
    sentence: str
    field: str | None = None
