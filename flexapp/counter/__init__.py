"""经办窗口: staff of townships, halls and the agency, each signed in with two factors.

What each kind of counter may do for residents is settled in rules/capabilities.py and asked by the
services, not by the pages.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.counter import (
        assessment_views,
        correction_views,
        dispute_views,
        disputes,
        handover_views,
        people_views,
        person_corrections,
        retirement_views,
    )
    from flexapp.counter.dispute_pages import waiting_since
    from flexapp.rules.roles import Role
    from flexapp.staff.desk import DeskEntry, add_entries
    from flexapp.web.clock import today

    app.register_blueprint(people_views.blueprint)
    app.register_blueprint(assessment_views.blueprint)
    app.register_blueprint(handover_views.blueprint)
    app.register_blueprint(retirement_views.blueprint)
    app.register_blueprint(dispute_views.blueprint)
    app.register_blueprint(correction_views.blueprint)
    add_entries(
        app,
        DeskEntry(
            10,
            "居民业务",
            "凭身份证号登记、核定、查询",
            "counter_people.ask",
            "people",
            frozenset({Role.TOWNSHIP, Role.HALL}),
        ),
        DeskEntry(
            30,
            "不是本人办的",
            "参保人反映的，核实后结案",
            "counter_disputes.index",
            "people",
            frozenset({Role.HALL, Role.AGENCY, Role.AUDITOR}),
            lambda clerk: waiting_since(disputes.count(clerk), today(), began="反映"),
        ),
        DeskEntry(
            40,
            "姓名更正",
            "大厅提交的，复核后生效",
            "counter_corrections.index",
            "form",
            frozenset({Role.AGENCY, Role.AUDITOR}),
            lambda clerk: waiting_since(person_corrections.count(clerk), today(), began="提交"),
        ),
    )
