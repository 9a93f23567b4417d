"""好差评: residents' ratings of finished cases, and the agency's answers."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("rating", __name__, url_prefix="/rating")


def init_app(app: Flask) -> None:
    """Register the pages of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.rating import views  # noqa: F401
    from flexapp.web.links import Page, add_pages

    app.register_blueprint(blueprint)
    add_pages(app, {Page.RATE: "rating.show"})
