"""The registration form."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from flexapp.registration.service import Details, check_details
from flexapp.rules import ethnic_groups
from flexapp.rules.refusal import Refusal
from flexapp.web.forms import PageForm, strip

ETHNIC_GROUPS = (("", tuple((group.code, group.name) for group in ethnic_groups.CHOICES)),)


class RegistrationForm(PageForm):
    """The details that a resident declares. The service refuses unknown codes."""

    STEPS = (("division",), ("ethnic_group",), ("address", "credit_code"))

    division = StringField("参保地区", filters=[strip])
    ethnic_group = StringField("民族", filters=[strip])
    address = StringField("通讯地址", filters=[strip])
    credit_code = StringField("统一社会信用代码（个体工商户选填）", filters=[strip])
    reviewed = HiddenField()
    """`service.review_digest` of the changes that the review page has shown."""

    def show(self, details: Details) -> None:
        """Fill the fields with the details of a registration."""
        self.division.data = details.division.code
        self.ethnic_group.data = details.ethnic_group.code
        self.address.data = details.address
        self.credit_code.data = details.credit_code or ""

    def check(self) -> Details | tuple[Refusal, ...]:
        """Return the entered details, or all refusals of `service.check_details`."""
        return check_details(
            division=self.division.data or "",
            ethnic_group=self.ethnic_group.data or "",
            address=self.address.data or "",
            credit_code=self.credit_code.data or "",
        )
