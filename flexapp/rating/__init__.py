"""好差评: residents' ratings of finished cases, and the agency's answers."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprint of this slice."""
    # Imported here so that importing another module of this package does not load the views.
    from flexapp.rating import views

    app.register_blueprint(views.blueprint)
