"""`create_app`: settings, services, pipeline and slices put together; nothing is decided."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial

import httpx
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flexapp import (
    assessment,
    audit,
    channels,
    counter,
    demo,
    encryption,
    guide,
    office,
    people,
    portal,
    practice,
    rating,
    registration,
    services,
    signing,
    staff,
    transmission,
    vendors,
    web,
)
from flexapp.channels import service as channel_service
from flexapp.channels import webview
from flexapp.config import PROJECT, Settings, load
from flexapp.db.session import db, engine_options, init_database, migrate
from flexapp.demo import staff as demo_staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.people import auth as people_auth
from flexapp.people.external_services import population_registry, sms_gateway
from flexapp.rules.parameters import ParameterBook
from flexapp.services import Demo, Services
from flexapp.taxbureau import create_taxbureau, deliver_events, demo_keys
from flexapp.transmission import chain_ends
from flexapp.transmission.gateway import HttpTaxGateway, TaxGateway
from flexapp.vendors import sandbox
from flexapp.web import (
    access,
    assets,
    clock,
    components,
    links,
    pipeline,
)

SLICES = (
    web,
    audit,
    people,
    registration,
    assessment,
    transmission,
    rating,
    channels,
    staff,
    portal,
    guide,
    practice,
    counter,
    office,
    vendors,
)
"""Each adds its pages and commands: `init_app` in its `__init__.py`."""

BODY_LIMIT = 64 * 1024
"""Maximum size of a request body in bytes: ten times the largest legitimate form."""


def create_app(settings: Settings | None = None) -> Flask:
    """Create the application for these settings (default: from the environment)."""
    settings = settings or load(os.environ)
    app = Flask("flexapp", template_folder=str(PROJECT / "templates"), static_folder=None)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        SESSION_COOKIE_NAME="session" if settings.is_demo else "__Host-session",
        SESSION_COOKIE_SECURE=not settings.is_demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # tokens are bound to the session, which expires
        WTF_CSRF_SSL_STRICT=False,  # web/origin_check.py instead: webviews may omit Referer
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    encryption.init_app(app, settings)
    init_database(app)
    migrate.init_app(app, db, directory=str(PROJECT / "flexapp" / "migrations"))
    pipeline.init_app(
        app, pipeline.steps(webview=webview.begin, session_end=people_auth.session_end)
    )
    for each in SLICES:
        each.init_app(app)
    if settings.is_demo:
        demo.init_app(app)
    assets.read_manifest(app)
    services.init_app(app, _services(app, settings))
    assets.serve(app)
    access.check_marked(app)
    links.check_pages(app)
    components.init_app(app)
    return app


def _services(app: Flask, settings: Settings) -> Services:
    """The adapters that the settings name."""
    fictional = (
        Demo(residents=FICTIONAL_RESIDENTS, second_factor=demo_staff.current, sandbox=sandbox)
        if settings.is_demo
        else None
    )
    names = {number: each.name for number, each in FICTIONAL_RESIDENTS.items()}
    tax, deliver = _tax_bureau(app, settings)
    return Services(
        parameters=ParameterBook.load(demo=settings.is_demo),
        sms=sms_gateway(settings),
        population=population_registry(settings, names),
        tax=tax,
        deliver_tax_events=deliver,
        channel_names=lambda: [(each.code, each.name) for each in channel_service.apps()],
        usable_channels=lambda: {each.code for each in channel_service.usable()},
        demo=fictional,
    )


def _tax_bureau(app: Flask, settings: Settings) -> tuple[TaxGateway, Callable[[], int] | None]:
    """The remote tax bureau where one is set; else the stand-in, inside this process."""
    if settings.tax_url is not None:
        gateway = HttpTaxGateway(
            settings.tax_url,
            signer=settings.signing_keys[0],
            keys=settings.tax_keys,
            chain_end=chain_ends.end_to_tell,
        )
        return gateway, None
    stand_in = create_taxbureau(
        database_path=settings.tax_database,
        keys=demo_keys(),
        trusted=json.dumps(signing.public_set(settings.signing_keys)),
        stylesheet_url=assets.url(app, "app.css"),
        now=clock.utcnow,
        broken=partial(httpx.ReadError, "the tax bureau closed the connection"),
    )
    gateway = HttpTaxGateway(
        "http://tax-bureau",
        signer=settings.signing_keys[0],
        keys=settings.tax_keys,
        transport=httpx.WSGITransport(app=stand_in),
        chain_end=chain_ends.end_to_tell,
    )
    # The stand-in delivers its events through our public HTTP interface, as a remote bureau does.
    ours = httpx.Client(base_url="http://product", transport=httpx.WSGITransport(app=app.wsgi_app))
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {"/tax-bureau": stand_in.wsgi_app}
    )
    return gateway, partial(deliver_events, stand_in, ours)
