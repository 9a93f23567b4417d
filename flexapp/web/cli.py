"""What the slices' command groups share."""

from __future__ import annotations

from copy import copy

import click


def keep_former_name(group: click.Group, command: click.Command, former: str) -> None:
    """Keep a former name of a command for one release, hidden, with a notice."""
    alias = copy(command)
    alias.name = former
    alias.hidden = True
    alias.deprecated = f"use {command.name}"
    group.add_command(alias)
