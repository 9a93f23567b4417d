"""POST /csp-reports: browsers report violations of the content security policy here.

The endpoint needs no authentication and stores nothing: each report becomes a log line and a
metric. The `Origin` header is checked as for every POST (web/origin_check.py), so other sites
cannot make their visitors send reports.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

from flask import Response, abort, make_response, request

from flexapp.db.session import csrf
from flexapp.rules.limits import REPORTS
from flexapp.web import blueprint, csp_reports, metrics
from flexapp.web.access import Access, allow
from flexapp.web.logs import FIELDS
from flexapp.web.rate_limit import rate_limited

log = logging.getLogger(__name__)

MAX_BODY = 16 * 1024
"""Maximum body size in bytes; a browser may send several reports in one message."""


@blueprint.post("/csp-reports")
@allow(Access.PUBLIC)
@rate_limited(REPORTS)
def receive_csp_report() -> Response:
    """Log and count the reports; 204 without a body, 415 for any other media type."""
    if request.mimetype not in csp_reports.MEDIA_TYPES:
        abort(415)
    request.max_content_length = MAX_BODY
    for violation in csp_reports.read(request.mimetype, request.get_data(cache=False)):
        metrics.csp_reported(violation.directive, violation.disposition)
        log.warning("csp violation", extra={FIELDS: asdict(violation)})
    return make_response("", 204)


# The browser sends reports by itself, without a CSRF token. A report changes no data.
csrf.exempt(receive_csp_report)
