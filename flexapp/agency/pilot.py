"""The pilot (小范围试用): phones are admitted area by area and channel by channel (design 2.6).

An area without a row is open in the demo and closed in production, because the notice requires a
small pilot first. A channel without a row is open: the areas decide, and channels have their own
switch (`flask channels disable`). Counters are never affected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from flask import current_app

from flexapp.agency import repository
from flexapp.agency.effective_parameters import in_force
from flexapp.agency.permissions import read_reason, require_officer
from flexapp.agency.repository import PlaceRow
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.config import Settings
from flexapp.rules import divisions
from flexapp.rules.capabilities import Action, ChannelKind, can
from flexapp.rules.divisions import Division
from flexapp.rules.publication import read_day
from flexapp.rules.refusal import Refusal

AHEAD = timedelta(days=366)

AREAS = tuple(place for _, places in divisions.choices() for place in places)
"""The areas that can be opened: all divisions in which people can be insured."""


class Kind(StrEnum):
    """Kind of a pilot place."""

    AREA = "area"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Place:
    """An area or a channel, identified by its code."""

    kind: Kind
    code: str


@dataclass(frozen=True, slots=True)
class PlaceStatus:
    """State of an area or a channel on a given day."""

    place: Place
    is_open: bool
    open_from: date | None
    closed_since: date | None


def why_not_open(
    *, division: Division, actor: Actor, action: Action, today: date, field: str | None = None
) -> Refusal | None:
    """Return the refusal `not_open_yet` if the pilot excludes this action on a phone, else None.

    The area or the channel may be closed. The sentence says since or until when, and which counters
    help meanwhile. `field` is the form field of a refusal about the area.
    """
    if actor.channel_kind is not ChannelKind.PHONE:
        return None
    area, channel = pilot(
        (Place(Kind.AREA, division.code), Place(Kind.CHANNEL, actor.channel)), today
    )
    counters = _counters(action)
    if not area.is_open:
        return Refusal(
            "not_open_yet",
            f"手机办理正在小范围试用，{_since_or_until(division.name, area)}"
            f"现在请到{division.name}的{counters}办理{action.label}。",
            field,
        )
    if not channel.is_open:
        return Refusal(
            "not_open_yet",
            f"手机办理正在小范围试用，{_since_or_until('您现在用的渠道', channel)}"
            f"请换一个已开通的渠道（见首页“办理渠道”），或到{division.name}的{counters}"
            f"办理{action.label}。",
        )
    return None


def where_not_open(*, actor: Actor, action: Action, today: date) -> str | None:
    """Return the notice on where an action is not open on a phone; None if it is open everywhere.

    For pages on which no area has been chosen yet. The notice names the areas and the counters that
    help there.
    """
    if actor.channel_kind is not ChannelKind.PHONE:
        return None
    places = [Place(Kind.AREA, area.code) for area in AREAS]
    *areas, channel = pilot([*places, Place(Kind.CHANNEL, actor.channel)], today)
    counters = _counters(action)
    if not channel.is_open:
        return (
            f"手机办理正在小范围试用，{_since_or_until('您现在用的渠道', channel)}"
            f"请换一个已开通的渠道（见首页“办理渠道”），或到当地的{counters}办理{action.label}。"
        )
    names = {area.code: area.name for area in AREAS}
    opened = [names[each.place.code] for each in areas if each.is_open]
    closed = [names[each.place.code] for each in areas if not each.is_open]
    if not closed:
        return None
    if not opened:
        return f"手机办理{action.label}还没有开通，请到当地的{counters}办理。"
    if len(opened) < len(closed):
        where = f"现在只开通：{'、'.join(opened)}；其他地区"
    else:
        where = f"现在不包括：{'、'.join(closed)}；这些地区"
    return f"手机办理{action.label}{where}请到当地的{counters}办理。"


def _counters(action: Action) -> str:
    return "或".join(
        kind.label for kind in ChannelKind if kind is not ChannelKind.PHONE and can(kind, action)
    )


def pilot(places: Sequence[Place], today: date) -> tuple[PlaceStatus, ...]:
    """Return the state of each of these places, in the same order."""
    said = in_force(today).places
    return tuple(_status(each, said.get((each.kind, each.code)), today) for each in places)


def open_places(
    *, places: Sequence[Place], since: str, actor: Actor, at: datetime, today: date
) -> Refusal | None:
    """Open places from the day `since` (YYYY-MM-DD, today or later); open ones do not change.

    Refusals: `not_an_officer`, `place_missing`, `day_wrong`.
    """
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    if not places:
        return Refusal("place_missing", "请选择要开通的地区或渠道。", "place")
    day = read_day(since)
    if day is None or not today <= day <= today + AHEAD:
        return Refusal("day_wrong", "请填开通日期：今天或以后，一年之内。", "since")
    for now in pilot(places, today):
        if now.is_open or now.open_from == day:
            continue
        place = now.place
        repository.set_pilot_place(PlaceRow(place.kind, place.code, day, now.closed_since))
        _record("pilot.opened", place, actor, at, {"from": day.isoformat()})
    return None


def close_places(
    *, places: Sequence[Place], reason: str, actor: Actor, at: datetime, today: date
) -> Refusal | None:
    """Close places from today on, with a reason; existing assessments are still processed.

    Refusals: `not_an_officer`, `place_missing`, `reason_missing`.
    """
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    if not places:
        return Refusal("place_missing", "请选择要暂停的地区或渠道。", "place")
    why = read_reason(reason)
    if isinstance(why, Refusal):
        return why
    for now in pilot(places, today):
        if not now.is_open and now.open_from is None:
            continue
        place = now.place
        since = today if now.is_open else now.closed_since
        repository.set_pilot_place(PlaceRow(place.kind, place.code, None, since))
        _record("pilot.closed", place, actor, at, {"reason": why})
    return None


def _status(place: Place, said: PlaceRow | None, today: date) -> PlaceStatus:
    if said is None:
        settings: Settings = current_app.config["SETTINGS"]
        return PlaceStatus(place, settings.is_demo or place.kind is Kind.CHANNEL, None, None)
    is_open = said.open_from is not None and said.open_from <= today
    return PlaceStatus(place, is_open, said.open_from, said.closed_since)


def _since_or_until(name: str, status: PlaceStatus) -> str:
    if status.open_from is not None:
        return f"{name}从{_day(status.open_from)}起开通。"
    if status.closed_since is not None:
        return f"{name}从{_day(status.closed_since)}起暂停，恢复时间会在首页公告。"
    return f"{name}还没有开通，开通时间会在首页公告。"


def _day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def _record(action: str, place: Place, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    subject = f"pilot:{place.kind.value}:{place.code}"
    audit.record(action=action, person_id=None, subject=subject, actor=actor, at=at, data=data)
