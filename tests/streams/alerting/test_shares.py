"""Alerts on shares: failed handoffs and waits over standard, in a window that slides."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert_rules import ShareRule
from streams.alerting.episodes import episodes_between
from streams.alerting.facts import CustomerRow
from streams.alerting.observations import Count
from tests.streams.alerting.rows import HOUR, MINUTE, NOON, handoff, journey, rules, waited
from tests.streams.alerting.world import World, at, tell

CALM: dict[str, Any] = {"failures": ("stalled",)}
"""Fails in a way that the rule about single handoffs does not name."""


@pytest.fixture
def world() -> World:
    return World(rules(), NOON)


def failed(customer: str, minutes_ago: float = 1, **changes: Any) -> list[CustomerRow]:
    return [journey(customer), handoff(NOON - round(minutes_ago * MINUTE), customer, **(CALM | changes))]


def several(*customers: str, **changes: Any) -> list[CustomerRow]:
    return [row for customer in customers for row in failed(customer, **changes)]


class TestHandoffs:
    def test_too_great_a_share_raises_one_alert_of_the_group(self, world: World) -> None:
        said = tell(world, *several("C-1", "C-2", "C-3"))
        assert len({alert.alert_id for alert in said}) == 1
        (alert,) = world.alerts()
        assert (alert.customer_id, alert.subject, alert.status) == ("", "to_channel branch", "firing")
        assert (alert.value, alert.threshold, alert.count) == (1.0, 0.4, 3)
        assert alert.summary == "100% of 3 handoffs failed within 30m (over 40%)"

    def test_too_few_raise_none(self, world: World) -> None:
        assert tell(world, *several("C-1", "C-2")) == []

    def test_the_share_allowed_raises_none(self, world: World) -> None:
        smooth = several("C-3", "C-4", "C-5", result="smooth")
        assert tell(world, *smooth, *several("C-1", "C-2")) == []

    def test_each_group_has_its_own(self, world: World) -> None:
        tell(world, *several("C-1", "C-2", "C-3"), *several("C-4", "C-5", "C-6", to_channel="atm"))
        assert {alert.labels["to_channel"] for alert in world.alerts()} == {"branch", "atm"}

    def test_it_ends_when_the_window_has_passed_it_and_the_next_is_another(self, world: World) -> None:
        tell(world, *several("C-1", "C-2", "C-3"))
        (first,) = world.alerts()
        assert at(world, NOON + 28 * MINUTE) == []
        (resolved,) = at(world, NOON + 35 * MINUTE)
        assert (resolved.alert_id, resolved.status) == (first.alert_id, "resolved")
        later = [handoff(world.now, customer, **CALM) for customer in ("C-4", "C-5", "C-6")]
        tell(world, *later)
        second = next(alert for alert in world.alerts() if alert.status == "firing")
        assert (second.fingerprint == first.fingerprint, second.alert_id == first.alert_id) == (True, False)

    def test_a_correction_takes_it_back(self, world: World) -> None:
        tell(world, *several("C-1", "C-2", "C-3"))
        tell(world, handoff(NOON - MINUTE, "C-2", version=2, is_deleted=1))
        assert world.said()[-1].status == "retracted"
        assert world.alerts() == []

    def test_a_count_that_comes_late_moves_its_beginning_and_raises_no_other(self, world: World) -> None:
        tell(world, *several("C-1", "C-2", "C-3", "C-4"))
        tell(world, *several("C-5", "C-6", "C-7", minutes_ago=5))
        (alert,) = world.alerts()
        assert alert.count == 7

    @pytest.mark.parametrize(
        "rows",
        [
            [
                *(journey(f"C-{number}", incidents=("outage-7",)) for number in range(3)),
                *(handoff(NOON - MINUTE, f"C-{number}", **CALM) for number in range(3)),
            ],
            several("anon:device:1", "anon:device:2", "anon:device:3"),
            several("C-1", "C-2", "C-3", minutes_ago=50, to_channel="hotline"),
            several("C-1", "C-2", "C-3", result="pending"),
            several("C-1", "C-2", "C-3", minutes_ago=70),
        ],
        ids=["incident", "anonymous", "maintenance", "pending", "older than two windows"],
    )
    def test_what_is_left_out(self, world: World, rows: list[CustomerRow]) -> None:
        assert [alert for alert in tell(world, *rows) if alert.status == "firing"] == []


class TestWaits:
    def test_those_beyond_the_standard_of_intent_and_channel_count(self, world: World) -> None:
        tell(world, *(waited(601, NOON - number, f"C-{number}") for number in range(3)))
        (alert,) = world.alerts()
        assert alert.labels == {"channel": "branch", "intent": "transfer"}

    def test_those_within_it_do_not(self, world: World) -> None:
        assert tell(world, *(waited(600, NOON - number, f"C-{number}") for number in range(3))) == []

    def test_one_without_an_intent_has_that_of_its_journey(self, world: World) -> None:
        rows = [waited(900, NOON - number, f"C-{number}", intent=None) for number in range(3)]
        tell(world, *rows)
        assert {alert.labels["intent"] for alert in world.alerts()} == {"unknown"}
        tell(world, *(journey(f"C-{number}") for number in range(3)))
        assert {alert.labels["intent"] for alert in world.alerts()} == {"transfer"}

    def test_who_gives_up_within_the_standard_is_left_out(self, world: World) -> None:
        gave_up: dict[str, Any] = {"stage": "wait", "outcome": "abandoned"}
        assert tell(world, *(waited(60, NOON - number, f"C-{number}", **gave_up) for number in range(3))) == []


counts = st.dictionaries(
    st.integers(0, 80), st.builds(lambda n, bad: Count(n, min(n, bad)), st.integers(1, 4), st.integers(0, 4))
)


@given(totals=counts, last=st.integers(0, 120))
def test_an_episode_is_a_run_of_windows_whose_share_is_too_great(totals: dict[int, Count], last: int) -> None:
    rule = ShareRule("r", "warning", "", over=0.5, window=10_000, min_count=3, resolve_after=3_000)
    too_great = []
    for bucket in range(last + 1):
        window = [totals[one] for one in range(bucket - rule.buckets + 1, bucket + 1) if one in totals]
        n, bad = sum(count.n for count in window), sum(count.failed for count in window)
        if n >= rule.min_count and bad > rule.over * n:
            too_great.append(bucket)
    found = episodes_between(rule, totals, 0, last)
    covered = {bucket for episode in found for bucket in range(episode.first, episode.last + 1)}
    assert set(too_great) <= covered
    assert {edge for episode in found for edge in (episode.first, episode.last)} <= set(too_great)
    gaps = [later.first - earlier.last for earlier, later in pairwise(found)]
    assert all(gap > 3 for gap in gaps)
    assert all(episode.worst.n >= 3 and episode.worst.failed * 2 > episode.worst.n for episode in found)


def test_a_day_of_a_group_is_bounded() -> None:
    """Whatever comes, a group knows two windows of each partition."""
    world = World(rules(), NOON)
    for minute in range(0, 300, 3):
        world.now = NOON + minute * MINUTE
        tell(world, *(handoff(world.now, f"C-{minute}-{number}", **CALM) for number in range(3)))
    groups = [value for state in world.states.partitions.values() for key, value in state.items() if key[:1] == b"\x00"]
    assert groups
    assert max(map(len, groups)) < 4_000
    assert world.now - NOON > 4 * HOUR
