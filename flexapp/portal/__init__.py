"""首页, 社保专题, 社保办事, 我的, messages, privacy pages and account closing."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("portal", __name__)


def init_app(app: Flask) -> None:
    """Register the pages of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.portal import privacy_views, styleguide_views, views  # noqa: F401
    from flexapp.web.error_pages import add_area
    from flexapp.web.links import Page, add_pages

    app.register_blueprint(blueprint)
    add_area(app, views.AREA)
    add_pages(
        app,
        {
            Page.HOME: "portal.home",
            Page.ME: "portal.me",
            Page.SOCIAL_SECURITY: "portal.social_security",
            Page.AFFAIRS: "portal.affairs",
            Page.HAND_OVER: "portal.hand_over",
            Page.NOT_ME: "portal.not_me",
            Page.WITHDRAW_DISPUTE: "portal.withdraw_dispute",
        },
    )
