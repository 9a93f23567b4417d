"""The sender as a process (`flask transmission work`) or, in the demo, as a thread."""

from __future__ import annotations

import logging
import threading
import time

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from flexapp.transmission import repository
from flexapp.transmission.gateway import TaxGateway
from flexapp.transmission.reconciling import Finding, reconcile
from flexapp.transmission.sending import work_once

log = logging.getLogger(__name__)
PAUSE = 1.0
"""Seconds between looks at an outbox with nothing due."""

MENDED = {True: "mended", False: "NOT mended"}

cli = AppGroup("transmission", help="What leaves for the tax bureau.")


def gateway(app: Flask) -> TaxGateway:
    """The application's way to the tax bureau."""
    found: TaxGateway = app.extensions["tax_gateway"]
    return found


@cli.command("work")
@click.option("--once", is_flag=True, help="Send what is due and stop.")
def work(once: bool) -> None:
    """Send what is due to the tax bureau, and go on doing so; any number may run."""
    while True:
        done = work_once(gateway(current_app._get_current_object()))  # type: ignore[attr-defined]
        if once:
            click.echo(f"{done} done")
            return
        if not done:
            time.sleep(PAUSE)


@cli.command("status")
def status() -> None:
    """How many messages wait, are in hand, done or dropped."""
    for name, count in sorted(repository.counts().items()):
        click.echo(f"{name} {count}")


@cli.command("reconcile")
def compare_books() -> None:
    """Hold every assessment against the tax bureau's books, both ways, and mend what differs."""
    seen = 0
    findings: list[Finding] = []
    with click.progressbar(
        reconcile(gateway(current_app._get_current_object())),  # type: ignore[attr-defined]
        label="comparing",
        show_pos=True,
    ) as looked_at:
        for finding in looked_at:
            seen += 1
            if finding is not None:
                findings.append(finding)
    for finding in findings:
        click.echo(f"{finding.serial}: {finding.difference}: {MENDED[finding.mended]}")
    mended = sum(finding.mended for finding in findings)
    click.echo(
        f"{seen} compared, {mended} mended, {len(findings) - mended} for a person to look at"
    )


def start_in_background(app: Flask) -> threading.Thread:
    """A sender thread of this process; it ends with it."""

    def run() -> None:
        while True:
            try:
                with app.app_context():
                    done = work_once(gateway(app))
            except Exception:
                # Whatever happens, the next look comes: messages must not wait for a restart.
                log.exception("the sender stumbled")
                done = 0
            if not done:
                time.sleep(PAUSE)

    thread = threading.Thread(target=run, name="sender", daemon=True)
    thread.start()
    return thread
