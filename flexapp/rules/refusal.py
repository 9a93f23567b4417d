"""An expected "no": what every rule and service returns instead of a result it cannot give."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not done, in words a resident can act on.

    `reason` is a stable code for tests, logs and machines (`snake_case`); `sentence` is plain
    Chinese that says what to do instead; `field` names the form field it belongs beside, if any.
    """

    reason: str
    sentence: str
    field: str | None = None
