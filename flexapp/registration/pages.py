"""What the registration pages show."""

from __future__ import annotations

from dataclasses import dataclass

from flexapp.people.service import PersonCard, Visitor
from flexapp.registration.service import Change, RegistrationView
from flexapp.web.formatting import day


@dataclass(frozen=True, slots=True)
class PersonRows:
    """What is known about the person and shown, not typed again."""

    name: str
    identity: str
    phone: str
    sex: str
    birth_date: str

    @classmethod
    def of(cls, person: PersonCard, visitor: Visitor) -> PersonRows:
        """The rows of a person in front of the visitor."""
        return cls(
            name=person.masked_name,
            identity=person.masked_identity,
            phone=visitor.masked_phone,
            sex=person.sex.label,
            birth_date=day(person.birth_date),
        )


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """The form: `current` is what is registered already, `changes` what is about to change."""

    known: PersonRows
    current: RegistrationView | None
    changes: tuple[Change, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DonePage:
    """After 提交."""

    known: PersonRows
    registration: RegistrationView
    case: int | None
    """What it is rated as; None where it is not."""
