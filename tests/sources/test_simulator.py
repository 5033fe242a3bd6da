"""The simulator's play: valid, in order, the same for the same plan, and truthful about its dirt."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import Catalogue
from schemas.decode import Decoder, Refusal
from schemas.durations import DAY, HOUR, MINUTE
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from sources.simulator import Delivery, Plan, Simulation
from sources.simulator.rhythm import Tempo, next_open

NOW = 1_795_500_000_000
WEEK = Plan(since=NOW - 7 * DAY, customers=300, dirt=0.1)
DECODE = Decoder(BUILT_IN_CHANNELS).decode
DECODED_FATES = {"not_json", "too_large", "unknown_version", "schema", "channel_mismatch", "clock_ahead"}


def play(plan: Plan, until: int = NOW) -> list[Delivery]:
    simulation = Simulation(plan, Catalogue())
    return [*simulation.advance(until), *simulation.finish(until)]


def fate_by_contract(delivery: Delivery, received_at: int) -> str:
    decoded = DECODE(delivery.payload, delivery.channel, received_at)
    return decoded.reason if isinstance(decoded, Refusal) else "touchpoint"


@pytest.fixture(scope="module")
def week() -> list[Delivery]:
    return play(WEEK)


def test_the_same_plan_plays_the_same_bytes(week: list[Delivery]) -> None:
    assert play(WEEK) == week
    assert play(replace(WEEK, seed=2)) != week


@settings(max_examples=10)
@given(st.lists(st.integers(NOW - 2 * DAY, NOW), max_size=20))
def test_playing_in_pieces_plays_the_same(stops: list[int]) -> None:
    plan = Plan(since=NOW - 2 * DAY, customers=100, dirt=0.1, live_from=NOW - HOUR, live_rate=0.1)
    simulation = Simulation(plan, Catalogue())
    pieces = [delivery for stop in sorted(stops) for delivery in simulation.advance(stop)]
    assert [*pieces, *simulation.advance(NOW), *simulation.finish(NOW)] == play(plan)


def test_deliveries_come_in_the_order_of_publishing_and_never_before_they_happen(week: list[Delivery]) -> None:
    published = [delivery.publish_at for delivery in week]
    assert published == sorted(published)
    assert all(delivery.publish_at >= delivery.happened_at for delivery in week)
    assert all(WEEK.since <= delivery.happened_at <= NOW for delivery in week)


def test_every_record_has_the_fate_that_the_truth_tells(week: list[Delivery]) -> None:
    for delivery in week:
        expected = delivery.fate if delivery.fate in DECODED_FATES else "touchpoint"
        assert fate_by_contract(delivery, max(delivery.publish_at, NOW)) == expected, delivery


def test_every_kind_of_dirt_is_played(week: list[Delivery]) -> None:
    fates = Counter(delivery.fate for delivery in week)
    assert set(fates) == {*DECODED_FATES, "stored", "duplicate", "conflict", "too_late"}
    assert 0.07 < fates["duplicate"] / fates["stored"] < 0.13


def test_no_touchpoint_is_stored_twice_and_what_repeats_one_follows_it(week: list[Delivery]) -> None:
    stored: dict[tuple[str, str], Touchpoint] = {}
    for delivery in week:
        if delivery.fate in DECODED_FATES:
            continue
        touchpoint = DECODE(delivery.payload, delivery.channel, NOW)
        assert isinstance(touchpoint, Touchpoint)
        identity = (touchpoint.channel, touchpoint.event_id)
        if delivery.fate == "duplicate":
            assert stored[identity] == touchpoint
        elif delivery.fate == "conflict":
            assert stored[identity] != touchpoint
        elif delivery.fate == "too_late":
            assert touchpoint.occurred_at < WEEK.since - 45 * DAY + 7 * DAY
        else:
            assert identity not in stored
            stored[identity] = touchpoint


def test_without_dirt_all_is_stored_at_once_and_in_order() -> None:
    clean = play(replace(WEEK, dirt=0.0))
    assert {delivery.fate for delivery in clean} == {"stored"}
    assert all(delivery.publish_at == delivery.happened_at for delivery in clean)


def test_a_file_holds_no_record_that_is_on_the_wrong_topic() -> None:
    fates = {delivery.fate for delivery in play(replace(WEEK, by_topic=False))}
    assert "channel_mismatch" not in fates
    assert "conflict" in fates


def test_live_play_keeps_about_the_rate_and_stays_within_five_minutes_of_now() -> None:
    plan = Plan(since=NOW, customers=20_000, live_from=NOW, live_rate=100.0, dirt=0.1)
    deliveries = play(plan, NOW + 10 * MINUTE)
    last_minutes = [each for each in deliveries if each.happened_at > NOW + 5 * MINUTE and each.fate == "stored"]
    assert 75 < len(last_minutes) / 300 < 125
    assert all(
        fate_by_contract(delivery, delivery.publish_at) == "touchpoint"
        for delivery in deliveries
        if delivery.fate == "stored"
    )


@pytest.mark.parametrize("minute", range(0, 24 * 60, 47))
def test_live_play_goes_on_from_history_at_once_whatever_the_hour(minute: int) -> None:
    live_from = NOW + minute * MINUTE
    plan = Plan(since=live_from - DAY, customers=150, live_from=live_from, live_rate=30.0)
    simulation = Simulation(plan, Catalogue())
    assert sum(1 for _ in simulation.advance(live_from)) > 50
    assert sum(1 for _ in simulation.advance(live_from + 15_000)) > 50


def test_history_has_the_rhythm_of_a_bank(week: list[Delivery]) -> None:
    hours = Counter((delivery.happened_at // HOUR + 8) % 24 for delivery in week)
    assert sum(hours[hour] for hour in (9, 10, 11)) > 5 * sum(hours[hour] for hour in (2, 3, 4))
    branch = [delivery.happened_at for delivery in week if delivery.channel == "branch" and delivery.fate == "stored"]
    assert branch
    assert all(8 < (at // HOUR + 8) % 24 < 20 for at in branch)


@given(st.integers(0, NOW))
def test_branches_open_within_two_days_and_stay_open_when_they_are(at: int) -> None:
    opens = next_open("branch", at)
    assert at <= opens < at + 2 * DAY
    assert next_open("branch", opens) == opens
    assert next_open("hotline", at) == at


@given(st.floats(0, 1e9), st.floats(1, 1e6))
def test_sped_up_time_never_stands_still(milliseconds: float, compression: float) -> None:
    assert 20 <= Tempo(compression).squeeze(milliseconds) <= max(20, milliseconds)
