"""核定 at every desk: the records, the form, its read-back and explanation, one record and 撤销.

The views of a desk (the resident's and proxy's, the window's, the practice's) check who may use it,
make its `AssessmentDesk` or `RecordDesk` and return the response of one of these functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property

from flask import Response, request

from flexapp.assessment import pages
from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.calculator_view import ChoiceView, months_to_tap
from flexapp.assessment.creation import AssessmentSubject, Proposal, propose
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.eligibility import Eligibility, eligibility
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.months import YearMonths, listed_months
from flexapp.assessment.queries import DeskPages, Record
from flexapp.assessment.receipt_pages import ReceiptPage
from flexapp.assessment.receipts import issue
from flexapp.assessment.unavailable_pages import why_closed
from flexapp.audit.service import Event
from flexapp.people.accessibility_mode import is_elder
from flexapp.people.drafts import Draft
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply
from flexapp.web import page_owner
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused, wants_fragment
from flexapp.web.navigation import before_row, see_other


class AssessmentDesk(ABC):
    """Whom assessments are for, what may be done here, and where they are stored."""

    pages: DeskPages
    who: str
    """How the addresses of this desk name the person."""
    subject: AssessmentSubject
    kind: RateKind = RateKind.FLEXIBLE
    back: str
    """URL of 返回 on the list and on the form."""
    title: str = "灵活就业人员养老保险缴费核定"
    lead: str | None = None
    """Sentence above the form."""
    in_steps: bool = True
    """Whether 长辈版 shows the form one step at a time."""
    seen_by: int | None = None
    """The account whose records alone are visible here; None if all of the person's are."""
    hand_over: tuple[str, str] | None = None
    """URL and label of the button that hands the entry over to another desk."""
    handed_over_by: str = "窗口"
    """Who entered what a handover code brought here."""

    @cached_property
    def bounds(self) -> Eligibility:
        """What can be assessed, read once in a request."""
        return eligibility(
            person=self.subject.person, registration=self.subject.registration, today=today()
        )

    @cached_property
    def not_open(self) -> Refusal | None:
        """Why nothing can be assessed through this channel (试点), or None."""
        return None

    def continued(self) -> Mapping[str, str] | None:
        """Return the entry that was handed over to this desk and is continued here, or None."""
        return None

    def draft(self) -> Draft | None:
        """Return the saved draft of the form, or None."""
        return None

    @abstractmethod
    def records(self, before: int | None) -> Sequence[Record]:
        """Return the visible records, newest first; one more than a page if there are older."""

    @abstractmethod
    def assess(self, form: AssessmentForm) -> tuple[Refusal, ...]:
        """Store the assessment entered in the form, or return every refusal."""


class RecordDesk(ABC):
    """One record at a desk: who looks at it, what may be done with it, where it is stored."""

    pages: DeskPages
    record: Record
    own: bool = True
    """Whether names in its history are shown: to the person and to a window."""

    @property
    @abstractmethod
    def who(self) -> str | None:
        """How addresses name the person; None if this visitor has no list of theirs any more."""

    @property
    @abstractmethod
    def list_url(self) -> str:
        """URL of the page that lists the record."""

    @property
    def blocked(self) -> Refusal | None:
        """Why this desk offers no moves of the record, or None."""
        return None

    def why_not(self, move: Move) -> Refusal | None:
        """Return why this desk may not make the move, whatever the state; None if it may."""
        return self.blocked

    def refuse(self, move: Move) -> Refusal | None:
        """Return why the move is refused, here or in the present state; None if it is allowed."""
        target = apply(self.record.state, move, claimed=self.record.claimed)
        return self.why_not(move) or (target if isinstance(target, Refusal) else None)

    @abstractmethod
    def events(self) -> Sequence[Event]:
        """Return the events of the record, oldest first."""

    def dispute(self) -> Dispute | None:
        """Return the latest case of 不是我办的 about the record, or None."""
        return None

    @abstractmethod
    def months(self) -> tuple[YearMonths, ...]:
        """Return the months above the list of the record; () if this visitor may not see them."""

    @abstractmethod
    def revoke(self) -> Record | Refusal:
        """Revoke the record (撤销)."""


def show_records(desk: AssessmentDesk) -> Response:
    """List the records, newest first. Show the form if there are none yet."""
    before = before_row()
    found = desk.records(before)
    hidden = (
        [m for m, row in desk.bounds.reserved.items() if row.made_by != desk.seen_by]
        if desk.seen_by is not None
        else []
    )
    if not found and not hidden and before is None:
        return show_form(desk)
    page = pages.ListPage.of(
        pages.Header.of(desk.who, desk.subject),
        found,
        months=listed_months(
            desk.bounds,
            who=desk.who,
            today=today(),
            seen_by=desk.seen_by,
            desk=desk.pages,
            not_open=desk.not_open,
        ),
        hidden=hidden,
        desk=desk.pages,
        not_open=desk.not_open,
    )
    return render("assessment/records.html", page=page, desk=desk)


def show_form(desk: AssessmentDesk) -> Response:
    """Show the form, filled from a handed-over entry, the address, or a draft."""
    form = AssessmentForm(request.args if _address_selects() else None)
    continued, draft = desk.continued(), None
    if continued is not None:
        form.fill(continued)
    elif missing := _left_open():
        draft = desk.draft()
        if draft is not None:
            form.fill({name: draft.typed.get(name, "") for name in missing})
    return _form_page(
        desk, form, preview=bool(form.base.data), continued=continued is not None, draft=draft
    )


def create(desk: AssessmentDesk) -> Response:
    """核定: create an assessment from the form, show its preview, or change its step."""
    form = AssessmentForm()
    preview = "preview" in request.form
    submitted = form.submitted() and not preview
    if form.changing_step:
        period = desk.bounds.check(form.start.data, form.end.data)
        if isinstance(period, Refusal):
            form.refuse(period)
    if not submitted:
        return _form_page(desk, form, preview=preview or bool(form.base.data))
    refusals = desk.assess(form)
    if not refusals:
        return see_other(desk.pages.listing("records", desk.who))
    for refusal in refusals:
        form.refuse(refusal)
    if any(refusal.reason == "month_taken" for refusal in refusals):
        # Perhaps taken after the months were read in this request.
        desk.__dict__.pop("bounds", None)
    return _form_page(desk, form)


def read_back(desk: AssessmentDesk) -> Response:
    """Return the read-back of the entry while it is typed; a browser is led to the form."""
    if not wants_fragment():
        return see_other(desk.pages.listing("new", desk.who))
    form = AssessmentForm(request.args)
    choice = ChoiceView.of(form, desk.bounds, desk=desk.pages, who=desk.who, kind=desk.kind)
    return render("assessment/form.html", block="choice", choice=choice, desk=desk)


def explain_entry(desk: AssessmentDesk) -> Response:
    """Explain the calculation of an entry (怎么算的).

    Without a valid entry, redirect to the form, which shows the reason.
    """
    if page_owner.address_is_of_another():
        return see_other(desk.pages.listing("new", desk.who))
    form = AssessmentForm(request.args)
    back = desk.pages.listing("new", desk.who, **form.entries)
    outcome = propose(
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        bounds=desk.bounds,
        kind=desk.kind,
    )
    if not isinstance(outcome, Proposal):
        return see_other(back)
    page = ExplainedPage.tried(outcome, back=back, today=today())
    return render("assessment/explained.html", page=page, desk=desk)


def show_record(desk: RecordDesk) -> Response:
    """Show one record: amounts, their calculation and its history."""
    page = pages.DetailPage.of(
        desk.record,
        who=desk.who,
        back=desk.list_url,
        events=desk.events(),
        own=desk.own,
        blocked=desk.blocked,
        case=desk.dispute(),
        desk=desk.pages,
        months=desk.months() if desk.record.state is State.REVOKED else (),
    )
    return render("assessment/record.html", page=page, desk=desk)


def explain_record(desk: RecordDesk) -> Response:
    """Show every step of the calculation and the source of its figures (怎么算的)."""
    page = ExplainedPage.of(desk.record, back=_url_of(desk, "detail"))
    return render("assessment/explained.html", page=page, desk=desk)


def show_receipt(desk: RecordDesk) -> Response:
    """Show the receipt (缴费核定凭证), to be shown, sent as a picture or printed."""
    page = ReceiptPage.of(issue(desk.record), at=now(), back=_url_of(desk, "detail"))
    return render("assessment/receipt.html", page=page, desk=desk)


def show_card(desk: RecordDesk) -> Response:
    """Return one record's card, polled while the tax bureau's answer is awaited.

    For a list, the months above the list are included.
    """
    listed = "listed" in request.args
    months = desk.months() if listed or desk.record.state is State.REVOKED else ()
    card = pages.RecordCard.of(
        desk.record,
        who=desk.who,
        shown_at=desk.list_url,
        listed=listed,
        polls=max(0, request.args.get("polls", 0, type=int)),
        blocked=desk.blocked,
        desk=desk.pages,
        months=months,
    )
    months = months if listed else ()
    return render("assessment/card.html", block="polled", card=card, months=months, desk=desk)


def ask_revoke(desk: RecordDesk) -> Response:
    """Ask to confirm revoking (撤销): a dialog, or a page of its own without JavaScript."""
    return render(
        "assessment/revoke.html",
        card=pages.RecordCard.of(
            desk.record, who=desk.who, shown_at=desk.list_url, desk=desk.pages
        ),
        refusal=desk.refuse(Move.REVOKE),
        action=_url_of(desk, "revoke"),
        back=desk.list_url,
        desk=desk,
    )


def revoke(desk: RecordDesk) -> Response:
    """Revoke the record, after confirmation (撤销)."""
    return after_move(desk, desk.revoke())


def after_move(desk: RecordDesk, outcome: Record | Refusal) -> Response:
    """Redirect to the list, or show why the move was refused."""
    if isinstance(outcome, Refusal):
        return render_refused(outcome, desk.list_url)
    return see_other(desk.list_url)


def _url_of(desk: RecordDesk, name: str) -> str:
    return desk.pages.record(name, desk.record.serial, desk.who)


def _address_selects() -> bool:
    """Whether the address contains a selection that was not made for somebody else."""
    return "start" in request.args and not page_owner.address_is_of_another()


def _left_open() -> tuple[str, ...]:
    """Return the fields that the address leaves open.

    A link of a quick choice, of a month or of 重新核定 sets some of them.
    """
    if not _address_selects():
        return ("start", "end", "base")
    return () if "base" in request.args else ("base",)


def _form_page(
    desk: AssessmentDesk,
    form: AssessmentForm,
    *,
    preview: bool = True,
    continued: bool = False,
    draft: Draft | None = None,
) -> Response:
    gone = pages.clear_unavailable_months(form, desk.bounds) if draft is not None else ()
    if not form.start.data and not form.faulty and not gone and desk.bounds.longest is not None:
        start, end = map(str, desk.bounds.longest)
        form.fill({"start": start, "end": end, "tap": ""})
    if desk.in_steps and is_elder():
        form.show_step()
    who, at = desk.who, desk.pages
    page = pages.FormPage(
        header=pages.Header.of(desk.who, desk.subject),
        month_options=pages.month_options(desk.bounds, (form.start.data, form.end.data)),
        closed=why_closed(
            desk.bounds, not_open=desk.not_open, seen_by=desk.seen_by, who=who, desk=at
        ),
        choice=ChoiceView.of(form, desk.bounds, kind=desk.kind, preview=preview, who=who, desk=at),
        months=months_to_tap(
            form, desk.bounds, today=today(), seen_by=desk.seen_by, who=who, desk=at
        ),
        conflicts=_conflicts(desk, form) if form.faulty else (),
        desk=desk.pages,
        elsewhere=desk.hand_over,
        continued=f"接着{desk.handed_over_by}已填的内容，核对后再核定。" if continued else None,
    )
    return render(
        "assessment/form.html", form.status, form=form, page=page, desk=desk, draft=draft, gone=gone
    )


def _conflicts(desk: AssessmentDesk, form: AssessmentForm) -> tuple[tuple[str, str], ...]:
    """Return serial and address of the visible records that reserve a selected month."""
    try:
        start, end = Month.parse(form.start.data), Month.parse(form.end.data)
    except ValueError:
        return ()
    serials = {
        row.serial
        for month, row in desk.bounds.reserved.items()
        if start <= month <= end and desk.seen_by in (None, row.made_by)
    }
    return tuple(
        (serial, desk.pages.record("detail", serial, desk.who)) for serial in sorted(serials)
    )
