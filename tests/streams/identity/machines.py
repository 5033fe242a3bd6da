"""Machines that publish, work and crash in any order; torn down, they say what must hold of all of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from msgspec.structs import replace

from schemas.catalogue import Catalogue
from streams.journey import stitch
from tests.streams.identity.world import NOW, PARTITIONS, STAGES, TOPICS, World, payload

MINUTE = 60_000
partitions = st.integers(0, PARTITIONS - 1)
identities = st.fixed_dictionaries(
    {},
    optional={
        "customer_no": st.sampled_from(("customer-1", "customer-2", "customer-3")),
        "card": st.sampled_from(("k1", "k2")),
        "phone": st.sampled_from(("p1", "p2")),
        "device": st.sampled_from(("d1", "d2")),
    },
)


class _Working(RuleBasedStateMachine):
    """Lets agents work on some of their records, and crashes them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Catalogue(horizon=None))

    @rule(
        stage=st.sampled_from(STAGES),
        partition=partitions,
        records=st.integers(1, 9),
        crash=st.sampled_from(("", "", "", "before the state", "before the commit")),
    )
    def work(self, stage: str, partition: int, records: int, crash: str) -> None:
        self.world.work(stage, partition, records, crash)


class Identities(_Working):
    """Publishes touchpoints while agents work on them; then all is drained."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    @rule(
        channel=st.sampled_from(("mobile_app", "wechat", "atm")),
        borne=identities,
        session=st.sampled_from((None, "s1", "s2")),
        minute=st.integers(0, 600),
        intent=st.sampled_from((None, "card_replacement")),
        partition=partitions,
    )
    def publish(
        self, channel: str, borne: dict[str, str], session: str | None, minute: int, intent: str | None, partition: int
    ) -> None:
        fields: dict[str, Any] = {"identities": borne, "session_id": session, "intent": intent}
        if not borne and session is None:
            fields["session_id"] = "s3"
        value = payload(channel, f"e{len(self.sent)}", NOW - minute * MINUTE, **fields)
        self.sent.append(value)
        self.world.publish(value, partition)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), partition=partitions)
    def publish_again(self, data: st.DataObject, partition: int) -> None:
        self.world.publish(data.draw(st.sampled_from(self.sent)), partition)

    def teardown(self) -> None:
        world = self.world
        world.drain()
        expected = world.expected()
        assert world.customers() == {(one.channel, one.event_id): one.customer_id for one in expected.assignment}
        for topic, rows, name in (
            (TOPICS.journeys, expected.journeys, "journey_id"),
            (TOPICS.handoffs, expected.handoffs, "handoff_id"),
        ):
            shown = {key: replace(row, version=0) for key, row in world.rows(topic).items()}
            assert shown == {getattr(row, name): row for row in rows}
        assert world.rows(TOPICS.dead) == {}
        assert len(world.stored()) + len(world.duplicates()) == len(world.published)


class Conflicts(_Working):
    """As before, of touchpoints that share two names and two sessions: each record has one fate, whoever is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    @rule(
        name=st.sampled_from("112"),
        borne=st.sampled_from(({}, {}, {"customer_no": "customer-1"}, {"customer_no": "customer-2"})),
        session=st.sampled_from(("s1", "s1", "s2")),
        minute=st.integers(0, 600),
        partition=partitions,
    )
    def publish(self, name: str, borne: dict[str, str], session: str, minute: int, partition: int) -> None:
        self.count += 1
        value = payload("atm", name, NOW - minute * MINUTE, identities=borne, session_id=session)
        self.world.publish(value, partition)

    def teardown(self) -> None:
        world = self.world
        world.drain()
        stored = world.stored()
        fates = [*(str(row.origin) for row in stored), *world.duplicates(), *world.rows(TOPICS.dead)]
        assert sorted(fates) == sorted(set(fates))
        assert len(fates) == self.count
        expected = stitch([(row.customer_id, row.touchpoint) for row in stored], world.catalogue, NOW)
        shown = {key: replace(row, version=0) for key, row in world.rows(TOPICS.journeys).items()}
        assert shown == {row.journey_id: row for row in expected.journeys}
