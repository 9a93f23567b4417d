"""Roles of the staff (经办人员) and the channel kind of each (design 2)."""

from enum import StrEnum

from flexapp.rules.capabilities import ChannelKind


class Role(StrEnum):
    """Roles of staff users.

    TOWNSHIP: clerk of a 乡镇民生服务中心. HALL: clerk of a 社保服务大厅. AGENCY: officer of the
    bureau. AUDITOR: read-only access to everything.
    """

    TOWNSHIP = "township"
    HALL = "hall"
    AGENCY = "agency"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        """The role for display."""
        return _LABELS[self]

    @property
    def channel_kind(self) -> ChannelKind:
        """The channel kind of the role, which decides what it may do for residents."""
        return _KINDS.get(self, ChannelKind.AGENCY)

    @property
    def is_local(self) -> bool:
        """Whether users of this role are limited to divisions; others see the whole region."""
        return self in _KINDS


_LABELS = {
    Role.TOWNSHIP: "乡镇经办员",
    Role.HALL: "大厅经办员",
    Role.AGENCY: "经办机构管理员",
    Role.AUDITOR: "审计员",
}

_KINDS = {Role.TOWNSHIP: ChannelKind.TOWNSHIP, Role.HALL: ChannelKind.HALL}
