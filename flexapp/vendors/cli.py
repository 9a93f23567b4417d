"""`flask channels check` and `flask channels self-check`: help for vendors who integrate."""

from __future__ import annotations

import sys

import click

from flexapp.vendors import self_check
from flexapp.vendors.conformance import program as conformance


@click.command("check", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def check(arguments: tuple[str, ...]) -> None:
    """Test a vendor's signer against a launch interface, case by case: see `check --help`."""
    # The same program and arguments as in the file that vendors download.
    sys.exit(conformance.main(arguments))


@click.command("self-check")
@click.argument("code")
def read_self_check(code: str) -> None:
    """Explain a CODE that a vendor got from /open/self-check in its webview."""
    findings = self_check.decode(code)
    if findings is None:
        click.echo("this is no code of /open/self-check: a letter is wrong or missing", err=True)
        sys.exit(1)
    for line in self_check.explain(findings):
        click.echo(f"{line.verdict}  {line.name}: {line.found} {line.todo}".rstrip())
