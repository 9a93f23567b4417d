"""Which kind of channel may perform which action: the channel table of the 2019 notice."""

from enum import StrEnum

from flexapp.rules.refusal import Refusal


class ChannelKind(StrEnum):
    """Kinds of channel through which the service is used.

    PHONE: the apps and phone browsers. TOWNSHIP: 乡镇民生服务中心. HALL: 社保服务大厅.
    AGENCY: the bureau itself. It runs the service and does not act for residents.
    """

    PHONE = "phone"
    TOWNSHIP = "township"
    HALL = "hall"
    AGENCY = "agency"

    @property
    def label(self) -> str:
        return _KIND_LABELS[self]


_KIND_LABELS = {
    ChannelKind.PHONE: "手机",
    ChannelKind.TOWNSHIP: "乡镇民生服务中心",
    ChannelKind.HALL: "社保服务大厅",
    ChannelKind.AGENCY: "经办机构",
}


class Action(StrEnum):
    """Actions that the channel table allows or denies.

    REGISTER: 登记 and 变更. REVOKE includes requesting revocation from the tax bureau.
    SPECIAL: 特殊业务 (design 2.5).
    """

    REGISTER = "register"
    ASSESS = "assess"
    TRANSMIT = "transmit"
    REVOKE = "revoke"
    SPECIAL = "special"

    @property
    def label(self) -> str:
        return _ACTION_LABELS[self]


_ACTION_LABELS = {
    Action.REGISTER: "参保登记和变更",
    Action.ASSESS: "缴费核定",
    Action.TRANSMIT: "传输",
    Action.REVOKE: "撤销",
    Action.SPECIAL: "特殊业务",
}

_EVERYDAY = frozenset({Action.REGISTER, Action.ASSESS, Action.TRANSMIT, Action.REVOKE})

CAPABILITIES: dict[ChannelKind, frozenset[Action]] = {
    ChannelKind.PHONE: _EVERYDAY,
    ChannelKind.TOWNSHIP: frozenset({Action.REGISTER}),
    ChannelKind.HALL: _EVERYDAY | {Action.SPECIAL},
    ChannelKind.AGENCY: frozenset(),
}


def can(channel_kind: ChannelKind, action: Action) -> bool:
    """Whether `channel_kind` may perform `action` (2019 notice, channels)."""
    return action in CAPABILITIES[channel_kind]


def why_not(channel_kind: ChannelKind, action: Action) -> Refusal | None:
    """`None` when allowed, else the refusal `channel_cannot`, which names the allowed channels."""
    if can(channel_kind, action):
        return None
    places = "或".join(kind.label for kind in ChannelKind if can(kind, action))
    return Refusal(
        "channel_cannot", f"{channel_kind.label}不能办理{action.label}，请到{places}办理。"
    )
