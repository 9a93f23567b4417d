"""`flask channels …`: list, add, enable and disable apps; configure webviews and keys."""

from __future__ import annotations

import getpass
import sys
from typing import BinaryIO, TypeVar

import click
from flask.cli import AppGroup

from flexapp.channels import (
    admin,
    keys,
    launch,
    public_keys,
    service,
)
from flexapp.channels.catalogue import Category
from flexapp.channels.service import Bridge, TitleBar, Webview
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import write_transaction

Outcome = TypeVar("Outcome")

cli = AppGroup("channels", help="The apps (渠道) that people come from.")

code_argument = click.argument("code")
by_option = click.option("--by", default=getpass.getuser, help="Who does it, for the record.")


@cli.command("list")
def show() -> None:
    """List every app: number, whether it is usable, webview settings, keys."""
    for app in service.apps():
        valid = [key.kid for key in keys.of_channel(app.code) if key.valid]
        webview = service.webview(app.code)
        parts = [
            f"{app.order or '-':>3}  {app.code:<16} {app.name}",
            "usable" if app.usable else f"not usable: {app.reason}",
            f"keys: {', '.join(valid)}" if valid else "no key",
        ]
        if webview != Webview():
            framing = " ".join(webview.frame_ancestors) or "nobody"
            parts.append(f"title bar: {webview.title_bar}, bridge: {webview.bridge}")
            parts.append(f"framed by: {framing}")
        click.echo("; ".join(parts))


@cli.command("add")
@code_argument
@click.argument("name")
@click.option("--category", type=click.Choice([str(one) for one in Category]), required=True)
@click.option("--download", help="The vendor's https address for getting the app.")
@click.option("--download-android", help="The same, for Android alone.")
@click.option("--download-ios", help="The same, for iPhones alone.")
@by_option
def add(by: str, **described: str | None) -> None:
    """Add an app that is usable at once. CODE is part of QR codes and never changes."""
    given = {name: value for name, value in described.items() if value is not None}
    with write_transaction():
        app = _done(admin.add(described=given, by=by, at=utcnow()))
    click.echo(f"{app.code} ({app.name}) was added")


@cli.command("enable")
@code_argument
@by_option
def enable(code: str, by: str) -> None:
    """Enable an app, also one that was not usable yet."""
    with write_transaction():
        _done(admin.switch(code=code, enabled=True, reason="", by=by, at=utcnow()))
    click.echo(f"{code} is on")


@cli.command("disable")
@code_argument
@click.option("--reason", required=True, help="Why, in a Chinese sentence for people.")
@by_option
def disable(code: str, reason: str, by: str) -> None:
    """Disable an app: it opens no new sessions; open sessions may finish."""
    with write_transaction():
        _done(admin.switch(code=code, enabled=False, reason=reason, by=by, at=utcnow()))
    click.echo(f"{code} is off")


@cli.command("webview")
@code_argument
@click.option("--title-bar", type=click.Choice([str(one) for one in TitleBar]), default="ours")
@click.option("--bridge", type=click.Choice([str(one) for one in Bridge]), default="none")
@click.option("--frame-ancestor", multiple=True, help="An https origin that may frame the pages.")
@by_option
def set_webview(
    code: str, title_bar: str, bridge: str, frame_ancestor: tuple[str, ...], by: str
) -> None:
    """Configure an app's webview. Options that are not given return to their defaults."""
    wanted = Webview(TitleBar(title_bar), Bridge(bridge), frame_ancestor)
    with write_transaction():
        _done(admin.set_webview(code=code, webview=wanted, by=by, at=utcnow()))
    click.echo(f"the webview of {code} is set up")


@cli.command("add-key")
@code_argument
@click.argument("file", type=click.File("rb"))
@click.option("--kid", help="The key's name; needed for PEM.")
@by_option
def add_key(code: str, file: BinaryIO, kid: str | None, by: str) -> None:
    """Register the public key in FILE (JWK or PEM, - for standard input) for an app."""
    with write_transaction():
        content = file.read(public_keys.LONGEST + 1)
        key = _done(admin.add_key(code=code, content=content, kid=kid, by=by, at=utcnow()))
    click.echo(f"{code} has the key {key.kid}")


@cli.command("retire-key")
@code_argument
@click.argument("kid")
@by_option
def retire_key(code: str, kid: str, by: str) -> None:
    """Stop accepting messages signed with a key. This cannot be undone."""
    with write_transaction():
        _done(admin.retire_key(code=code, kid=kid, by=by, at=utcnow()))
    click.echo(f"the key {kid} of {code} is retired")


@cli.command("forget")
def forget() -> None:
    """Erase the personal data of expired launches (nightly job; each new launch does so too)."""
    with write_transaction():
        erased = launch.forget(at=utcnow())
    click.echo(f"{erased} erased")


def _done(outcome: Outcome | Refusal) -> Outcome:
    if isinstance(outcome, Refusal):
        click.echo(outcome.sentence, err=True)
        sys.exit(1)
    return outcome
