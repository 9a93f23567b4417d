"""练习: the resident's flow with practice data in a signed cookie."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported here: most importers of this slice do not need the views.
    # The modules besides `views` add their routes to its blueprint.
    from flexapp.practice import assessment_views, registration_views, views

    assert assessment_views.blueprint is registration_views.blueprint is views.blueprint
    app.register_blueprint(views.blueprint)
