"""The agency's desk: figures, years, pilot, announcements, batches, dashboard, ratings, audit log
and transmission.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints, commands and desk entries of this slice."""
    # Imported here because most importers of this package need no views.
    from flexapp.office import (
        announcement_views,
        audit_views,
        batch_cli,
        dashboard_views,
        pilot_views,
        publication_views,
        rating_views,
        transmission_views,
        units_cli,
        year_views,
    )
    from flexapp.rules.roles import Role
    from flexapp.staff.desk import DeskEntry, add_entries

    app.register_blueprint(transmission_views.blueprint)
    app.register_blueprint(audit_views.blueprint)
    app.register_blueprint(dashboard_views.blueprint)
    app.register_blueprint(rating_views.blueprint)
    app.register_blueprint(announcement_views.blueprint)
    app.register_blueprint(pilot_views.blueprint)
    app.register_blueprint(publication_views.blueprint)
    app.register_blueprint(year_views.blueprint)
    app.cli.add_command(units_cli.cli)
    app.cli.add_command(batch_cli.cli)
    readers = frozenset({Role.AGENCY, Role.AUDITOR})
    add_entries(
        app,
        DeskEntry(
            20, "传输", "搁置的消息、与税务的差异", "counter_transmission.index", "sum", readers
        ),
        DeskEntry(
            50,
            "操作记录",
            "对一个人、由一名经办人员做过的事",
            "counter_audit.index",
            "form",
            readers,
        ),
        DeskEntry(
            60, "缴费参数", "平均工资、上下限、费率", "counter_parameters.index", "sum", readers
        ),
        DeskEntry(
            70,
            "运行情况",
            "登记、核定、传输、缴费的数字",
            "counter_dashboard.index",
            "chart",
            readers,
        ),
        DeskEntry(80, "评价", "满意不满意、要跟进的", "counter_ratings.index", "check", readers),
        DeskEntry(
            90,
            "首页公告",
            "写给所有人的话，从哪天到哪天",
            "counter_announcements.index",
            "bell",
            readers,
        ),
        DeskEntry(
            100,
            "宣传海报",
            "按地区打印，带二维码",
            "poster.sheet",
            "codes",
            frozenset({Role.AGENCY}),
        ),
        DeskEntry(110, "试用范围", "按地区和渠道开通", "counter_pilot.index", "codes", readers),
        DeskEntry(120, "申报年度", "开放和关闭", "counter_years.index", "clock", readers),
    )
