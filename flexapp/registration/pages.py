"""View models of the registration pages."""

from __future__ import annotations

from dataclasses import dataclass

from flexapp.people.service import PersonCard
from flexapp.registration.service import Change, RegistrationView
from flexapp.web.formatting import day


@dataclass(frozen=True, slots=True)
class DeskPages:
    """Where the pages of a desk are, and in which layout and wording."""

    layout: str
    """Template of the layout."""
    form: str
    """URL of the form; it is posted there, too."""
    back: str
    """URL of 返回 on the form."""
    done: str
    """URL of the page that follows a successful submission."""
    review: str | None = None
    """URL of the review page, which shows the draft; None: the response to the POST is the review.
    """
    hand_over: tuple[str, str] | None = None
    """URL and label of the button that hands the input over to another desk."""
    records: str | None = None
    """URL on which to check a submission whose response got lost, if the pages offer one."""
    you: str = "您"
    """How the pages address the person; empty where a clerk reads them."""
    handed_over_by: str = "窗口"
    """Who entered what a handover code brought here."""
    in_steps: bool = True
    """Whether 长辈版 shows the form one step at a time."""
    keeps_drafts: bool = False


@dataclass(frozen=True, slots=True)
class PersonRows:
    """Known facts about the person, masked, shown read-only above the form."""

    name: str
    identity: str
    sex: str
    birth_date: str
    phone: str | None = None
    """None: not shown."""

    @classmethod
    def of(cls, person: PersonCard, phone: str | None = None) -> PersonRows:
        """Build the rows. `phone` is masked already."""
        return cls(
            name=person.masked_name,
            identity=person.masked_identity,
            sex=person.sex.label,
            birth_date=day(person.birth_date),
            phone=phone,
        )


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """The form or its review.

    `current` is the registration in force, if this desk may see it; if it may not, `elsewhere` is
    the name of its division. `changes` are the pending changes, and `digest` is their
    `review_digest`.
    """

    known: PersonRows
    current: RegistrationView | None
    elsewhere: str | None = None
    changes: tuple[Change, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DonePage:
    """The page after 提交. `home`: URL and label of the way back; `assess`: URL of 核定."""

    known: PersonRows
    registration: RegistrationView
    case: int | None
    """Number of the case to rate; None if it is not to be rated."""
    home: tuple[str, str]
    assess: str
