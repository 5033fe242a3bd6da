"""Topics that too few brokers have are told, and get their copies where they are best kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.offsets import Partition
from omnitrack.replication import Replicas, TopicTrouble, reassignment, troubles, widened
from omnitrack.status.replication import problems_of, warnings_of

WANTED = 3


def held(number: int, *brokers: int, away: tuple[int, ...] = (), least: int = 1, topic: str = "alerts") -> Replicas:
    """A partition of brokers, those in sync that are not away."""
    in_sync = tuple(broker for broker in brokers if broker not in away)
    # Kafka leaves the last one in sync on the list, though it is away.
    leader = in_sync[0] if in_sync else None
    return Replicas(Partition(topic, number), leader, brokers, in_sync or brokers[-1:], least)


def test_nothing_is_said_of_topics_that_are_whole() -> None:
    assert troubles([held(0, 1, 2, 3), held(1, 3, 1, 2)], WANTED) == ()


def test_each_partition_that_lacks_something_is_counted_by_what_it_lacks() -> None:
    found = [
        held(0, 1, 2, 3),
        held(1, 1, 2, 3, away=(3,), least=2),
        held(2, 1, 2, 3, away=(2, 3), least=2),
        held(3, 3, away=(3,)),
        held(0, 1, 2, topic="dead"),
    ]
    alerts, dead = troubles(found, WANTED)
    assert alerts == TopicTrouble("alerts", 4, 1, WANTED, offline=(3,), read_only=(2,), under_replicated=(1, 2, 3))
    assert dead == TopicTrouble("dead", 1, 2, WANTED)


def test_what_stands_still_is_a_problem_and_what_is_at_risk_a_warning() -> None:
    stopped = TopicTrouble("alerts", 4, 1, 1, offline=(3,), under_replicated=(3,))
    read_only = TopicTrouble("dead", 2, 3, 3, read_only=(0, 1), under_replicated=(0, 1))
    offline, without_writes = problems_of([stopped, read_only])
    assert offline.startswith("topic alerts: partition 3 offline")
    assert without_writes.startswith("topic dead: partitions 0, 1 without writes")
    assert warnings_of([stopped, read_only]) == ()

    lagging = TopicTrouble("alerts", 2, 3, 3, under_replicated=(1,))
    thin = TopicTrouble("dead", 2, 1, 3)
    assert problems_of([lagging, thin]) == ()
    under_replicated, fewer = warnings_of([lagging, thin])
    assert under_replicated.startswith("under-replicated, 1 topic (alerts)")
    assert "1 topic (dead)" in fewer
    assert "omnitrack replicas" in fewer


def test_copies_go_to_other_racks_first_then_to_whoever_holds_the_fewest() -> None:
    racks = {1: "a", 2: "a", 3: "b", 4: "b"}
    wider = widened([held(0, 1), held(1, 1), held(0, 1, 3, 2, topic="dead")], WANTED, racks)
    assert reassignment(wider) == {
        "version": 1,
        "partitions": [
            {"topic": "alerts", "partition": 0, "replicas": [1, 4, 2]},
            {"topic": "alerts", "partition": 1, "replicas": [1, 3, 4]},
        ],
    }


BROKERS = st.integers(1, 6)
LAYOUTS = st.lists(st.lists(BROKERS, min_size=1, max_size=4, unique=True), max_size=8)


@given(layout=LAYOUTS, wanted=st.integers(1, 4), racks=st.dictionaries(BROKERS, st.sampled_from([None, "a", "b"])))
def test_no_replica_moves_or_leads_elsewhere_and_only_what_lacks_some_gets_more(
    layout: list[list[int]], wanted: int, racks: dict[int, str | None]
) -> None:
    found = [held(number, *brokers) for number, brokers in enumerate(layout)]
    wider = {one.partition: one.brokers for one in widened(found, wanted, racks)}
    for one in found:
        brokers = wider.get(one.partition, one.brokers)
        assert brokers[: len(one.brokers)] == one.brokers
        assert len(set(brokers)) == len(brokers)
        assert set(brokers[len(one.brokers) :]) <= racks.keys()
        possible = len(racks.keys() | set(one.brokers))
        assert len(brokers) == max(len(one.brokers), min(wanted, possible))
        assert one.partition not in wider or len(one.brokers) < wanted
