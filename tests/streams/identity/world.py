"""Ingest, identity and stitch over topics in memory: logs that each agent reads at its own pace, and crashes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import msgspec

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.rows import DeadLetter, DuplicateRow, HandoffRow, JourneyRow, TouchpointRow
from schemas.topics import BUILT_IN_CHANNELS, Topics
from schemas.touchpoint import Touchpoint
from streams.agents.identity import Identify
from streams.agents.ingest import Ingest
from streams.agents.stitch import Stitch
from streams.attempts import attempt_at, cut, note, read_attempts
from streams.batching import Batch, Outgoing, Write
from streams.checkpoint import Effects
from streams.compiled import compiled_core, compiled_intake, compiled_links
from streams.identity import resolve_all
from streams.journey import Stitched, stitch

NOW = 1_790_000_000_000
TOPICS = Topics("t.")
PARTITIONS = 3
DETAILS = {
    "mobile_app": {"app_version": "1", "os": "ios"},
    "wechat": {"surface": "mini_program"},
    "atm": {"terminal_id": "T", "service": "other"},
    "hotline": {"call_id": "1"},
    "branch": {"branch_id": "B"},
}
DECODER = Decoder(BUILT_IN_CHANNELS)
STAGES = ("ingest", "identity", "stitch")

Place = tuple[str, int]
_ROWS = {TOPICS.journeys: JourneyRow, TOPICS.handoffs: HandoffRow, TOPICS.dead: DeadLetter}


def payload(channel: str, event_id: str, occurred_at: int = NOW, **fields: Any) -> bytes:
    """A valid touchpoint; `occurred_at` in ms, `fields` those of the contract."""
    known = {
        "schema_version": 1,
        "event_id": event_id,
        "channel": channel,
        "occurred_at": datetime.fromtimestamp(occurred_at / 1000, UTC).isoformat(),
        "identities": {},
        "touchpoint": "service.step",
        "stage": "serve",
        "intent": "card_replacement",
        "details": DETAILS[channel],
    }
    return json.dumps(known | fields).encode()


def read(value: bytes) -> Touchpoint:
    """The touchpoint of a valid record."""
    found = DECODER.decode(value, json.loads(value)["channel"], NOW)
    assert isinstance(found, Touchpoint)
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it lies in a log."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = NOW
    timestamp_type: int = 1
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(slots=True)
class MemoryStates:
    partitions: defaultdict[int, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.partitions[partition]

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        raise NotImplementedError("the world writes")

    def write(self, effects: Effects) -> None:
        state = self.partitions[effects.partition]
        for key, value in (write for group in effects.writes for write in group):
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value


class Unused:
    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        raise NotImplementedError("the world sends")


class World:
    """`publish` writes to an input topic; `work` lets an agent take some records of one of its partitions."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.logs: defaultdict[Place, list[Kept]] = defaultdict(list)
        self.positions: defaultdict[Place, int] = defaultdict(int)
        self.states = {"identity": MemoryStates(), "stitch": MemoryStates()}
        self.published: list[Touchpoint] = []
        self.clock = count(NOW)
        self._start("ingest", "identity", "stitch")

    def publish(self, value: bytes, partition: int = 0) -> None:
        touchpoint = read(value)
        self.published.append(touchpoint)
        self.write(TOPICS.touchpoints(touchpoint.channel), partition, None, value)

    def write(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        log = self.logs[topic, partition]
        log.append(Kept(len(log), key, value))

    def work(self, stage: str, partition: int, records: int = 1_000, crash: str = "") -> bool:
        """Let the stage take up to so many records of its topics' partition; False if there are none.

        A `crash` "before the state" or "before the commit" ends the process there, and a new one starts.
        """
        topics = {"ingest": TOPICS.inputs, "identity": (TOPICS.identity,), "stitch": (TOPICS.customer,)}[stage]
        places = [(topic, partition) for topic in topics if self._left(topic, partition)]
        for place in places[:1]:
            start = self.positions[place]
            taken = self.logs[place][start : start + records]
            end = start + len(taken)
            for part in self._parts(stage, Batch(*place, taken, end)):
                effects = self._effects(stage, part)
                self._send(effects.outputs)
                if crash == "before the state":
                    break
                if stage in self.states:
                    self.states[stage].write(effects)
            if crash:
                self._start(stage)
            else:
                self.positions[place] = end
        return bool(places)

    def _parts(self, stage: str, batch: Batch) -> Iterator[Batch]:
        """The batch as stitching takes it: cut where an earlier attempt ended, each part noted before it is taken."""
        if stage != "stitch":
            yield batch
            return
        state = self.states[stage].partitions[batch.partition]
        for part in cut(batch, read_attempts(state)):
            noted = read_attempts(state)
            key, value = note(noted, part, attempt_at(noted, part, self.stitch.clock_of))
            assert value is not None
            state[key] = value
            yield part

    def drain(self) -> None:
        while any(self.work(stage, partition) for stage in STAGES for partition in range(PARTITIONS)):
            pass

    def rows(self, topic: str) -> dict[str, Any]:
        """The latest version of each row of `journeys`, `handoffs` or `dead` that is not deleted, by its id."""
        kind = _ROWS[topic]
        found = {}
        for row in sorted((msgspec.json.decode(value, type=kind) for value in self._values(topic)), key=_version):
            found[getattr(row, row.__struct_fields__[0 if topic == TOPICS.dead else 1])] = row
        return {name: row for name, row in found.items() if not row.is_deleted}

    def stored(self) -> list[TouchpointRow]:
        """The stored touchpoints as a query with FINAL shows them."""
        rows = [msgspec.msgpack.decode(value, type=TouchpointRow) for value in self._values(TOPICS.stitched)]
        found = {(row.customer_id, row.touchpoint.order): row for row in sorted(rows, key=_version)}
        return [row for row in found.values() if not row.is_deleted]

    def duplicates(self) -> set[str]:
        rows = (msgspec.msgpack.decode(value, type=DuplicateRow) for value in self._values(TOPICS.duplicates))
        return {str(row.origin) for row in rows}

    def customers(self) -> dict[tuple[str, str], str]:
        """`(channel, event_id)` → customer_id; fails if a touchpoint is shown twice."""
        rows = self.stored()
        found = {(row.touchpoint.channel, row.touchpoint.event_id): row.customer_id for row in rows}
        assert len(found) == len(rows)
        return found

    def expected(self) -> Stitched:
        """The pure function of what was published."""
        return stitch(resolve_all(self.published), self.catalogue, NOW)

    def _effects(self, stage: str, batch: Batch) -> Effects:
        if stage == "ingest":
            ingested = self.ingest.take(batch, NOW)
            self.ingest.sent_links.add(ingested.links)
            return ingested.effects
        if stage == "identity":
            identified = self.identify.identify(batch)
            self.identify.remember(batch.partition, identified.due)
            return identified.effects
        noted = read_attempts(self.states[stage].partitions[batch.partition])
        return self.stitch.stitch(batch, attempt_at(noted, batch, self.stitch.clock_of).clock).effects

    def _start(self, *stages: str) -> None:
        if "ingest" in stages:
            self.ingest = Ingest(TOPICS, DECODER, PARTITIONS, None, core=compiled_intake(TOPICS, PARTITIONS))
        if "identity" in stages:
            states = self.states["identity"]
            self.identify = Identify(TOPICS, self.catalogue.horizon, PARTITIONS, states, Unused(), compiled_links())
        if "stitch" in stages:
            core = compiled_core(self.catalogue)
            states, now = self.states["stitch"], partial(next, self.clock)
            self.stitch = Stitch(TOPICS, self.catalogue, states, Unused(), now, (), core)

    def _send(self, outputs: Iterable[Outgoing]) -> None:
        for one in outputs:
            for key, value in (record for group in one.groups for record in group):
                self.write(one.topic, one.partition, key, value)

    def _left(self, topic: str, partition: int) -> bool:
        return self.positions[topic, partition] < len(self.logs[topic, partition])

    def _values(self, topic: str) -> list[bytes]:
        return [one.value or b"" for (name, _), log in self.logs.items() if name == topic for one in log]


def _version(row: Any) -> int:
    version: int = row.version
    return version
