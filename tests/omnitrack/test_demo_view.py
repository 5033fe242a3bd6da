"""The demo's view: what it tells is true, readable, and fits the terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from omnitrack.demo.pulse import Flow, Pulse
from omnitrack.demo.readings import FailedHandoff, Pair, Readings
from omnitrack.demo.story import tell_story
from omnitrack.demo.view import Scene, draw

ZONE = timezone(timedelta(hours=8))
LEFT = datetime(2026, 11, 24, 2, 3, tzinfo=UTC)
LATE = FailedHandoff(
    customer_id="C-1042",
    intent="card_replacement",
    from_channel="mobile_app",
    to_channel="branch",
    referred_to="branch",
    left_at=LEFT,
    arrived_at=LEFT + timedelta(minutes=97),
    due_at=LEFT + timedelta(minutes=60),
    failures=("overdue", "repeated"),
    wait_seconds=0.0,
    reasked=("id_number",),
    contradictions={},
    care=("elderly",),
)
FAILURES = ("misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled", "lost")
CHANNELS = ("mobile_app", "online_banking", "wechat", "atm", "hotline", "branch")
REASONS = (
    "not_json",
    "too_large",
    "unknown_version",
    "schema",
    "channel_mismatch",
    "clock_ahead",
    "conflict",
    "too_late",
)
BUSY = Readings(
    stitched=1_234_567,
    stored=1_200_000,
    dead=4_000,
    duplicate=24_000,
    journeys={"completed": 150_000, "abandoned": 40_000, "open": 30_000, "cancelled": 9_000},
    pairs=tuple(
        Pair(one, other, 700, 400, 20, tuple((failure, 99) for failure in FAILURES))
        for one in CHANNELS
        for other in CHANNELS
        if one != other
    ),
    dead_letters=dict.fromkeys(REASONS, 500),
    latest_failure=LATE._replace(
        failures=FAILURES[1:6], contradictions={"fee": "10 CNY → 20 CNY"}, wait_seconds=1500.0
    ),
)
SCENE = Scene(
    seconds=75.0,
    flow=Flow(1_240_000, 1_234_567, 1_228_000, 60.4, 61.0, 59.6, 12_000),
    first_journey=2.34,
    readings=BUSY,
    foot="q ends · Kafka 127.0.0.1:40123 · ClickHouse 127.0.0.1:40124",
    zone=ZONE,
    phase="live",
)


def frame(scene: Scene, width: int, height: int) -> list[str]:
    console = Console(file=StringIO(), width=width, height=height)
    with console.capture() as captured:
        console.print(draw(scene, width, height))
    return captured.get().splitlines()


def test_a_late_arrival_is_told_in_plain_words() -> None:
    assert tell_story(LATE, ZONE) == (
        "At 10:03 customer C-1042 (elderly) left the mobile app, referred to the branch for a card replacement; "
        "they came at 11:40, 37 minutes too late and were asked again for id number."
    )


def test_a_lost_referral_is_told_by_its_deadline() -> None:
    lost = LATE._replace(arrived_at=None, failures=("lost",), reasked=(), care=())
    assert tell_story(lost, ZONE) == (
        "At 10:03 customer C-1042 was sent from the mobile app to the branch for a card replacement; "
        "they did not come by 11:03, as was agreed."
    )


def test_going_elsewhere_is_told_with_where_they_were_sent() -> None:
    misdirected = LATE._replace(to_channel="hotline", failures=("misdirected", "stalled"), wait_seconds=90.0)
    story = tell_story(misdirected, ZONE)
    assert "was sent from the mobile app to the branch" in story
    assert "came to the hotline instead at 11:40 and had to wait 90 seconds." in story


def test_without_a_referral_they_just_left() -> None:
    bounced = LATE._replace(referred_to=None, due_at=None, failures=("bounced",), intent="account_opening")
    assert "left the mobile app with an account opening unfinished" in tell_story(bounced, ZONE)
    assert "were back where they had started" in tell_story(bounced, ZONE)


def test_fast_play_is_told_with_seconds() -> None:
    soon = LATE._replace(arrived_at=LEFT + timedelta(seconds=40), due_at=LEFT + timedelta(seconds=39))
    assert "At 10:03:00" in tell_story(soon, ZONE)
    assert "came at 10:03:40, 1 second too late" in tell_story(soon, ZONE)


def test_another_day_is_named() -> None:
    next_day = LATE._replace(arrived_at=LEFT + timedelta(days=1))
    assert "At 10:03 on 24 Nov" in tell_story(next_day, ZONE)
    assert "came at 10:03 on 25 Nov, 23 hours too late" in tell_story(next_day, ZONE)


@given(
    st.builds(
        FailedHandoff,
        customer_id=st.just("C-1"),
        intent=st.sampled_from(["transfer", "complaint", "unknown"]),
        from_channel=st.sampled_from(CHANNELS),
        to_channel=st.sampled_from([*CHANNELS, "video_teller"]),
        referred_to=st.none() | st.sampled_from(CHANNELS),
        left_at=st.just(LEFT),
        arrived_at=st.none() | st.just(LEFT + timedelta(hours=30)),
        due_at=st.none() | st.just(LEFT + timedelta(hours=2)),
        failures=st.lists(st.sampled_from(FAILURES), unique=True).map(tuple),
        wait_seconds=st.floats(0, 1e5),
        reasked=st.just(("id_number", "address")),
        contradictions=st.just({"fee": "a → b"}),
        care=st.sampled_from([(), ("elderly", "disabled")]),
    )
)
def test_any_failure_has_a_story_of_one_sentence(handoff: FailedHandoff) -> None:
    story = tell_story(handoff, ZONE)
    assert story.startswith("At 10:03")
    assert story.endswith(".")
    for failure, words in (("repeated", "asked again"), ("contradicted", "fee a → b"), ("stalled", "had to wait")):
        assert (words in story) == (failure in handoff.failures)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60)])
@pytest.mark.parametrize("readings", [Readings(), BUSY], ids=["empty", "busy"])
def test_a_frame_fits_the_terminal(width: int, height: int, readings: Readings) -> None:
    lines = frame(replace(SCENE, readings=readings), width, height)
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width


def test_a_small_terminal_still_tells_all_that_matters() -> None:
    text = "\n".join(frame(SCENE, 80, 24))
    for part in ("1,240,000", "60/s", "2.3 s", "completed", "150,000", "app → web", "64%", "36%", "misdirected 99"):
        assert part in text, part
    for part in ("dead letters", "4,000", "others", "37 minutes too late", "C-1042", "127.0.0.1:40124"):
        assert part in text, part


def test_a_large_terminal_shows_the_whole_matrix_and_every_reason() -> None:
    text = "\n".join(frame(SCENE, 200, 60))
    assert text.count(" → ") >= len(BUSY.pairs)
    assert all(reason in text for reason in REASONS)
    assert "others" not in text


def test_rates_are_those_of_the_last_seconds() -> None:
    pulse = Pulse(began=100.0)
    for second in range(20):
        flow = pulse.beat(100.0 + second, 50 * second, Readings(stitched=40 * second, stored=30 * second))
    assert (flow.published_rate, flow.stitched_rate, flow.accounted_rate) == (50.0, 40.0, 30.0)
    assert flow.behind == 19 * 20


def test_the_first_journey_is_timed_once() -> None:
    pulse = Pulse(began=100.0)
    pulse.beat(101.0, 5, Readings())
    assert pulse.first_journey is None
    pulse.beat(102.5, 5, Readings(journeys={"open": 1}))
    pulse.beat(109.0, 5, Readings(journeys={"open": 9}))
    assert pulse.first_journey == 2.5
