"""/open/check_launch.pyz: the conformance kit as one file that vendors run on their own."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask import Response

from flexapp.vendors import blueprint, conformance
from flexapp.web.access import Access, allow

PACKAGE = "conformance"
START = f'import runpy\n\nrunpy.run_module("{PACKAGE}", run_name="__main__")\n'


@cache
def archive() -> bytes:
    """Return the package of the kit as a zipapp for `python3`; the bytes are reproducible."""
    folder = Path(conformance.__file__).parent
    files = {f"{PACKAGE}/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as written:
        # A fixed date, so that two downloads of the same version are identical.
        for name, content in {"__main__.py": START.encode(), **files}.items():
            written.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return made.getvalue()


@blueprint.get("/check_launch.pyz")
@allow(Access.PUBLIC)
def conformance_kit() -> Response:
    """The program as a download."""
    answer = Response(archive(), content_type="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="check_launch.pyz"'
    return answer
