"""Queries for sandbox channels. Vendors create them (vendors/sandbox.py); keys are in
`channel_key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from flexapp.audit import service as audit
from flexapp.channels.models import ChannelKey, SandboxChannel
from flexapp.db.session import db, table_of

_sandbox, _key = table_of(SandboxChannel), table_of(ChannelKey)


def add(row: Mapping[str, object]) -> None:
    """Add a sandbox channel."""
    db.session.execute(insert(SandboxChannel), [row])


def made_at(code: str) -> datetime | None:
    """Return when a sandbox was created; None if there is none."""
    found = select(_sandbox.c.made_at).where(_sandbox.c.code == code)
    moment: datetime | None = db.session.execute(found).scalar_one_or_none()
    return moment


def made_since(moment: datetime) -> int:
    """Return the number of sandboxes created after a moment."""
    counted = select(func.count()).select_from(_sandbox).where(_sandbox.c.made_at > moment)
    return int(db.session.execute(counted).scalar_one())


def drop(made_by: datetime) -> None:
    """Delete the sandboxes created by then, with their keys."""
    over = select(_sandbox.c.code).where(_sandbox.c.made_at <= made_by)
    removed = delete(_key).where(_key.c.channel.in_(over)).returning(_key.c.channel, _key.c.kid)
    for channel, kid in db.session.execute(removed).all():
        audit.record_removal(_key, channel, kid)
    db.session.execute(delete(SandboxChannel).where(SandboxChannel.made_at <= made_by))
