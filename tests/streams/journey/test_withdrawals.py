"""Touchpoints that leave a customer: what remains is stitched as if they had never been."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.touchpoint import Arrival, Touchpoint, Withdrawal
from streams.journey import stitch
from streams.journey.state import Head, decode_head, head_key
from tests.streams.journey.cases import CATALOGUE, at, step
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import touchpoint_sets

NOW = at("30 00:00")


@given(touchpoint_sets(), st.data())
def test_what_is_withdrawn_leaves_no_trace(touchpoints: list[Touchpoint], data: st.DataObject) -> None:
    player = Player(CATALOGUE)
    comings = st.lists(st.tuples(st.booleans(), st.sampled_from(touchpoints)), max_size=20)
    present: dict[tuple[str, str], Touchpoint] = {}
    batch: list[Arrival | Withdrawal] = []
    for comes, touchpoint in data.draw(comings):
        if comes:
            batch += player.arrivals([touchpoint])
            present[touchpoint.channel, touchpoint.event_id] = touchpoint
        else:
            batch.append(player.withdrawal(touchpoint))
            present.pop((touchpoint.channel, touchpoint.event_id), None)
        if data.draw(st.booleans()):
            player.take(batch, clock=NOW)
            batch = []
    player.take(batch, clock=NOW)
    expected = stitch([(CUSTOMER, each) for each in present.values()], CATALOGUE, NOW)
    assert player.differs_from(expected) == []
    head = decode_head(player.state[head_key(CUSTOMER)]) if player.state else Head()
    assert bool(head.segments) == bool(present)
    assert present or set(player.state) <= {head_key(CUSTOMER)}


def test_a_withdrawn_touchpoint_gets_a_tombstone_even_if_this_state_never_had_it() -> None:
    player = Player(CATALOGUE)
    change = player.take([player.withdrawal(step("1", "atm", "2 09:00"))], clock=NOW)
    assert [(row.touchpoint.event_id, row.is_deleted) for row in change.touchpoints] == [("1", 1)]


def test_a_journey_within_reach_again_once_later_touchpoints_are_gone_still_knows_what_was_sent_of_it() -> None:
    referral = step("1", "atm", "2 09:00", intent="transfer", referral_to="branch", referral_due_at=at("2 09:30"))
    later = step("2", "atm", "20 09:00")
    met = step("3", "branch", "2 10:00", intent="transfer")
    player = Player(CATALOGUE)
    for touchpoint in (referral, later):
        player.arrive(touchpoint, clock=touchpoint.occurred_at)
    player.take([player.withdrawal(later)], clock=NOW)
    player.arrive(met, clock=NOW)
    assert player.differs_from(stitch([(CUSTOMER, referral), (CUSTOMER, met)], CATALOGUE, NOW)) == []
