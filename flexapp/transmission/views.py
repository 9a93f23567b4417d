"""Pages for 传输 and 申请税务撤销 of a record on the phone."""

from __future__ import annotations

from flask import Response, g

from flexapp.assessment.resident import ResidentRecord
from flexapp.assessment.service import Record
from flexapp.rules.refusal import Refusal
from flexapp.transmission import blueprint, flow, service
from flexapp.transmission.flow import TransmissionDesk
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.idempotency import idempotent


class ResidentTransmission(ResidentRecord, TransmissionDesk):
    """A record that the visitor sees on the phone."""

    def transmit(self) -> Record | Refusal:
        """Transmit the record in the name of the visitor."""
        return self.blocked or service.transmit(record=self.record, actor=g.visitor.actor, at=now())

    def ask_tax(self, reason: str) -> Record | Refusal:
        """Ask the tax bureau in the name of the visitor."""
        return self.blocked or service.ask_tax_to_revoke(
            record=self.record, reason=reason, actor=g.visitor.actor, at=now()
        )


@blueprint.post("/assessment/records/<serial>/transmit")
@allow(Access.PERSON)
@idempotent
def transmit(serial: str) -> Response:
    """Queue the assessment (传输), then show the list with its new state."""
    return flow.transmit(ResidentTransmission(serial))


@blueprint.get("/assessment/records/<serial>/ask-tax")
@allow(Access.PERSON)
def ask_tax(serial: str) -> Response:
    """Show the reason form."""
    return flow.show_ask_tax(ResidentTransmission(serial))


@blueprint.post("/assessment/records/<serial>/ask-tax")
@allow(Access.PERSON)
@idempotent
def send_ask_tax(serial: str) -> Response:
    """Send the revocation request (申请税务撤销)."""
    return flow.ask_tax(ResidentTransmission(serial))
