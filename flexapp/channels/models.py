"""Tables of channels: those added since, switches, keys, webviews, sandboxes, and launches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class AddedChannel(Model):
    """An app that `catalogue.toml` does not know."""

    __tablename__ = "channel"
    __table_args__ = ({"info": {"vouched": True}},)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str]
    download: Mapped[str | None]
    download_android: Mapped[str | None]
    download_ios: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str]


class ChannelSwitch(Model):
    """An app was switched on or off; the latest row of a code counts, the others are history."""

    __tablename__ = "channel_switch"
    __table_args__ = ({"info": {"vouched": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(index=True)
    enabled: Mapped[bool]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str]


class ChannelKey(Model):
    """A vendor's public key; once retired it stays, so that its name is never used again."""

    __tablename__ = "channel_key"
    __table_args__ = ({"info": {"vouched": True}},)

    channel: Mapped[str] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ChannelWebview(Model):
    """How an app's webview shows the pages."""

    __tablename__ = "channel_webview"
    __table_args__ = ({"info": {"vouched": True}},)

    code: Mapped[str] = mapped_column(primary_key=True)
    title_bar: Mapped[str]
    bridge: Mapped[str]
    frame_ancestors: Mapped[str]


class SandboxChannel(Model):
    """A channel that a vendor made in the demo, for a day; its key lies among the others."""

    __tablename__ = "sandbox_channel"

    code: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Launch(Model):
    """Somebody on the way from an app to these pages, known by the digest of a single-use code.

    Who it is, is erased as soon as the code is used, refused or expired; the rest is kept for a
    day, so that a used link can be told from one that never was.
    """

    __tablename__ = "launch"

    code_digest: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    name: Mapped[str | None] = mapped_column(EncryptedText("launch.name"))
    identity: Mapped[str | None] = mapped_column(EncryptedText("launch.identity"))
    phone: Mapped[str | None] = mapped_column(EncryptedText("launch.phone"))
    target: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
