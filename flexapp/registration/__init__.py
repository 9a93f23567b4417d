"""Registration (登记): a person's place of insurance, virtual unit (虚拟单位) and address."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("registration", __name__)


def init_app(app: Flask) -> None:
    """Register the pages of this slice."""
    # Imported here because most importers of this package do not need the views. Importing
    # a module of views adds its routes to the blueprint.
    from flexapp.people.service import read_with_visitor
    from flexapp.registration import views  # noqa: F401
    from flexapp.registration.repository import WITH_PERSON

    read_with_visitor(app, WITH_PERSON)
    app.register_blueprint(blueprint)
