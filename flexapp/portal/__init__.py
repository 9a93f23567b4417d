"""首页, 社保专题, 社保办事, 我的, messages, privacy pages and account closing."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported here: most importers of this slice do not need the views.
    from flexapp.config import Settings
    from flexapp.portal import privacy_views, styleguide_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(privacy_views.blueprint)
    settings: Settings = app.config["SETTINGS"]
    if settings.is_demo:
        app.register_blueprint(styleguide_views.blueprint)
