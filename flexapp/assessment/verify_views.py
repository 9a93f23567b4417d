"""/verify: whether a sheet (缴费核定凭证) is genuine, for anybody who was given one.

The QR code of a sheet leads to `/verify?serial=…&check=…`, which answers at once and only reads, as
every GET does. It is not counted: against 75 bits a count adds nothing, and since it is not, nobody
can keep others from checking a sheet by using up the tries of an address that many share. What is
typed into the form is a POST, where wrong codes count for the address it came from: that stops who
tries one after the other, and whoever holds a sheet is answered all the same. A right one leads on
to the same address as the QR code: one page says what is to be said, and may be loaded again.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from flexapp.assessment import receipts
from flexapp.assessment.receipt_forms import VerifyForm
from flexapp.assessment.receipt_pages import VerifiedPage
from flexapp.assessment.receipts import Verified
from flexapp.rules.limits import VERIFY_WRONG
from flexapp.rules.refusal import Refusal
from flexapp.web import client_ip, rate_limit
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render
from flexapp.web.navigation import see_other

blueprint = Blueprint("verify", __name__, url_prefix="/verify")


@blueprint.get("")
@allow(Access.PUBLIC)
def ask() -> Response:
    """The form; or, where a QR code led here, the answer."""
    if "serial" not in request.args and "check" not in request.args:
        return _form_page(VerifyForm(), 200)
    form = VerifyForm(request.args)
    found = _find(form)
    if found is None:
        return _form_page(form, 200)
    return render("assessment/verified.html", page=VerifiedPage.of(found))


@blueprint.post("")
@allow(Access.PUBLIC)
def check() -> Response:
    """验证, typed."""
    form = VerifyForm()
    if not form.submitted():
        return _form_page(form)
    found = _find(form)
    if found is None and form.page_fault == receipts.WRONG.sentence:
        return _wrong(form)
    if found is None:
        return _form_page(form)
    sheet = found.receipt
    return see_other(url_for("verify.ask", serial=sheet.record.serial, check=sheet.code))


def _wrong(form: VerifyForm) -> Response:
    """Count it, or say that it was one time too many; a right code is answered in any case."""
    wait = rate_limit.retry_after(VERIFY_WRONG, client_ip.client())
    if wait is None:
        rate_limit.hit(VERIFY_WRONG, client_ip.client())
        return _form_page(form)
    form.refuse(
        Refusal(
            "receipt_limit",
            f"输错的次数太多，这一个也不对。请{rate_limit.spoken(wait)}再试；"
            "扫凭证上的二维码不受影响，可以直接看结果。",
        )
    )
    refused = _form_page(form, 429)
    refused.headers["Retry-After"] = str(rate_limit.seconds(wait))
    return refused


def _find(form: VerifyForm) -> Verified | None:
    """The sheet that was asked for; None where the form says what is wrong."""
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
