"""What each kind of channel may do: the channel table of the 2019 notice, cell by cell."""

import pytest

from flexapp.rules.capabilities import Action, ChannelKind, can, why_not

TABLE = {
    ChannelKind.PHONE: (True, True, True, True, False),
    ChannelKind.TOWNSHIP: (True, False, False, False, False),
    ChannelKind.HALL: (True, True, True, True, True),
    ChannelKind.AGENCY: (False, False, False, False, False),
}
COLUMNS = (Action.REGISTER, Action.ASSESS, Action.TRANSMIT, Action.REVOKE, Action.SPECIAL)


@pytest.mark.parametrize("kind", ChannelKind)
def test_a_channel_may_do_what_the_notice_says(kind: ChannelKind) -> None:
    assert tuple(can(kind, action) for action in COLUMNS) == TABLE[kind]
    assert set(COLUMNS) == set(Action)


@pytest.mark.parametrize("kind", ChannelKind)
@pytest.mark.parametrize("action", Action)
def test_a_refusal_says_where_it_can_be_done(kind: ChannelKind, action: Action) -> None:
    refusal = why_not(kind, action)
    if can(kind, action):
        assert refusal is None
        return
    assert refusal is not None
    assert refusal.reason == "channel_cannot"
    assert kind.label in refusal.sentence.partition("请到")[0]
    assert ChannelKind.HALL.label in refusal.sentence.partition("请到")[2]


def test_special_cases_belong_to_the_hall_alone() -> None:
    refusal = why_not(ChannelKind.PHONE, Action.SPECIAL)
    assert refusal is not None
    assert refusal.sentence == "手机不能办理特殊业务，请到社保服务大厅办理。"
