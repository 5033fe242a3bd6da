"""The truth that the simulator tells is what the specification's pure function makes of what it played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import Catalogue, load_catalogue
from schemas.decode import Decoder
from schemas.durations import DAY, HOUR
from schemas.rows import HandoffRow, JourneyRow, PromiseRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from sources.simulator import JourneyPlay, Plan, Simulation, Told, tell
from sources.simulator.conductor import Conductor
from sources.simulator.senders import FileSender
from sources.simulator.truth_file import TruthFile
from streams.journey import Stitched, stitch

NOW = 1_795_500_000_000
DECODE = Decoder(BUILT_IN_CHANNELS).decode
BANK = Path(__file__).parents[2] / "deploy" / "catalogue.yaml"
CATALOGUES = {"defaults": Catalogue(), "bank": load_catalogue(BANK)}

Row = JourneyRow | HandoffRow | PromiseRow


def play_and_stitch(plan: Plan, catalogue: Catalogue, until: int, clock: int) -> tuple[list[Told], Stitched]:
    simulation = Simulation(plan, catalogue)
    deliveries = [*simulation.advance(until), *simulation.finish(until)]
    plays = simulation.take_journeys()
    owners = {played.wire.event_id: play.customer_id for play in plays for played in play.played}
    touchpoints = []
    for delivery in deliveries:
        if delivery.fate == "stored":
            touchpoint = DECODE(delivery.payload, delivery.channel, NOW + 100 * DAY)
            assert isinstance(touchpoint, Touchpoint)
            touchpoints.append((touchpoint.identities.get("customer_no") or owners[touchpoint.event_id], touchpoint))
    return list(told_of(plays, until, clock, catalogue)), stitch(touchpoints, catalogue, clock)


def told_of(plays: list[JourneyPlay], until: int, clock: int, catalogue: Catalogue) -> Iterator[Told]:
    for play in plays:
        told = tell(play, until, clock, catalogue)
        if told is not None:
            yield told


def by_id(rows: list[JourneyRow] | list[HandoffRow] | list[PromiseRow]) -> dict[tuple[str, str], Row]:
    named: dict[tuple[str, str], Row] = {}
    for row in rows:
        identifier = row.handoff_id if isinstance(row, HandoffRow) else row.journey_id
        named[row.customer_id, row.promise_id if isinstance(row, PromiseRow) else str(identifier)] = row
    return named


def assert_same(told: list[Told], stitched: Stitched) -> None:
    assert by_id([each.journey for each in told]) == by_id(stitched.journeys)
    assert by_id([row for each in told for row in each.handoffs]) == by_id(stitched.handoffs)
    assert by_id([row for each in told for row in each.promises]) == by_id(stitched.promises)


@pytest.mark.parametrize("catalogue", CATALOGUES.values(), ids=CATALOGUES)
def test_the_truth_of_three_weeks_equals_the_pure_function(catalogue: Catalogue) -> None:
    told, stitched = play_and_stitch(Plan(since=NOW - 20 * DAY, customers=250), catalogue, NOW, NOW)
    assert len(told) > 1_000
    assert_same(told, stitched)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    until=st.integers(NOW - 2 * DAY, NOW),
    later=st.sampled_from([0, HOUR, DAY, 100 * DAY]),
    catalogue=st.sampled_from(list(CATALOGUES.values())),
    live=st.booleans(),
)
def test_wherever_the_play_is_cut_and_whenever_it_is_looked_at_the_truth_holds(
    seed: int, until: int, later: int, catalogue: Catalogue, live: bool
) -> None:
    since = until - (600_000 if live else 3 * DAY)
    plan = Plan(since=since, seed=seed, customers=400, live_from=since if live else None, dirt=0.05, live_rate=4.0)
    assert_same(*play_and_stitch(plan, catalogue, until, until + later))


def test_all_that_can_befall_a_journey_is_played() -> None:
    told, _ = play_and_stitch(Plan(since=NOW - 20 * DAY, customers=400), CATALOGUES["bank"], NOW, NOW)
    handoffs = [handoff for each in told for handoff in each.handoffs]
    failures = Counter(failure for handoff in handoffs for failure in handoff.failures)
    assert set(failures) == {"misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled", "lost"}
    assert {handoff.result for handoff in handoffs} == {"smooth", "failed", "pending"}
    assert {promise.status for each in told for promise in each.promises} == {"kept", "kept_late", "overdue", "pending"}
    journeys = [each.journey for each in told]
    assert {journey.status for journey in journeys} == {"open", "completed", "cancelled", "abandoned"}
    assert {channel for journey in journeys for channel in journey.channels} == set(BUILT_IN_CHANNELS)
    assert any(journey.reopened for journey in journeys)
    assert any(journey.incidents for journey in journeys)
    assert any(journey.contacts > journey.visits for journey in journeys)
    assert {care for journey in journeys for care in journey.care} == {"elderly", "disabled"}


def test_the_truth_file_holds_every_row_and_every_dirty_record(tmp_path: Path) -> None:
    catalogue = Catalogue()
    plan = Plan(since=NOW - 5 * DAY, customers=300, dirt=0.1, by_topic=False)
    conductor = play_to_file(plan, catalogue, tmp_path)
    told, _ = play_and_stitch(plan, catalogue, NOW, NOW)
    expected = Counter({"journey": len(told), "clock": 1})
    expected["handoff"] = sum(len(each.handoffs) for each in told)
    expected["promise"] = sum(len(each.promises) for each in told)
    expected["dirt"] = conductor.sent - conductor.fates["stored"]
    lines = [msgspec.json.decode(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    assert Counter(line["kind"] for line in lines) == expected
    journeys = {line["row"]["journey_id"]: line["row"] for line in lines if line["kind"] == "journey"}
    assert journeys == {each.journey.journey_id: as_json(each.journey) for each in told}


def as_json(row: JourneyRow) -> object:
    return msgspec.json.decode(msgspec.json.encode(row))


def play_to_file(plan: Plan, catalogue: Catalogue, folder: Path) -> Conductor:
    sender = FileSender(folder / "touchpoints.jsonl")
    with TruthFile(folder / "truth.jsonl", catalogue) as truth:
        conductor = Conductor(Simulation(plan, catalogue), sender, truth)
        conductor.play_history(NOW)
        conductor.finish()
    sender.close()
    return conductor
