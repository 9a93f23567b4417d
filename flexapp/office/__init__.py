"""The agency's desk: figures, years, pilot, announcements, batches, dashboard, ratings, audit log
and transmission.
"""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("office", __name__, url_prefix="/counter")


def init_app(app: Flask) -> None:
    """Register the pages, commands and desk entries of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.office import (  # noqa: F401
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

    app.register_blueprint(blueprint)
    app.cli.add_command(units_cli.cli)
    app.cli.add_command(batch_cli.cli)
    readers = frozenset({Role.AGENCY, Role.AUDITOR})
    add_entries(
        app,
        DeskEntry(
            20, "传输", "搁置的消息、与税务的差异", "office.transmission_list", "sum", readers
        ),
        DeskEntry(
            50,
            "操作记录",
            "对一个人、由一名经办人员做过的事",
            "office.audit_search",
            "form",
            readers,
        ),
        DeskEntry(
            60, "缴费参数", "平均工资、上下限、费率", "office.publication_list", "sum", readers
        ),
        DeskEntry(
            70,
            "运行情况",
            "登记、核定、传输、缴费的数字",
            "office.show_dashboard",
            "chart",
            readers,
        ),
        DeskEntry(80, "评价", "满意不满意、要跟进的", "office.rating_list", "check", readers),
        DeskEntry(
            90,
            "首页公告",
            "写给所有人的话，从哪天到哪天",
            "office.announcement_list",
            "bell",
            readers,
        ),
        DeskEntry(
            100,
            "宣传海报",
            "按地区打印，带二维码",
            "channels.poster",
            "codes",
            frozenset({Role.AGENCY}),
        ),
        DeskEntry(110, "试用范围", "按地区和渠道开通", "office.pilot_areas", "codes", readers),
        DeskEntry(120, "申报年度", "开放和关闭", "office.year_list", "clock", readers),
    )
