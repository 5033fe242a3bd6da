"""The compiled core and Python make the same of every batch of `identity`, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from schemas.identity import (
    ERASED,
    FORGETTING,
    Forget,
    Held,
    IdentityRecord,
    Link,
    Told,
    Watch,
    encode_identity_record,
    identity_key,
    profile_key,
)
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Touchpoint
from streams.agents.identity import Identified, Identify
from streams.batching import Batch, Write
from streams.compiled import compiled_links
from streams.journey.erasure import erased_key
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.stitch_bench import FakePublisher, FakeStates

pytest.importorskip("streams._core", reason="no compiled core: make .venv/.dev builds it where cargo is")

DAY = 86_400_000
CUSTOMERS = [f"C-{number}" for number in range(20)]
IDENTITIES = (("phone", "138"), ("card", "6222"), ("session", "atm:s-1"), ("session", "atm:s-2"))
KEYS = [identity_key(one) for one in IDENTITIES]
PROFILE = profile_key(IDENTITIES[:1])
ERASED_CUSTOMER = "C-gone"

Fed = tuple[bytes | None, bytes | None]


@dataclass(slots=True)
class Both:
    """An agent with the compiled core and one without, each with states of its own, given the same."""

    horizon: int | None = 2 * DAY
    agents: list[tuple[Identify, FakeStates]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert compiled_links() is not None
        for core in (compiled_links(), None):
            states = FakeStates()
            states.data[0] = {erased_key(ERASED_CUSTOMER): b"\0" * 8}
            self.agents.append((Identify(Topics(), self.horizon, 4, states, FakePublisher(), core), states))

    def take(self, records: Sequence[Fed]) -> None:
        batch = Batch("omnitrack.identity", 0, [FakeRecord(at, *one) for at, one in enumerate(records)], len(records))
        made = [self._identify(agent, states, batch) for agent, states in self.agents]
        assert made[0] == made[1]
        assert self.agents[0][1].data == self.agents[1][1].data

    @staticmethod
    def _identify(agent: Identify, states: FakeStates, batch: Batch) -> tuple[object, ...]:
        identified = agent.identify(batch)
        asyncio.run(states.write_batch(0, [written(identified)]))
        agent.remember(0, identified.due)
        sent: list[object] = [(one.topic, one.partition, list(*one.groups)) for one in identified.effects.outputs]
        return sent, sorted(written(identified), key=repr), dict(identified.due), agent._memory(0).clock

    def left(self, *records: Fed) -> Mapping[int, str]:
        """Why the compiled core leaves which of the records; those with no links in their identity are not told."""
        links = compiled_links()
        assert links is not None
        read = links([FakeRecord(at, *one) for at, one in enumerate(records)])
        return dict(read.advance(self.agents[0][1].data[0], NOW, self.horizon).left)


def written(identified: Identified) -> list[Write]:
    return [write for group in identified.effects.writes for write in group]


def fed(key: str, record: IdentityRecord) -> Fed:
    return key.encode(), encode_identity_record(record)


def link(key: str = KEYS[0], customer_id: str = "C-1", at: int = NOW) -> Fed:
    return fed(key, Link(customer_id, at))


def watch(key: str = KEYS[0], at: int = NOW) -> Fed:
    return fed(key, Watch(PROFILE, at))


def held(at: int) -> Fed:
    touchpoint = Touchpoint("atm", f"e-{at}", at, "atm.step", "serve", identities=dict(IDENTITIES[:1]))
    arrival = Arrival(touchpoint, Origin("omnitrack.touchpoints.atm", 0, at), at, None, b"{}")
    return fed(PROFILE, Held(IDENTITIES[:1], arrival))


times = st.integers(-4 * DAY, 4 * DAY).map(lambda since: NOW + since)
customers = st.sampled_from([*CUSTOMERS, ERASED_CUSTOMER, ERASED])
links = st.builds(link, st.sampled_from(KEYS), customers, times)
watches = st.builds(watch, st.sampled_from(KEYS), times)
told = st.builds(lambda customer: fed(PROFILE, Told(IDENTITIES[0], (customer,))), customers)
forgets = st.builds(lambda customer, at: fed(FORGETTING, Forget(customer, at)), customers, times)
odd: st.SearchStrategy[Fed] = st.sampled_from(
    [
        (None, None),
        (KEYS[0].encode(), None),
        (b"\xff", link()[1]),
        (KEYS[1].encode(), b"\xc1"),
        (PROFILE.encode(), link()[1]),
    ]
)
records = links | links | links | watches | times.map(held) | told | forgets | odd


@given(st.lists(st.lists(records, max_size=8), max_size=5), st.sampled_from([None, DAY, 2 * DAY]))
def test_both_make_the_same_of_any_batches(batches: list[list[Fed]], horizon: int | None) -> None:
    both = Both(horizon)
    for batch in batches:
        both.take(batch)


@given(st.lists(st.lists(links, min_size=1, max_size=30), max_size=6))
def test_both_make_the_same_of_links_alone(batches: list[list[Fed]]) -> None:
    both = Both()
    for batch in batches:
        both.take(batch)


def test_an_identity_of_too_many_customers_is_public_to_both() -> None:
    both = Both()
    for size in (15, 16, 17, 18):
        both.take([link(customer_id=customer_id) for customer_id in CUSTOMERS[:size]])


def test_links_of_identities_that_nobody_watches_are_ordinary() -> None:
    both = Both()
    news = [link(key, customer_id) for key in KEYS for customer_id in CUSTOMERS[:2]]
    for _ in range(2):
        assert both.left(*news) == {}
        both.take(news)


def test_links_are_left_with_the_reason() -> None:
    both = Both()
    both.take([watch(KEYS[0]), held(NOW), link(KEYS[2], at=NOW - 9 * DAY)])
    assert both.left(link(KEYS[0])) == {0: "watched"}
    assert both.left(link(KEYS[1]), link(KEYS[1], ERASED_CUSTOMER)) == {0: "erased", 1: "erased"}
    both.agents[0][1].data[0][KEYS[1].encode()] = b"\x91\xc0"
    assert both.left(link(KEYS[1])) == {0: "the form of another version"}


def test_records_left_are_counted_by_the_reason() -> None:
    def counted(reason: str) -> float:
        labels = {"stage": "identity", "reason": reason}
        return REGISTRY.get_sample_value("omnitrack_records_left_to_python_total", labels) or 0.0

    both = Both()
    before = counted("watched"), counted("no link")
    both.take([watch(), link(KEYS[1])])
    both.take([link(), link(KEYS[1])])
    assert (counted("watched"), counted("no link")) == (before[0] + 1, before[1] + 1)
