"""`create_app`: settings, extensions, adapters and blueprints put together, nothing decided."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flexapp import encryption, signing
from flexapp.assessment import held_months, record_routes, verify_routes
from flexapp.assessment import routes as assessment_routes
from flexapp.audit import cli as audit_cli
from flexapp.channels import (
    blocked,
    embedding,
    kit_routes,
    launch_routes,
    poster_routes,
    sandbox_routes,
    self_check_routes,
    vendor_routes,
)
from flexapp.channels import cli as channels_cli
from flexapp.channels import routes as channels_routes
from flexapp.channels import service as channels
from flexapp.config import PROJECT, Settings, load
from flexapp.counter import (
    announcement_routes,
    batch_cli,
    dashboard_routes,
    demo_codes,
    pilot_routes,
    publication_routes,
    units_cli,
    year_routes,
)
from flexapp.counter import assessment_routes as counter_assessment_routes
from flexapp.counter import audit_routes as counter_audit_routes
from flexapp.counter import cli as counter_cli
from flexapp.counter import correction_routes as counter_correction_routes
from flexapp.counter import dispute_routes as counter_dispute_routes
from flexapp.counter import guard as counter_guard
from flexapp.counter import hand_over_routes as counter_hand_over_routes
from flexapp.counter import people_routes as counter_people_routes
from flexapp.counter import rating_routes as counter_rating_routes
from flexapp.counter import retirement_routes as counter_retirement_routes
from flexapp.counter import routes as counter_routes
from flexapp.counter import transmission_routes as counter_transmission_routes
from flexapp.crowd import generate_cli
from flexapp.extensions import csrf, db, engine_options, init_database, migrate
from flexapp.people import (
    display,
    display_routes,
    draft_routes,
    guard,
    key_check,
    keys_cli,
    retention_cli,
    rotating,
    session_routes,
)
from flexapp.people import routes as people_routes
from flexapp.people.fictional import FICTIONAL_RESIDENTS
from flexapp.people.gateways import population_registry, sms_gateway
from flexapp.portal import (
    guide_routes,
    practice_record_routes,
    privacy_routes,
    styleguide_routes,
)
from flexapp.portal import routes as portal_routes
from flexapp.rating import routes as rating_routes
from flexapp.registration import demo
from flexapp.registration import routes as registration_routes
from flexapp.rules.parameters import ParameterBook
from flexapp.taxbureau import create_taxbureau, deliver_events, demo_keys
from flexapp.transmission import chain_ends, machine_routes, open_routes
from flexapp.transmission import cli as transmission_cli
from flexapp.transmission import routes as transmission_routes
from flexapp.transmission import watching as transmission_watching
from flexapp.transmission.gateway import HttpTaxGateway
from flexapp.web import (
    access,
    assets,
    clock,
    compression,
    errors,
    headers,
    health,
    htmx,
    limiting,
    metrics_routes,
    once,
    options,
    origin,
    page_owner,
    report_routes,
    request_ids,
    sessions,
    unit_of_work,
    unprintable,
    watching,
    wording,
)
from flexapp.web.application import Application
from flexapp.web.templating import Templates

BODY_LIMIT = 64 * 1024
"""Bytes; the largest honest form is a tenth of it."""


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings (default: the environment's)."""
    settings = settings or load(os.environ)
    app = Application("flexapp", template_folder=str(PROJECT / "templates"), static_folder=None)
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
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session, which ends by itself
        WTF_CSRF_SSL_STRICT=False,  # webviews may send no Referer: web/origin.py looks instead
    )
    app.jinja_environment = Templates
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _keep_private(settings.database_url)
    app.extensions["parameters"] = ParameterBook.load(demo=settings.is_demo)
    # The counters and the channels do not know each other; some of their pages name channels.
    app.extensions["channel_names"] = lambda: [(each.code, each.name) for each in channels.apps()]
    app.extensions["usable_channels"] = lambda: {each.code for each in channels.usable()}
    app.extensions["sms"] = sms_gateway(settings)
    app.extensions["population"] = population_registry(settings)
    app.extensions["fictional_numbers"] = FICTIONAL_RESIDENTS.keys() if settings.is_demo else ()
    encryption.init_app(app, settings)
    init_database(app)
    migrate.init_app(app, db, directory=str(PROJECT / "flexapp" / "migrations"))
    # What /readyz and /metrics look up where they stand below it.
    health.add_check(app, "keys", key_check.keys_read_what_is_stored)
    app.extensions["audit_checks"] = [
        rotating.unbound_values,
        rotating.unreadable_values,
        held_months.faults,
    ]
    app.extensions["sender_age"] = transmission_watching.sender_age
    app.extensions["gauges"] = [transmission_watching.gauges]
    # The order matters: a request has its name and its time before anything else, a unit of work
    # begins before anything asks the database, and of the hooks after a request the one registered
    # last runs first, so the commit comes before the rest. A request is asked where it comes from,
    # then for its token; only one that has both counts against a limit.
    for part in (
        sessions,
        request_ids,
        watching,
        compression,
        headers,
        htmx,
        unit_of_work,
        errors,
        once,
        page_owner,
        wording,
        options,
        unprintable,
    ):
        part.init_app(app)
    embedding.init_app(app)
    blocked.init_app(app)
    origin.init_app(app)
    csrf.init_app(app)
    limiting.init_app(app)
    guard.init_app(app)
    display.init_app(app)
    counter_guard.init_app(app)
    for module in (
        health,
        metrics_routes,
        report_routes,
        portal_routes,
        privacy_routes,
        guide_routes,
        practice_record_routes,
        people_routes,
        display_routes,
        session_routes,
        draft_routes,
        registration_routes,
        record_routes,
        verify_routes,
        assessment_routes,
        transmission_routes,
        rating_routes,
        machine_routes,
        open_routes,
        counter_routes,
        counter_transmission_routes,
        counter_people_routes,
        counter_assessment_routes,
        counter_hand_over_routes,
        counter_retirement_routes,
        counter_audit_routes,
        dashboard_routes,
        counter_rating_routes,
        counter_dispute_routes,
        counter_correction_routes,
        announcement_routes,
        pilot_routes,
        publication_routes,
        year_routes,
        channels_routes,
        poster_routes,
        kit_routes,
        launch_routes,
        vendor_routes,
        self_check_routes,
    ):
        app.register_blueprint(module.blueprint)
    if settings.is_demo:
        app.register_blueprint(sandbox_routes.blueprint)
        app.register_blueprint(styleguide_routes.blueprint)
    app.cli.add_command(counter_cli.cli)
    app.cli.add_command(transmission_cli.cli)
    app.cli.add_command(audit_cli.cli)
    app.cli.add_command(units_cli.cli)
    app.cli.add_command(batch_cli.cli)
    app.cli.add_command(channels_cli.cli)
    app.cli.add_command(retention_cli.cli)
    app.cli.add_command(keys_cli.cli)
    if settings.is_demo:
        app.cli.add_command(demo.cli)
        demo.cli.add_command(units_cli.old_units)
        demo.cli.add_command(generate_cli.generate)
        app.extensions["demo_staff"] = demo_codes.load
    assets.read_manifest(app)
    _connect_tax_bureau(app, settings)
    assets.serve(app)
    access.check_marked(app)
    return app


def _connect_tax_bureau(app: Flask, settings: Settings) -> None:
    """The remote tax bureau where one is set; else the stand-in, inside this process."""
    if settings.tax_url is not None:
        app.extensions["tax_gateway"] = HttpTaxGateway(
            settings.tax_url,
            signer=settings.signing_keys[0],
            keys=settings.tax_keys,
            chain_end=chain_ends.end_to_tell,
        )
        return
    stand_in = create_taxbureau(
        database_path=settings.tax_database,
        keys=demo_keys(),
        trusted=json.dumps(signing.public_set(settings.signing_keys)),
        stylesheet_url=assets.url(app, "app.css"),
        now=clock.instant,
        broken=partial(httpx.ReadError, "the tax bureau closed the connection"),
    )
    app.extensions["tax_gateway"] = HttpTaxGateway(
        "http://tax-bureau",
        signer=settings.signing_keys[0],
        keys=settings.tax_keys,
        transport=httpx.WSGITransport(app=stand_in),
        chain_end=chain_ends.end_to_tell,
    )
    # What its clerk does is told over our own front door, as a remote one would.
    ours = httpx.Client(base_url="http://product", transport=httpx.WSGITransport(app=app.wsgi_app))
    app.extensions["tax_events"] = partial(deliver_events, stand_in, ours)
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {"/tax-bureau": stand_in.wsgi_app}
    )


def _keep_private(database_url: str) -> None:
    """An SQLite database, and the folder if it is made here, are for this user alone.

    What SQLite puts beside the file (-wal, -shm) gets the file's own mode.
    """
    if not database_url.startswith("sqlite:///") or database_url.endswith(":memory:"):
        return
    path = Path(database_url.removeprefix("sqlite:///"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # somebody else's: theirs to say who may read it
        if path.parent == PROJECT / "var":
            path.parent.chmod(0o700)
        path.touch(mode=0o600)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").chmod(0o600)
