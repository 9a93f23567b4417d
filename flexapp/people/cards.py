"""`PersonCard`: a person as other slices see it, built from a row or from joined columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from flexapp.db.session import prefill
from flexapp.people.models import Person
from flexapp.people.visitor_repository import PERSON_NAMES, Joined
from flexapp.rules.identity import IdentityNumber, Sex, mask_name
from flexapp.rules.periods import Month
from flexapp.rules.retirement import OriginalAge, default_original_age


@dataclass(frozen=True, slots=True, repr=False)
class PersonCard:
    """A person, as other slices see it. It has no repr, so that it is never logged."""

    id: int
    name: str
    identity: IdentityNumber
    proxy_allowed: bool
    recorded_age: OriginalAge | None = None
    """Original retirement age recorded by a hall; None for the usual one."""
    approved_month: Month | None = None
    """Approved retirement month recorded by a hall; None if there is none."""

    @property
    def masked_name(self) -> str:
        """The name masked, such as "马*"."""
        return mask_name(self.name)

    @property
    def masked_identity(self) -> str:
        """The ID number masked, such as "640104********0021"."""
        return self.identity.masked

    @property
    def sex(self) -> Sex:
        """The sex, from the ID number."""
        return self.identity.sex

    @property
    def birth_date(self) -> date:
        """The date of birth, from the ID number."""
        return self.identity.birth_date

    @property
    def birth_month(self) -> Month:
        """The month of birth, the start for calculating the retirement date."""
        return Month.of(self.identity.birth_date)

    @property
    def original_age(self) -> OriginalAge:
        """The original retirement age: the recorded one, or the default for the sex."""
        return self.recorded_age or default_original_age(self.sex)


def card_of(row: Person) -> PersonCard:
    """Build the card of a stored person."""
    return card_from(row.id, {name: getattr(row, name) for name in PERSON_NAMES})


def card_from(person_id: int, row: Mapping[str, Any]) -> PersonCard:
    """Build a card from the columns `PERSON_NAMES`."""
    return PersonCard(
        id=person_id,
        name=row["name"],
        identity=IdentityNumber(row["identity"]),
        proxy_allowed=row["proxy_allowed"],
        **_retirement(row["original_age"], row["approved_month"]),
    )


class _Retirement(TypedDict):
    recorded_age: OriginalAge | None
    approved_month: Month | None


def _retirement(age: object, month: object) -> _Retirement:
    return {
        "recorded_age": OriginalAge(str(age)) if age else None,
        "approved_month": Month.parse(str(month)) if month else None,
    }


PERSON = Joined(
    columns=[getattr(Person, name) for name in PERSON_NAMES],
    tables=(),
    then=lambda person_id, values: prefill(
        ("person", person_id), card_from(person_id, dict(zip(PERSON_NAMES, values, strict=True)))
    ),
)
"""For statements of other slices that join the person: `person_by_id` then needs no other."""
