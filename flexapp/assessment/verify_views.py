"""Views of /verify: anybody may check whether a receipt (缴费核定凭证) is genuine.

The QR code leads to `/verify?serial=…&check=…`, a GET that returns the result. It is not
rate-limited. A limit adds nothing to a code of 75 bits, and it would let one visitor block others
behind the same IP address.

The form is a POST. Wrong codes count towards a limit of the client's IP address, which stops
automated guessing. A correct code is accepted even over the limit. It redirects to the address in
the QR code, so one page shows the result and can be reloaded.
"""

from __future__ import annotations

from flask import Response, request, url_for

from flexapp.assessment import blueprint, receipts
from flexapp.assessment.receipt_forms import VerifyForm
from flexapp.assessment.receipt_pages import VerifiedPage
from flexapp.assessment.receipts import Verified
from flexapp.rules.limits import VERIFY_WRONG
from flexapp.rules.refusal import Refusal
from flexapp.web import client_ip, rate_limit
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render
from flexapp.web.navigation import see_other


@blueprint.get("/verify")
@allow(Access.PUBLIC)
def verify() -> Response:
    """Show the form, or the result if the address contains a serial or a code."""
    if "serial" not in request.args and "check" not in request.args:
        return _form_page(VerifyForm(), 200)
    form = VerifyForm(request.args)
    found = _find(form)
    if found is None:
        return _form_page(form, 200)
    return render("assessment/verified.html", page=VerifiedPage.of(found))


@blueprint.post("/verify")
@allow(Access.PUBLIC)
def check_receipt() -> Response:
    """Verify a serial and code typed into the form."""
    form = VerifyForm()
    if not form.submitted():
        return _form_page(form)
    found = _find(form)
    if found is None and form.page_fault == receipts.WRONG.sentence:
        return _wrong(form)
    if found is None:
        return _form_page(form)
    sheet = found.receipt
    return see_other(url_for("assessment.verify", serial=sheet.record.serial, check=sheet.code))


def _wrong(form: VerifyForm) -> Response:
    """Count a wrong code, or respond 429 if the limit is reached."""
    wait = rate_limit.retry_after(VERIFY_WRONG, client_ip.client())
    if wait is None:
        rate_limit.hit(VERIFY_WRONG, client_ip.client())
        return _form_page(form)
    form.refuse(
        Refusal(
            "receipt_limit",
            f"输错的次数太多，这一个也不对。请{rate_limit.in_words(wait)}再试；"
            "扫凭证上的二维码不受影响，可以直接看结果。",
        )
    )
    refused = _form_page(form, 429)
    refused.headers["Retry-After"] = str(rate_limit.seconds(wait))
    return refused


def _find(form: VerifyForm) -> Verified | None:
    """Return the verified receipt, or None with the refusals added to the form."""
    serial = receipts.read_serial(form.serial.data)
    code = receipts.read_code(form.check.data)
    for answer in (serial, code):
        if isinstance(answer, Refusal):
            form.refuse(answer)
    if isinstance(serial, Refusal) or isinstance(code, Refusal):
        return None
    found = receipts.verify(serial=serial, code=code)
    if isinstance(found, Refusal):
        form.refuse(found)
        return None
    return found


def _form_page(form: VerifyForm, status: int | None = None) -> Response:
    return render("assessment/verify.html", status or form.status, form=form)
