"""经办窗口: cases of residents at a window, for clerks of townships, halls and the agency.

Each clerk signs in with two factors (staff/).

rules/capabilities.py says what each kind of counter may do for residents. The services check it,
not the pages.
"""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


def init_app(app: Flask) -> None:
    """Register the pages and desk entries of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.counter import (  # noqa: F401
        assessment_views,
        correction_views,
        dispute_views,
        disputes,
        handover_views,
        people_views,
        person_corrections,
        registration_views,
        retirement_views,
    )
    from flexapp.counter.dispute_pages import waiting_since
    from flexapp.rules.roles import Role
    from flexapp.staff.desk import DeskEntry, add_entries
    from flexapp.web.clock import today

    app.register_blueprint(blueprint)
    add_entries(
        app,
        DeskEntry(
            10,
            "居民业务",
            "凭身份证号登记、核定、查询",
            "counter.ask_person",
            "people",
            frozenset({Role.TOWNSHIP, Role.HALL}),
        ),
        DeskEntry(
            30,
            "不是本人办的",
            "参保人反映的，核实后结案",
            "counter.dispute_list",
            "people",
            frozenset({Role.HALL, Role.AGENCY, Role.AUDITOR}),
            lambda clerk: waiting_since(disputes.count(clerk), today(), began="反映"),
        ),
        DeskEntry(
            40,
            "姓名更正",
            "大厅提交的，复核后生效",
            "counter.correction_list",
            "form",
            frozenset({Role.AGENCY, Role.AUDITOR}),
            lambda clerk: waiting_since(person_corrections.count(clerk), today(), began="提交"),
        ),
    )
