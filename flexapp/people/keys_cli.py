"""`flask keys …`: status and rotation of the keys that encrypt personal data."""

from __future__ import annotations

import getpass
import sys
import time
from collections import Counter
from collections.abc import Mapping

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from flexapp.encryption import is_bound
from flexapp.people import key_rotation
from flexapp.people.encrypted_columns import UNNAMED
from flexapp.people.key_rotation import RotationStatus
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

SECONDS_BETWEEN_LINES = 5

cli = AppGroup("keys", help="The keys that personal data is encrypted with (FLEXAPP_DATA_KEYS).")


@cli.command("status")
def status() -> None:
    """Count the stored values by key; exit code 1 if a required key is missing.

    Reads every row of the tables with encrypted columns.
    """
    with read_transaction():
        found = key_rotation.rotation_status()
    for label in sorted(found.counts, key=lambda each: (each != found.writes, each)):
        click.echo(f"{_named(found, label)}: {_listed(found.counts[label])}")
    if found.writes not in found.counts:
        click.echo(f"{_named(found, found.writes)}: 0 values")
    _say_what_is_free(found)
    _say_what_is_missing(found)
    sys.exit(1 if found.missing else 0)


@cli.command("rotate")
@click.option("--batch", type=click.IntRange(1, 10_000), default=100, help="Rows a transaction.")
@click.option(
    "--pause", type=click.FloatRange(0, 60), default=0.02, help="Seconds between transactions."
)
@click.option("--by", default=getpass.getuser, help="Who does it, for the record.")
def rotate(batch: int, pause: float, by: str) -> None:
    """Encrypt all values again with the first key, while the service runs.

    If interrupted, run it again; it continues where it stopped. Prints the keys that may be
    removed; exit code 1 if values are left.
    """
    with read_transaction():
        total = key_rotation.waiting()
    rows = sum(total.values())
    click.echo(f"{rows} rows to encrypt anew")
    if rows:
        with write_transaction():
            key_rotation.note(rows=rows, by=by, at=utcnow())
    done, changed, unreadable = Counter[str](), 0, dict[str, None]()
    said = time.monotonic()
    try:
        for step in key_rotation.rotate(batch=batch):
            done[step.table] += step.moved
            changed += step.changed
            unreadable.update(dict.fromkeys(step.unreadable))
            if time.monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                click.echo(f"{step.table}: {done[step.table]} of {total[step.table]}")
            time.sleep(pause)
    except OperationalError:
        raise click.ClickException(
            f"the database did not let us write; {done.total()} rows are done, run it again"
        ) from None
    for table, number in done.items():
        click.echo(f"{table}: {number} done")
    if changed:
        click.echo(f"{changed} were changed meanwhile and keep what was written")
    for place in unreadable:
        click.echo(f"cannot be opened: {place}")
    _finish()


def _finish() -> None:
    with read_transaction():
        found = key_rotation.rotation_status()
    if not found.left:
        key_rotation.note_all_bound(utcnow())
    for label, places in found.left.items():
        click.echo(f"NOT done: {_named(found, label)}: {_listed(places)}")
    if found.left:
        click.echo(
            "what is left cannot be opened, because its key is missing or it was changed past the"
            " service, or a process that still runs with another setting writes it"
        )
    _say_what_is_free(found)
    _say_what_is_missing(found)
    sys.exit(1 if found.left else 0)


def _say_what_is_free(found: RotationStatus) -> None:
    for key in found.free:
        click.echo(
            f"no value needs the key {key}: take it out of FLEXAPP_DATA_KEYS once every process"
            f" runs with {found.key_ids[0]} first; backups from before still need it"
        )


def _say_what_is_missing(found: RotationStatus) -> None:
    if found.missing:
        click.echo(key_rotation.missing_keys(found.missing), err=True)


def _named(found: RotationStatus, label: str) -> str:
    if label == UNNAMED:
        return "no key named"
    key = key_rotation.key_of(label)
    suite = "SM4-GCM" if ".sm" in label else "AES-256-GCM"
    if not is_bound(label):
        suite += ", not bound to rows"
    role = ", MISSING" if key in found.missing else ", writes" if label == found.writes else ""
    return f"{key} ({suite}{role})"


def _listed(places: Mapping[str, int]) -> str:
    several = ", ".join(f"{place} {number}" for place, number in sorted(places.items()))
    return f"{sum(places.values())} values: {several}"
