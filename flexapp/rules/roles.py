"""Who works at the counters (经办窗口), and where each role stands (design 2)."""

from enum import StrEnum

from flexapp.rules.capabilities import ChannelKind


class Role(StrEnum):
    """TOWNSHIP: clerk of a 乡镇民生服务中心. HALL: clerk of a 社保服务大厅. AGENCY: officer of the
    bureau. AUDITOR: looks at everything and does nothing."""

    TOWNSHIP = "township"
    HALL = "hall"
    AGENCY = "agency"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        """What people read."""
        return _LABELS[self]

    @property
    def channel_kind(self) -> ChannelKind:
        """Where they work, which decides what they may do for residents."""
        return _KINDS.get(self, ChannelKind.AGENCY)

    @property
    def is_local(self) -> bool:
        """Whether somebody of this role is bound to divisions; the others see the whole region."""
        return self in _KINDS


_LABELS = {
    Role.TOWNSHIP: "乡镇经办员",
    Role.HALL: "大厅经办员",
    Role.AGENCY: "经办机构管理员",
    Role.AUDITOR: "审计员",
}

_KINDS = {Role.TOWNSHIP: ChannelKind.TOWNSHIP, Role.HALL: ChannelKind.HALL}
