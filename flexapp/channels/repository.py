"""Queries for channels, their keys and switches, and launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from flexapp.audit import service as audit
from flexapp.channels.models import (
    AddedChannel,
    ChannelKey,
    ChannelSwitch,
    ChannelWebview,
    Launch,
    SandboxChannel,
)
from flexapp.db.reference import forget_revision
from flexapp.db.session import (
    db,
    table_of,
    upsert,
)
from flexapp.encryption import bound

_channel, _switch, _key = table_of(AddedChannel), table_of(ChannelSwitch), table_of(ChannelKey)
_webview, _sandbox = table_of(ChannelWebview), table_of(SandboxChannel)
_launch = table_of(Launch)
# Built once, and on tables instead of classes, because every page about channels runs them.
_ADDED = select(_channel).order_by(_channel.c.at, _channel.c.code)
_SWITCHES = select(_switch.c.code, _switch.c.enabled, _switch.c.reason).where(
    _switch.c.id.in_(select(func.max(_switch.c.id)).group_by(_switch.c.code))
)


def added() -> list[Mapping[str, object]]:
    """Return the added apps, in the order of their addition."""
    return [{**row} for row in db.session.execute(_ADDED).mappings()]


def add(row: Mapping[str, object]) -> None:
    """Add an app."""
    db.session.execute(insert(AddedChannel), [row])
    audit.vouch(_channel, row)
    forget_revision()


def switches() -> list[Mapping[str, object]]:
    """Return the latest switch of each app that has one."""
    return [{**row} for row in db.session.execute(_SWITCHES).mappings()]


def set_switch(row: Mapping[str, object]) -> None:
    """Enable or disable an app."""
    added = db.session.execute(insert(_switch).returning(_switch.c.id), row)
    audit.vouch(_switch, {**row, "id": added.scalar_one()})
    forget_revision()


def keys(channel: str) -> list[Mapping[str, object]]:
    """Return all keys that a channel ever had, oldest first."""
    found = select(_key).where(_key.c.channel == channel).order_by(_key.c.added_at, _key.c.kid)
    return [{**row} for row in db.session.execute(found).mappings()]


def all_keys() -> list[Mapping[str, object]]:
    """Return all keys of all channels."""
    return [{**row} for row in db.session.execute(select(_key)).mappings()]


def add_key(row: Mapping[str, object]) -> None:
    """Add a key of a channel."""
    db.session.execute(insert(ChannelKey), [row])
    audit.vouch(_key, row)


def retire_key(channel: str, kid: str, at: datetime) -> bool:
    """Retire a key; False if the channel has no such valid key."""
    retired = db.session.execute(
        update(ChannelKey)
        .where(
            ChannelKey.channel == channel, ChannelKey.kid == kid, ChannelKey.retired_at.is_(None)
        )
        .values(retired_at=at)
        .returning(ChannelKey.kid)
    ).first()
    if retired is not None:
        audit.vouch_for_stored(_key, channel, kid)
    return retired is not None


def webviews() -> list[Mapping[str, object]]:
    """Return the settings of every app's webview that were ever set."""
    return [{**row} for row in db.session.execute(select(_webview)).mappings()]


def set_webview(row: Mapping[str, object]) -> None:
    """Store the settings of an app's webview."""
    changed = {name: value for name, value in row.items() if name != "code"}
    statement = upsert(ChannelWebview).values([row])
    db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changed))
    audit.vouch(_webview, row)
    forget_revision()


_FORGOTTEN = {"name": None, "identity": None, "phone": None}


def add_launch(row: Mapping[str, object]) -> None:
    """Add a launch."""
    db.session.execute(insert(_launch), [bound(_launch, row)])


def launch(code_digest: str) -> Launch | None:
    """Return the launch with this code digest; None for an unknown one."""
    return db.session.execute(
        select(Launch).where(Launch.code_digest == code_digest)
    ).scalar_one_or_none()


def use_launch(code_digest: str, at: datetime) -> bool:
    """Use up a code and erase its personal data; False if it was already used or expired."""
    used = db.session.execute(
        update(Launch)
        .where(Launch.code_digest == code_digest, Launch.used_at.is_(None), Launch.expires_at > at)
        .values(used_at=at, **_FORGOTTEN)
        .returning(Launch.code_digest)
    ).first()
    return used is not None


def forget_launches(*, expired_by: datetime, gone_by: datetime) -> int:
    """Erase the personal data of launches expired by `expired_by`; delete those by `gone_by`.

    Returns how many launches had their personal data erased.
    """
    db.session.execute(delete(Launch).where(Launch.expires_at <= gone_by))
    erased: Sequence[object] = db.session.execute(
        update(Launch)
        .where(Launch.expires_at <= expired_by, Launch.identity.is_not(None))
        .values(**_FORGOTTEN)
        .returning(Launch.code_digest)
    ).all()
    return len(erased)
