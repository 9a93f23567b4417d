"""Forms of this slice."""

from __future__ import annotations

from wtforms import StringField

from flexapp.rules.text import printable
from flexapp.web.forms import PageForm, strip


def _ends(value: str | None) -> str:
    # Keep the line breaks of a PEM.
    return printable(value or "").strip()


class PosterForm(PageForm):
    """The area of a poster."""

    area = StringField("参保地区", filters=[strip])


class SandboxForm(PageForm):
    """A vendor's public key, as JWK or PEM."""

    key = StringField("公钥（JWK 或 PEM）", filters=[_ends])
