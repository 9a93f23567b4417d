"""POST /csp-reports: where browsers tell what the content security policy has blocked.

Nobody is asked who they are, and nothing is stored: each report becomes a line and a count. The
`Origin` that browsers send along is looked at as everywhere, so no other site makes its visitors
report here.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

from flask import Blueprint, Response, abort, make_response, request

from flexapp.db.session import csrf
from flexapp.rules.limits import REPORTS
from flexapp.web import csp_reports, metrics
from flexapp.web.access import Access, allow
from flexapp.web.logs import FIELDS
from flexapp.web.rate_limit import rate_limited

log = logging.getLogger(__name__)

blueprint = Blueprint("reports", __name__)

LONGEST_BODY = 16 * 1024
"""Bytes; a browser puts several reports into one message."""


@blueprint.post("/csp-reports")
@allow(Access.PUBLIC)
@rate_limited(REPORTS)
def receive() -> Response:
    """Take note; there is nothing to answer."""
    if request.mimetype not in csp_reports.MEDIA_TYPES:
        abort(415)
    request.max_content_length = LONGEST_BODY
    for violation in csp_reports.read(request.mimetype, request.get_data(cache=False)):
        metrics.csp_reported(violation.directive, violation.disposition)
        log.warning("csp violation", extra={FIELDS: asdict(violation)})
    return make_response("", 204)


# A browser reports by itself: it has no token, and a report does nothing.
csrf.exempt(receive)
