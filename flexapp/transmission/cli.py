"""`flask transmission …`: what is run, watched and settled from a terminal."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from joserfc.jwk import ECKey

from flexapp import signing
from flexapp.audit.service import SYSTEM
from flexapp.config import Settings
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.transmission import admin, chain_ends
from flexapp.transmission.gateway import TaxUnreachable
from flexapp.transmission.outbox_worker import (
    Sender,
    own_keys,
    run,
)
from flexapp.transmission.reconciliation import Finding, reconcile
from flexapp.web.clock import BEIJING, utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

MENDED = {True: "mended", False: "NOT mended"}
HOLDS = {True: "signature holds", False: "SIGNATURE DOES NOT HOLD", None: "no signature kept"}

cli = AppGroup("transmission", help="What is told to the tax bureau, and what it tells us.")


@cli.command("work")
@click.option("--once", is_flag=True, help="Send what is due and stop.")
def work(once: bool) -> None:
    """Send what is due to the tax bureau, and go on doing so; any number may run.

    Begins by comparing what changed there: nothing is sent before that.
    """
    sender = Sender(services().tax)
    if once:
        click.echo(f"{sender.round()} done")
    else:
        run(sender)


@cli.command("status")
def status() -> None:
    """How the transmission stands; what is parked, and what a person must settle."""
    with read_transaction():
        seen = admin.standing()
    for name, count in sorted(seen.counts.items()):
        click.echo(f"{name} {count}")
    if seen.oldest_open is not None:
        click.echo(f"oldest waiting since {_time(seen.oldest_open)}")
    if seen.paused is not None:
        since, by, reason = seen.paused
        click.echo(f"held back since {_time(since)} by {by}: {reason}")
    if seen.down_since is not None:
        click.echo(f"the tax bureau does not answer since {_time(seen.down_since)}")
    compared = "never" if seen.compared_at is None else _time(seen.compared_at)
    click.echo(f"books last compared: {compared}")
    for message in seen.parked:
        click.echo(f"parked: {message.serial} ({message.kind}): {message.last_fault}")
    for serial, difference, since in seen.findings:
        click.echo(f"for a person: {serial}: {difference}, found {_time(since)}")


@cli.command("reconcile")
def compare_books() -> None:
    """Hold every assessment against the tax bureau's books, both ways, and mend what differs.

    What the tax bureau has and we have lost is made again from our signed messages that it keeps.
    Ends with 1 where something is left for a person, and with 2 where it could not finish.
    """
    seen = 0
    findings: list[Finding] = []
    fault: TaxUnreachable | None = None
    with click.progressbar(
        reconcile(services().tax, own_keys()), label="comparing", show_pos=True
    ) as looked_at:
        try:
            for finding in looked_at:
                seen += 1
                if finding is not None:
                    findings.append(finding)
        except TaxUnreachable as error:
            fault = error
    for finding in findings:
        click.echo(f"{finding.serial}: {finding.difference}: {MENDED[finding.mended]}")
    mended = sum(finding.mended for finding in findings)
    left = len(findings) - mended
    click.echo(f"{seen} compared, {mended} mended, {left} for a person to look at")
    if fault is not None:
        click.echo(f"not finished: the tax bureau cannot be asked ({fault})", err=True)
        raise SystemExit(2)
    raise SystemExit(1 if left else 0)


@cli.command("accept-chain")
@click.option("--reason", required=True, help="Why ends told until now are missing here.")
def accept_chain(reason: str) -> None:
    """Once it is known why: ends of the record of events that were told before are not missed."""
    with write_transaction():
        chain_ends.accept(reason=reason, actor=SYSTEM, at=utcnow())
    click.echo("ends told until now are not missed any more")


@cli.command("show")
@click.argument("serial")
def show(serial: str) -> None:
    """What each side told about an assessment, and whether the signatures hold."""
    with read_transaction():
        found = admin.dossier(serial, _settings().tax_keys)
    if found is None:
        raise click.ClickException("no assessment has this serial")
    click.echo(f"{serial}: {found.record.state.value} since {_time(found.record.state_at)}")
    for message, holds in found.messages:
        fault = f", last fault: {message.last_fault}" if message.last_fault else ""
        click.echo(
            f"we told ({message.kind}): {message.status} after {message.attempt} attempts{fault};"
            f" answer: {HOLDS[holds]}"
        )
    for event, holds in found.events:
        click.echo(
            f"they told: {event.event} at {_time(event.at)}, {event.outcome}; {HOLDS[holds]}"
        )


@cli.command("retry")
@click.argument("serial", required=False)
@click.option("--all", "everything", is_flag=True, help="All parked messages.")
def retry(serial: str | None, everything: bool) -> None:
    """Send a parked message again, once what kept it is put right."""
    if (serial is None) != everything:
        raise click.UsageError("name a serial, or say --all")
    with write_transaction():
        serials = admin.retry(serial=serial, actor=SYSTEM)
    for each in serials:
        click.echo(f"{each}: waiting again")
    if not serials:
        raise click.ClickException(admin.NOT_PARKED.sentence)


@cli.command("give-back")
@click.argument("serial")
@click.option("--reason", required=True, help="What the person reads, in Chinese.")
def give_back(serial: str, reason: str) -> None:
    """Give a parked assessment back to the person (税务退回): they can revoke and assess again.

    Refused where the tax bureau has it.
    """
    try:
        with write_transaction():
            outcome = admin.give_back(
                gateway=services().tax, serial=serial, reason=reason, actor=SYSTEM
            )
    except TaxUnreachable as error:
        raise click.ClickException(f"the tax bureau cannot be asked ({error})") from None
    if isinstance(outcome, Refusal):
        raise click.ClickException(outcome.sentence)
    click.echo(f"{serial}: {outcome.state.value}")


@cli.command("new-key")
@click.argument("kid")
@click.argument("file", type=click.Path(path_type=Path))
def new_key(kid: str, file: Path) -> None:
    """Make a signing key: a private JWK set into FILE, and its public part to be handed over.

    To change keys, put the new key behind the old one in the set, hand over the public part, and
    once the tax bureau has it, move it to the front.
    """
    try:
        key: ECKey = signing.new_key(kid)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{file} could not be made: {error.strerror}.") from None
    with open(descriptor, "w", encoding="utf-8") as opened:
        json.dump({"keys": [key.as_dict(private=True)]}, opened)
    click.echo(json.dumps(signing.public_set((key,))))


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def _time(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
