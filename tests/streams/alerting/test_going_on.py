"""Journeys that go on are taken in without a judgement, and come to what a judgement would come to."""

from __future__ import annotations

import msgspec
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from schemas.rows import JourneyRow
from streams.alerting.advance import advance_customer
from streams.alerting.facts import Customer, CustomerRow, JourneyNews, kept_by, prune
from streams.alerting.going_on import gone_on
from tests.streams.alerting.drawn import handoffs, journeys, promises, versioned, waits
from tests.streams.alerting.rows import HOUR, MINUTE, NOON, handoff, journey, promise, rules

CATALOGUE = rules()
KEPT = kept_by(CATALOGUE.alerts)


def news_of(row: JourneyRow) -> JourneyNews:
    return msgspec.json.decode(msgspec.json.encode(row), type=JourneyNews)


def known_of(*rows: CustomerRow) -> Customer:
    return advance_customer("C-1", Customer(), rows, CATALOGUE, KEPT, NOON, NOON).state or Customer()


@settings(max_examples=300)
@given(
    drawn=st.lists(journeys | handoffs | promises | waits, max_size=6),
    later=st.lists(journeys, min_size=1, max_size=3),
    pause=st.sampled_from([0, 1, 1_001, MINUTE]),
)
def test_what_is_taken_in_without_a_judgement_is_what_a_judgement_comes_to(
    drawn: list[CustomerRow], later: list[JourneyRow], pause: int
) -> None:
    stream = versioned([msgspec.structs.replace(row, customer_id="C-1") for row in (*drawn, *later)])
    first = advance_customer("C-1", Customer(), stream[: len(drawn)], CATALOGUE, KEPT, NOON, NOON)
    known = first.state or Customer()
    news = [news_of(row) for row in stream[len(drawn) :] if isinstance(row, JourneyRow)]
    now = NOON + pause
    assume(first.due_at is None or first.due_at > now)
    gone = gone_on(known, news, now)
    event(f"judged: {gone is None}")
    if gone is not None:
        judged = advance_customer("C-1", known, news, CATALOGUE, KEPT, now, NOON)
        assert (judged.rows, judged.changes) == ([], {})
        assert (judged.state or Customer()) == prune(gone, KEPT, now)


def test_a_journey_that_only_goes_on_is_not_judged_even_of_a_customer_who_was_failed() -> None:
    failed = known_of(journey("C-1", version=1), handoff(NOON - MINUTE, "C-1", version=1))
    gone = gone_on(failed, [news_of(journey("C-1", version=2))], NOON)
    assert gone is not None
    assert [one.version for one in gone.journeys.values()] == [2]
    assert (gone.handoffs, gone.said) == (failed.handoffs, failed.said)


def test_an_incident_that_becomes_known_is_judged() -> None:
    failed = known_of(journey("C-1", version=1), handoff(NOON - MINUTE, "C-1", version=1))
    assert gone_on(failed, [news_of(journey("C-1", version=2, incidents=("outage-7",)))], NOON) is None


def test_a_care_group_that_becomes_known_is_judged_where_there_is_a_promise() -> None:
    cared_for = [news_of(journey("C-1", version=2, care=("elderly",)))]
    promised = known_of(journey("C-1", version=1), promise(NOON + 3 * HOUR, "C-1", version=1))
    assert gone_on(promised, cared_for, NOON) is None
    failed = known_of(journey("C-1", version=1), handoff(NOON - MINUTE, "C-1", version=1))
    assert gone_on(failed, cared_for, NOON) is not None, "a handoff's row tells its groups itself"


def test_a_failed_handoff_that_waits_for_its_journey_is_judged_when_that_comes() -> None:
    waiting = known_of(journey("C-1", version=1), handoff(NOON - MINUTE, "C-1", version=2))
    assert gone_on(waiting, [news_of(journey("C-1", version=2))], NOON) is None
