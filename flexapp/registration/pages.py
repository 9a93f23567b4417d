"""View models of the registration pages."""

from __future__ import annotations

from dataclasses import dataclass

from flexapp.people.service import PersonCard, Visitor
from flexapp.registration.service import Change, RegistrationView
from flexapp.web.formatting import day


@dataclass(frozen=True, slots=True)
class PersonRows:
    """Known facts about the person, shown read-only above the form."""

    name: str
    identity: str
    phone: str
    sex: str
    birth_date: str

    @classmethod
    def of(cls, person: PersonCard, visitor: Visitor) -> PersonRows:
        """Build the rows, with name, ID number and phone masked."""
        return cls(
            name=person.masked_name,
            identity=person.masked_identity,
            phone=visitor.masked_phone,
            sex=person.sex.label,
            birth_date=day(person.birth_date),
        )


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """The form or its review.

    `current` is the registration in force; `changes` are the pending changes, and `digest` is their
    `review_digest`.
    """

    known: PersonRows
    current: RegistrationView | None
    changes: tuple[Change, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DonePage:
    """The page after 提交."""

    known: PersonRows
    registration: RegistrationView
    case: int | None
    """Number of the case to rate; None if it is not to be rated."""
