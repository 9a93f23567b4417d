"""Administration of channels: add, enable, disable, configure a webview, manage keys.

Every change writes an audit event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.channels import keys, repository, service
from flexapp.channels.catalogue import (
    App,
    Channel,
    RegistryError,
    app_from,
)
from flexapp.channels.keys import Key
from flexapp.channels.service import Webview
from flexapp.rules.refusal import Refusal

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")


def add(*, described: Mapping[str, str], by: str, at: datetime) -> App | Refusal:
    """Add an app; it is usable at once.

    `described` has `code`, `name`, `category` and optionally `download…`.
    """
    try:
        app = app_from(described)
    except RegistryError as fault:
        return Refusal("channel_wrong", str(fault))
    if service.find(app.code) is not None:
        return Refusal("channel_known", f"there is a channel {app.code} already")
    known: tuple[Channel, ...] = (*service.apps(), *service.counters())
    if any(app.name == other.name for other in known):
        return Refusal("channel_known", f"there is a channel named {app.name} already")
    repository.add(
        {
            "code": app.code,
            "name": app.name,
            "category": app.category.value,
            "download": app.download,
            "download_android": app.download_android,
            "download_ios": app.download_ios,
            "at": at,
            "by": by,
        }
    )
    _note("added", app.code, by, at)
    return app


def switch(*, code: str, enabled: bool, reason: str, by: str, at: datetime) -> Refusal | None:
    """Enable an app, or disable it with a reason that residents read. None on success."""
    if service.find_app(code) is None:
        return _unknown(code)
    if not enabled and not reason.strip():
        return Refusal("reason_missing", "say why, in a sentence for people")
    repository.set_switch(
        {"code": code, "enabled": enabled, "reason": reason.strip(), "at": at, "by": by}
    )
    _note("enabled" if enabled else "disabled", code, by, at)
    return None


def set_webview(*, code: str, webview: Webview, by: str, at: datetime) -> Refusal | None:
    """Set how the app's webview shows the pages, from the next page on. None on success."""
    if service.find_app(code) is None:
        return _unknown(code)
    for origin in webview.frame_ancestors:
        if not _ORIGIN.fullmatch(origin):
            return Refusal("origin_wrong", f"{origin} is no origin such as https://m.bank.example")
    repository.set_webview(
        {
            "code": code,
            "title_bar": webview.title_bar.value,
            "bridge": webview.bridge.value,
            "frame_ancestors": " ".join(webview.frame_ancestors),
        }
    )
    _note("webview", code, by, at)
    return None


def add_key(
    *, code: str, content: bytes | str, kid: str | None, by: str, at: datetime
) -> Key | Refusal:
    """Register a vendor's public key (`keys.read`, `keys.add`)."""
    if service.find_app(code) is None:
        return _unknown(code)
    new = keys.read(content, kid)
    if isinstance(new, Refusal):
        return new
    key = keys.add(code=code, new=new, at=at)
    if not isinstance(key, Refusal):
        _note("key_added", code, by, at, {"kid": key.kid})
    return key


def retire_key(*, code: str, kid: str, by: str, at: datetime) -> Refusal | None:
    """Retire a key: messages signed with it are no longer accepted. None on success."""
    refusal = keys.retire(code=code, kid=kid, at=at)
    if refusal is None:
        _note("key_retired", code, by, at, {"kid": kid})
    return refusal


def _unknown(code: str) -> Refusal:
    return Refusal("channel_unknown", f"there is no app {code}; see `channels list`")


def _note(
    what: str, code: str, by: str, at: datetime, data: Mapping[str, str] | None = None
) -> None:
    audit.record(
        action=f"channel.{what}",
        person_id=None,
        subject=code,
        actor=Actor(ActorKind.SYSTEM, None, by, "system"),
        at=at,
        data=data,
    )
