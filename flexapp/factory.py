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
from flexapp.assessment import (
    record_views,
    reserved_months,
    verify_views,
)
from flexapp.assessment import views as assessment_views
from flexapp.audit import cli as audit_cli
from flexapp.channels import cli as channels_cli
from flexapp.channels import (
    launch_views,
    poster_views,
    unsupported_webview,
    webview,
)
from flexapp.channels import service as channels
from flexapp.channels import views as channels_views
from flexapp.config import PROJECT, Settings, load
from flexapp.counter import assessment_views as counter_assessment_views
from flexapp.counter import correction_views as counter_correction_views
from flexapp.counter import dispute_views as counter_dispute_views
from flexapp.counter import handover_views as counter_hand_over_views
from flexapp.counter import people_views as counter_people_views
from flexapp.counter import retirement_views as counter_retirement_views
from flexapp.counter import views as counter_views
from flexapp.db.session import (
    csrf,
    db,
    engine_options,
    init_database,
    migrate,
)
from flexapp.demo import generate_cli, loader, staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.guide import views as guide_views
from flexapp.office import (
    announcement_views,
    batch_cli,
    dashboard_views,
    pilot_views,
    publication_views,
    units_cli,
    year_views,
)
from flexapp.office import audit_views as counter_audit_views
from flexapp.office import rating_views as counter_rating_views
from flexapp.office import transmission_views as counter_transmission_views
from flexapp.people import (
    accessibility_mode,
    accessibility_views,
    auth,
    draft_views,
    key_check,
    key_rotation,
    keys_cli,
    retention_cli,
    session_views,
)
from flexapp.people import views as people_views
from flexapp.people.external_services import population_registry, sms_gateway
from flexapp.portal import privacy_views, styleguide_views
from flexapp.portal import views as portal_views
from flexapp.practice import record_views as practice_record_views
from flexapp.rating import views as rating_views
from flexapp.registration import views as registration_views
from flexapp.rules.parameters import ParameterBook
from flexapp.staff import auth as counter_guard
from flexapp.staff import cli as counter_cli
from flexapp.taxbureau import create_taxbureau, deliver_events, demo_keys
from flexapp.transmission import (
    chain_ends,
    machine_views,
    open_views,
)
from flexapp.transmission import cli as transmission_cli
from flexapp.transmission import monitoring as transmission_watching
from flexapp.transmission import views as transmission_views
from flexapp.transmission.gateway import HttpTaxGateway
from flexapp.vendors import (
    kit_views,
    sandbox_views,
    self_check_views,
    views,
)
from flexapp.web import (
    access,
    assets,
    clock,
    compression,
    csp_report_views,
    errors,
    formatting,
    headers,
    health,
    htmx,
    idempotency,
    metrics_views,
    origin_check,
    page_owner,
    rate_limit,
    request_ids,
    request_logging,
    select_options,
    sessions,
    unit_of_work,
    unprintable,
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
        WTF_CSRF_SSL_STRICT=False,  # web/origin_check.py instead: webviews may send no Referer
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
        key_rotation.unbound_values,
        key_rotation.unreadable_values,
        reserved_months.faults,
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
        request_logging,
        compression,
        headers,
        htmx,
        unit_of_work,
        errors,
        idempotency,
        page_owner,
        formatting,
        select_options,
        unprintable,
    ):
        part.init_app(app)
    webview.init_app(app)
    unsupported_webview.init_app(app)
    origin_check.init_app(app)
    csrf.init_app(app)
    rate_limit.init_app(app)
    auth.init_app(app)
    accessibility_mode.init_app(app)
    counter_guard.init_app(app)
    for module in (
        health,
        metrics_views,
        csp_report_views,
        portal_views,
        privacy_views,
        guide_views,
        practice_record_views,
        people_views,
        accessibility_views,
        session_views,
        draft_views,
        registration_views,
        record_views,
        verify_views,
        assessment_views,
        transmission_views,
        rating_views,
        machine_views,
        open_views,
        counter_views,
        counter_transmission_views,
        counter_people_views,
        counter_assessment_views,
        counter_hand_over_views,
        counter_retirement_views,
        counter_audit_views,
        dashboard_views,
        counter_rating_views,
        counter_dispute_views,
        counter_correction_views,
        announcement_views,
        pilot_views,
        publication_views,
        year_views,
        channels_views,
        poster_views,
        kit_views,
        launch_views,
        views,
        self_check_views,
    ):
        app.register_blueprint(module.blueprint)
    if settings.is_demo:
        app.register_blueprint(sandbox_views.blueprint)
        app.register_blueprint(styleguide_views.blueprint)
    app.cli.add_command(counter_cli.cli)
    app.cli.add_command(transmission_cli.cli)
    app.cli.add_command(audit_cli.cli)
    app.cli.add_command(units_cli.cli)
    app.cli.add_command(batch_cli.cli)
    app.cli.add_command(channels_cli.cli)
    app.cli.add_command(retention_cli.cli)
    app.cli.add_command(keys_cli.cli)
    if settings.is_demo:
        app.cli.add_command(loader.cli)
        loader.cli.add_command(units_cli.old_units)
        loader.cli.add_command(generate_cli.generate)
        app.extensions["demo_staff"] = staff.load
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
