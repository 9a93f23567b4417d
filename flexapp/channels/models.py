"""Tables of channels: added apps, switches, keys, webviews, sandboxes and launches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class AddedChannel(Model):
    """An app that was added at run time."""

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
    """An app was enabled or disabled. The latest row of a code counts; the others are history."""

    __tablename__ = "channel_switch"
    __table_args__ = ({"info": {"vouched": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(index=True)
    enabled: Mapped[bool]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str]


class ChannelKey(Model):
    """A vendor's public key. A retired key is kept, so that its `kid` is never used again."""

    __tablename__ = "channel_key"
    __table_args__ = ({"info": {"vouched": True}},)

    channel: Mapped[str] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ChannelWebview(Model):
    """Settings of an app's webview."""

    __tablename__ = "channel_webview"
    __table_args__ = ({"info": {"vouched": True}},)

    code: Mapped[str] = mapped_column(primary_key=True)
    title_bar: Mapped[str]
    bridge: Mapped[str]
    frame_ancestors: Mapped[str]


class SandboxChannel(Model):
    """A channel that a vendor created in the demo, for one day. Its key is in `channel_key`."""

    __tablename__ = "sandbox_channel"

    code: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Launch(Model):
    """A launch from an app, identified by the digest of its single-use code.

    The personal data is erased when the code is used or declined, or after it has expired. The rest
    is kept for one day, so that a used link can be distinguished from an unknown one.
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
