"""The forms of this slice: the vendors' sandbox has the only one."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm


def _ends(value: str | None) -> str:
    # The lines of a PEM stay lines.
    return (value or "").strip()


class SandboxForm(PageForm):
    """A vendor's public key, as JWK or PEM."""

    key = StringField("公钥（JWK 或 PEM）", filters=[_ends])
