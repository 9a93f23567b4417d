"""The desk of the phone: the visitor, for themselves or as a proxy (代他人核定)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from flask import abort, g, url_for

from flexapp.agency.service import why_not_open
from flexapp.assessment import creation, disputes, proxy
from flexapp.assessment.creation import Assessed, AssessmentSubject
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.eligibility import eligibility
from flexapp.assessment.flow import AssessmentDesk, RecordDesk
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.months import YearMonths, listed_months
from flexapp.assessment.queries import (
    RESIDENT_PAGES,
    Record,
    find_for,
    made_for,
    own_records,
    refuse_mover,
    who_for,
)
from flexapp.assessment.service import own_subject
from flexapp.assessment.transitions import transition
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.people import draft_decorators, handover_codes
from flexapp.people.drafts import Draft
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.web.clock import now, today
from flexapp.web.navigation import row_in


class ResidentDesk(AssessmentDesk):
    """The visitor, or a person for whom the visitor acts as a proxy, on the phone."""

    pages = RESIDENT_PAGES

    def __init__(self, who: str, subject: AssessmentSubject) -> None:
        """A proxy sees only the records that they made, and cannot send the person to a counter."""
        self.who, self.subject = who, subject
        self.back = url_for("assessment.choose")
        if subject.by_proxy:
            self.seen_by = g.visitor.account_id
        else:
            self.hand_over = (url_for("assessment.hand_over"), "到窗口继续办理")

    @cached_property
    def not_open(self) -> Refusal | None:
        """Why nothing can be assessed in the person's area or through this channel."""
        return why_not_open(
            division=self.subject.registration.division,
            actor=g.visitor.actor,
            action=Action.ASSESS,
            today=today(),
        )

    def continued(self) -> Mapping[str, str] | None:
        """Return what was begun at a counter. Only for oneself."""
        if self.subject.by_proxy:
            return None
        found = handover_codes.redeemed(
            number=row_in("continued"),
            person_id=g.visitor.me.id,
            action=Action.ASSESS,
            actor=g.visitor.actor,
        )
        return None if found is None else found.typed

    def draft(self) -> Draft | None:
        """Return the visitor's draft for this person."""
        return draft_decorators.load_draft(url_for("assessment.create", who=self.who))

    def records(self, before: int | None) -> Sequence[Record]:
        """Return the person's records; for a proxy those that they made."""
        if self.subject.by_proxy:
            return made_for(self.subject.person.id, g.visitor.account_id, before)
        return own_records(self.subject.person.id, before)

    def assess(self, form: AssessmentForm) -> tuple[Refusal, ...]:
        """Store the assessment in the name of the visitor."""
        outcome = creation.assess(
            subject=self.subject,
            start=form.start.data,
            end=form.end.data,
            base=form.base.data,
            actor=g.visitor.actor,
            at=now(),
            today=today(),
            shown=form.shown,
            bounds=self.bounds,
        )
        return () if isinstance(outcome, Assessed) else outcome


class ResidentRecord(RecordDesk):
    """A record that the visitor sees on the phone: their own, or one they made as a proxy."""

    pages = RESIDENT_PAGES

    def __init__(self, serial: str) -> None:
        """Load the record; 404 if it is unknown or not visible to the visitor."""
        record = find_for(serial, g.visitor)
        if record is None:
            abort(404)
        self.record = record
        self.own = record.person_id == g.visitor.me.id

    @cached_property
    def blocked(self) -> Refusal | None:
        """Why the visitor may not move the record: the person has closed proxy handling."""
        return refuse_mover(self.record, g.visitor)

    @cached_property
    def who(self) -> str | None:
        """ "self", the token of a proxy case, or None if no case is valid."""
        return who_for(self.record, g.visitor, self.blocked)

    @property
    def list_url(self) -> str:
        """URL of the person's list; of the choice page if a proxy's case has ended."""
        if self.who is None:
            return url_for("assessment.choose")
        return url_for("assessment.records", who=self.who)

    def events(self) -> Sequence[Event]:
        """Return the audit events about the record."""
        return audit.of_subject(subject=self.record.serial)

    def dispute(self) -> Dispute | None:
        """Return the latest case of 不是我办的."""
        return disputes.latest_of(self.record)

    def months(self) -> tuple[YearMonths, ...]:
        """Return the months above the list; () if a proxy's case has ended."""
        if self.who is None:
            return ()
        subject = (
            own_subject(g.visitor)
            if self.own
            else proxy.subject_of(token=self.who, visitor=g.visitor)
        )
        if not isinstance(subject, AssessmentSubject):
            return ()
        bounds = eligibility(
            person=subject.person, registration=subject.registration, today=today()
        )
        seen_by = None if self.own else g.visitor.account_id
        return listed_months(bounds, who=self.who, today=today(), seen_by=seen_by)

    def revoke(self) -> Record | Refusal:
        """Revoke the record in the name of the visitor."""
        return self.blocked or transition(
            record=self.record, move=Move.REVOKE, actor=g.visitor.actor, at=now()
        )
