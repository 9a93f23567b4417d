"""`flask transmission …`: run the outbox worker, show its status, handle messages and keys."""

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
from flexapp.web.cli import keep_former_name
from flexapp.web.clock import BEIJING, utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

MENDED = {True: "mended", False: "NOT mended"}
HOLDS = {True: "signature holds", False: "SIGNATURE DOES NOT HOLD", None: "no signature kept"}

cli = AppGroup("transmission", help="What is told to the tax bureau, and what it tells us.")


@cli.command("work")
@click.option("--once", is_flag=True, help="Send what is due and stop.")
def work(once: bool) -> None:
    """Send due messages to the tax bureau until stopped; any number of workers may run.

    Compares the changes at the tax bureau first: nothing is sent before that.
    """
    sender = Sender(services().tax)
    if once:
        click.echo(f"{sender.round()} done")
    else:
        run(sender)


@cli.command("status")
def status() -> None:
    """Show the status, the parked messages and the differences that need manual handling."""
    with read_transaction():
        seen = admin.transmission_status()
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
    """Compare every assessment with the tax bureau's records, both ways, and fix differences.

    An assessment that the tax bureau has and we have lost is restored from our signed messages
    stored there. The exit status is 1 if a difference needs manual handling, and 2 if the
    comparison could not finish.
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
    """Accept chain heads sent until now that are missing here, once the cause is known."""
    with write_transaction():
        chain_ends.accept(reason=reason, actor=SYSTEM, at=utcnow())
    click.echo("ends told until now are not missed any more")


@cli.command("show")
@click.argument("serial")
def show(serial: str) -> None:
    """Show the messages and events about an assessment, and whether their signatures are valid."""
    with read_transaction():
        found = admin.message_history(serial, _settings().tax_keys)
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
    """Send a parked message again, after its cause is fixed."""
    if (serial is None) != everything:
        raise click.UsageError("name a serial, or say --all")
    with write_transaction():
        serials = admin.retry(serial=serial, actor=SYSTEM)
    for each in serials:
        click.echo(f"{each}: waiting again")
    if not serials:
        raise click.ClickException(admin.NOT_PARKED.sentence)


@cli.command("reject")
@click.argument("serial")
@click.option("--reason", required=True, help="What the person reads, in Chinese.")
def reject(serial: str, reason: str) -> None:
    """Reject a parked assessment (税务退回): the resident can revoke it and assess again.

    Refused if the tax bureau has the message.
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


keep_former_name(cli, reject, "give-back")


@cli.command("new-key")
@click.argument("kid")
@click.argument("file", type=click.Path(path_type=Path))
def new_key(kid: str, file: Path) -> None:
    """Create a signing key: write a private JWK set to FILE and print the public part.

    To change keys, add the new key behind the old one in the set and hand over its public part.
    Once the tax bureau has it, move the new key to the front.
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
