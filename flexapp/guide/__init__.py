"""办事指南: questions and answers, and illustrated steps of each procedure."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("guide", __name__)


def init_app(app: Flask) -> None:
    """Register the pages of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.guide import views  # noqa: F401

    app.register_blueprint(blueprint)
