"""View models of a receipt and of the page that verifies one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, url_for

from flexapp.assessment.queries import STATE_STYLES
from flexapp.assessment.receipts import Position, Receipt, Verified
from flexapp.config import Settings
from flexapp.rules import divisions
from flexapp.rules.money import plain, yen
from flexapp.rules.rates import RateKind
from flexapp.rules.states import State
from flexapp.web import qrcodes
from flexapp.web.formatting import moment
from flexapp.web.qrcodes import Code

MEANINGS = {
    State.ASSESSED: "核定好了，还没有传给税务，也没有缴费。",
    State.QUEUED: "正在传给税务，还没有缴费。",
    State.TRANSMITTED: "税务已收到核定，还没有收到缴费。",
    State.PAID: "税务已收到这笔缴费。",
    State.REJECTED: "税务没有接收这一笔，不能缴费。",
    State.TAX_REVOKING: "已向税务申请撤销，税务还没有答复。",
    State.TAX_REVOKED: "税务已撤销这一笔，不能缴费。",
}
"""What a state means to somebody who is shown a receipt. A revoked assessment has no entry."""

NOT_PAYMENT = "这是核定凭证，不是缴费证明。"
VOID = "此核定已撤销，凭证已失效"

UNRELIABLE_STATES = frozenset(
    {State.REJECTED, State.TAX_REVOKING, State.TAX_REVOKED, State.REVOKED}
)
"""States in which nobody should rely on a receipt, even a genuine one."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value. `wide`: it takes the whole width."""

    name: str
    value: str
    wide: bool = False
    money: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The receipt. `address`: where its code can be typed. `qr`: a link to the result of verifying
    it.
    """

    facts: tuple[Fact, ...]
    state: str
    tag: str
    note: str
    void: bool
    code: str
    address: str
    qr: Code
    back: str

    @classmethod
    def of(cls, receipt: Receipt, *, at: datetime, back: str) -> ReceiptPage:
        """Build the page of a receipt issued at this moment."""
        settings: Settings = current_app.config["SETTINGS"]
        state, serial = receipt.position.state, receipt.record.serial
        verify = settings.public_url + url_for("assessment.verify")
        link = settings.public_url + url_for("assessment.verify", serial=serial, check=receipt.code)
        (qr,) = qrcodes.draw([link])
        return cls(
            facts=(
                *_facts(receipt),
                Fact("出具时间", moment(at)),
                Fact("出具时状态", _since(receipt.position), wide=True),
            ),
            state=state.label,
            tag=STATE_STYLES[state],
            note=_note(state),
            void=state is State.REVOKED,
            code=receipt.code,
            address=verify.partition("://")[2],
            qr=qr,
            back=back,
        )


@dataclass(frozen=True, slots=True)
class VerifiedPage:
    """The result for a genuine receipt: its content and the present state of the record."""

    heading: str
    sorry: bool
    sentence: str
    moments: tuple[str, ...]
    """When the state on the receipt began and, if it changed, when the present one began."""
    note: str | None
    tag: str
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, found: Verified) -> VerifiedPage:
        """Build the result. It shows nothing that the receipt does not."""
        then, now = found.receipt.position, found.now
        heading = "凭证属实，状态已有变化" if found.moved else "凭证属实"
        return cls(
            heading=VOID if found.void else heading,
            sorry=now.state in UNRELIABLE_STATES,
            sentence=_change_since(found),
            moments=tuple(
                f"{step.state.label}：{moment(step.since)} 起"
                for step in ((then, now) if found.moved else (now,))
            ),
            note=None if found.void else _note(now.state),
            tag=STATE_STYLES[now.state],
            facts=(*_facts(found.receipt), Fact("出具时状态", _since(then), wide=True)),
        )


def _facts(receipt: Receipt) -> tuple[Fact, ...]:
    """Return the values shown both on the receipt and on the verification page."""
    record = receipt.record
    place = divisions.find(record.division)
    rate = "未记载" if receipt.rate is None else f"{(receipt.rate * 100).normalize():f}%"
    unit = f"（{record.kind.label}）" if record.kind is RateKind.UNIT else ""
    return (
        Fact("核定流水号", record.serial, wide=True),
        Fact("姓名", receipt.name),
        Fact("身份证号", receipt.identity),
        Fact("参保地区", place.name if place else record.division),
        Fact("办理", receipt.handled.value),
        Fact("开始年月", str(record.period.start)),
        Fact("结束年月", str(record.period.end)),
        Fact("月数", f"{record.period.count} 个月"),
        Fact("缴费比例", f"{rate}{unit}"),
        Fact("月缴费基数", f"{plain(record.monthly_base)} 元"),
        Fact("缴费基数", f"{plain(record.period_base)} 元"),
        Fact("缴费总额", yen(record.total), money=True),
    )


def _change_since(found: Verified) -> str:
    then, now = found.receipt.position.state.label, found.now.state.label
    if not found.moved:
        return f"凭证出具时为{then}，到现在没有变化。"
    if then == now:
        return f"凭证出具时为{then}，其间有过变化，现在又为{now}。"
    return f"凭证出具时为{then}，现在为{now}。"


def _since(position: Position) -> str:
    return f"{position.state.label}（{moment(position.since)} 起）"


def _note(state: State) -> str:
    """Return a sentence on what the receipt proves."""
    if state is State.REVOKED:
        return f"{VOID}。"
    if state is State.PAID:
        return MEANINGS[state]
    return NOT_PAYMENT + MEANINGS[state]
