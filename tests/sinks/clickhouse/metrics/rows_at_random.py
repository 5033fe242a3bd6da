"""Random rows of every table as the sink may leave them: several versions, tombstones, times at the ends of months."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from schemas.business_time import Calendar
from schemas.catalogue import Catalogue, IntentRules
from schemas.rows import DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.port import Row, Table

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
MARCH = 1_772_323_200_000  # 2026-03-01 00:00 UTC
APRIL = MARCH + 31 * DAY
CONTACT_GAP = 4 * HOUR
CHANNELS = ("mobile_app", "online_banking", "wechat", "atm", "hotline", "branch", "mail")
INTENTS = ("card", "loan", "account", "unheard_of")
FIELDS = ("id_number", "address", "phone")
CARE = ((), (), (), ("elderly",), ("disabled", "elderly"), ("other",))
CARED_FOR = ("0", "2", "7", "-too")
"""How the ids of customers end whose touchpoints tell care groups, now and then."""
CATALOGUE = Catalogue(
    rules={
        "card": IntentRules(
            wait_standards={"branch": 900.0, "hotline": 60.0}, required_fields=("id_number", "address")
        ),
        "loan": IntentRules(wait_standard=300.0, required_fields=("id_number",)),
        "account": IntentRules(wait_standards={"branch": 0.0}, requires_branch=True),
    },
    default=IntentRules(wait_standard=120.0),
    contact_gap=CONTACT_GAP,
    calendar=Calendar("Asia/Shanghai", ((),) * 7),
)


@dataclass(slots=True)
class Tables:
    """`writes` are all rows in the order in which they are stored, `journeys` and so on those that hold in the end."""

    writes: dict[Table, list[Row]] = field(default_factory=dict)
    journeys: list[JourneyRow] = field(default_factory=list)
    handoffs: list[HandoffRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)
    touchpoints: list[TouchpointRow] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    duplicates: list[DuplicateRow] = field(default_factory=list)


def rows_at_random(seed: int, count: int, channels: Sequence[str] = CHANNELS, corrections: float = 0.4) -> Tables:
    """About `count` rows per table; `corrections` is the share of rows that have an earlier version as well."""
    maker = _Maker(Random(seed), channels, corrections)
    tables = Tables()
    journeys = [maker.journey() for _ in range(count)]
    tables.journeys = maker.settle(tables, "journeys", journeys, maker.earlier_journey)
    tables.handoffs = maker.settle(tables, "handoffs", [maker.handoff() for _ in range(count)], maker.earlier_handoff)
    promises = [maker.promise(number, journeys) for number in range(count)]
    tables.promises = maker.settle(tables, "promises", promises, maker.earlier_promise)
    touchpoints = [maker.touchpoint(number, journeys) for number in range(2 * count)]
    tables.touchpoints = maker.settle(tables, "touchpoints", touchpoints, maker.earlier_touchpoint, maker.moved)
    tables.dead_letters = [maker.dead_letter(number) for number in range(count // 3)]
    tables.duplicates = [maker.duplicate(number) for number in range(count // 3)]
    tables.writes |= {"dead_letters": list(tables.dead_letters), "duplicates": list(tables.duplicates)}
    return tables


class _Maker:
    def __init__(self, rng: Random, channels: Sequence[str], corrections: float) -> None:
        self._rng = rng
        self._channels = channels
        self._corrections = corrections

    def settle(
        self,
        tables: Tables,
        table: Table,
        rows: list[Any],
        earlier: Callable[[Any], Any],
        moved: Callable[[Any], tuple[Any, Any]] | None = None,
    ) -> list[Any]:
        """Write `rows` with the versions before and after them, out of order; those that hold in the end."""
        writes, held = [], []
        for row in rows:
            version = self._rng.randrange(10, 20)
            final = msgspec.structs.replace(row, version=version)
            writes.append(final)
            if self._rng.random() < self._corrections:
                writes.append(msgspec.structs.replace(earlier(row), version=version - self._rng.randrange(1, 9)))
            if self._rng.random() >= self._corrections / 3:
                held.append(final)
                continue
            gone = row
            if moved:
                gone, found = moved(final)
                writes.append(found)
                held.append(found)
            writes.append(msgspec.structs.replace(gone, version=version + 1, is_deleted=1))
        self._rng.shuffle(writes)
        tables.writes[table] = writes
        return held

    def journey(self) -> JourneyRow:
        rng = self._rng
        started_at = self._time()
        contacts = sorted(
            started_at + rng.choice((0, 0, HOUR, 3 * DAY, 7 * DAY, 7 * DAY + 1, 9 * DAY)) for _ in range(self._few())
        )
        contact_channels = tuple(rng.choice(self._channels) for _ in contacts)
        visits = tuple(it for at, it in enumerate(contact_channels) if at == 0 or contact_channels[at - 1] != it)
        last_at = contacts[-1] + rng.choice((0, HOUR, DAY))
        status = rng.choice(("open", "completed", "completed", "completed", "cancelled", "abandoned"))
        handoffs = len(visits) - 1 + (rng.random() < 0.2)
        failures = self._failures() if handoffs else ()
        return JourneyRow(
            customer_id=self._customer(),
            journey_id=self._uuid(),
            intent=rng.choice(INTENTS),
            case_id=None,
            status=status,  # type: ignore[arg-type]
            started_at=started_at,
            last_at=last_at,
            ended_at=rng.choice((contacts[-1], last_at)) if status in ("completed", "cancelled") else None,
            channels=visits,
            touchpoints=len(contacts),
            visits=len(visits),
            contacts=len(contacts),
            handoffs=handoffs,
            failed_handoffs=int(bool(failures)),
            reopened=0,
            wait_seconds=0.0,
            handle_seconds=0.0,
            reasks=rng.choice((0, 0, 2)),
            csat=rng.choice((None, None, 1, 3, 4, 5)),
            nps=rng.choice((None, None, 0, 6, 7, 8, 9, 10)),
            ces=rng.choice((None, None, 1, 7)),
            care=rng.choice(CARE),
            incidents=(),
            contact_channels=contact_channels,
            contact_starts=(started_at, *contacts[1:]),
            waits={channel: rng.choice((1.5, 60.0, 1000.0)) for channel in set(visits) if rng.random() < 0.6},
            failures=failures,
        )

    def earlier_journey(self, row: JourneyRow) -> JourneyRow:
        """As it was before an arrival was attached to its first step, which moves its beginning, or was taken away."""
        other = self.journey()
        moved = row.started_at + self._rng.choice((-CONTACT_GAP, -1, 0, 0, 1, CONTACT_GAP))
        known = {"customer_id": row.customer_id, "journey_id": row.journey_id, "started_at": moved}
        return msgspec.structs.replace(other, **known, contact_starts=(moved, *other.contact_starts[1:]))

    def handoff(self) -> HandoffRow:
        rng = self._rng
        arrived = rng.random() < 0.8
        failures = self._failures()
        left_at = self._time()
        gap = rng.choice((-5.0, 0.0, 60.5, 3600.0, 90_000.25)) if arrived else None
        compared = tuple(key for key in ("fee", "limit", "documents") if arrived and rng.random() < 0.4)
        changed = {key: "1 → 2" for key in compared if rng.random() < 0.3}
        result = ("failed" if failures else "smooth") if arrived else rng.choice(("pending", "failed"))
        return HandoffRow(
            customer_id=self._customer(),
            handoff_id=self._uuid(),
            journey_id=self._uuid(),
            intent=rng.choice(INTENTS),
            from_channel=rng.choice(self._channels),
            to_channel=rng.choice(self._channels),
            referred_to=None,
            left_at=left_at,
            arrived_at=None if gap is None else left_at + int(gap * SECOND),
            due_at=None,
            gap_seconds=gap,
            result=result,  # type: ignore[arg-type]
            failures=failures if arrived else ("lost",) if result == "failed" else (),
            wait_seconds=0.0,
            reasked=tuple(item for item in (*FIELDS, "payee") if arrived and rng.random() < 0.15),
            contradictions=changed,
            care=rng.choice(CARE),
            compared=compared,
        )

    def earlier_handoff(self, row: HandoffRow) -> HandoffRow:
        known = {"customer_id": row.customer_id, "handoff_id": row.handoff_id, "left_at": row.left_at}
        return msgspec.structs.replace(self.handoff(), **known)

    def promise(self, number: int, journeys: list[JourneyRow]) -> PromiseRow:
        rng = self._rng
        journey = rng.choice(journeys) if journeys and rng.random() < 0.8 else None
        made_at = rng.randint(journey.started_at, journey.last_at) if journey else self._time()
        due_at = made_at + rng.choice((0, HOUR, 5 * DAY, 40 * DAY))
        status = rng.choice(("kept", "kept", "kept_late", "overdue", "pending"))
        return PromiseRow(
            customer_id=journey.customer_id if journey else self._customer(),
            promise_id=f"p{number}",
            journey_id=journey.journey_id if journey else None,
            channel=rng.choice(self._channels),
            made_at=made_at,
            due_at=due_at,
            kept_at=None,
            status=status,  # type: ignore[arg-type]
        )

    def earlier_promise(self, row: PromiseRow) -> PromiseRow:
        """As it was before another touchpoint turned out to have made it: at any time, due at any other."""
        other = self.promise(0, [])
        return msgspec.structs.replace(other, customer_id=row.customer_id, promise_id=row.promise_id)

    def touchpoint(self, number: int, journeys: list[JourneyRow]) -> TouchpointRow:
        rng = self._rng
        journey = rng.choice(journeys) if journeys and rng.random() < 0.8 else None
        at = rng.randint(journey.started_at, journey.last_at) if journey else self._time()
        channel = rng.choice(self._channels)
        customer = journey.customer_id if journey else self._customer()
        touchpoint = Touchpoint(
            channel,
            f"e{number}",
            at,
            touchpoint="service.step",
            stage=rng.choice(("wait", "leave", "serve")),
            outcome=rng.choice(("progressed", "abandoned", "succeeded")),
            intent=rng.choice((None, None, *INTENTS)),
            wait_seconds=rng.choice((None, 0.0, 60.0, 60.5, 120.0, 300.0, 901.0)),
            care=rng.choice(CARE) if customer.endswith(CARED_FOR) else (),
        )
        origin = Origin(f"omnitrack.touchpoints.{channel}", number % 2, number)
        received_at = at + rng.choice((-200, 0, 1500, DAY, 3 * DAY))
        return TouchpointRow(customer, touchpoint, journey.journey_id if journey else None, received_at, origin, 0)

    def earlier_touchpoint(self, row: TouchpointRow) -> TouchpointRow:
        return msgspec.structs.replace(row, journey_id=self._rng.choice((None, self._uuid())))

    def moved(self, row: TouchpointRow) -> tuple[TouchpointRow, TouchpointRow]:
        """What withdraws a touchpoint from its customer, and its row at another one, whose it turned out to be."""
        known = row.touchpoint
        bare = Touchpoint(known.channel, known.event_id, known.occurred_at, touchpoint="", stage="")
        gone = TouchpointRow(row.customer_id, bare, None, 0, Origin("", 0, 0), 0)
        return gone, msgspec.structs.replace(row, customer_id=f"{row.customer_id}-too", journey_id=None)

    def dead_letter(self, number: int) -> DeadLetter:
        channel, offset = self._rng.choice(self._channels), 100_000 + number
        topic = f"omnitrack.touchpoints.{channel}"
        reason = self._rng.choice(("schema", "not_json", "too_late"))
        at = self._time()
        return DeadLetter(f"{topic}:0:{offset}", topic, 0, offset, None, at, reason, (), "", version=1)  # type: ignore[arg-type]

    def duplicate(self, number: int) -> DuplicateRow:
        channel = self._rng.choice(self._channels)
        origin = Origin(f"omnitrack.touchpoints.{channel}", 1, 200_000 + number)
        return DuplicateRow(origin, self._customer(), channel, f"e{number}", self._time())

    def _time(self) -> int:
        """Mostly in March; often at the very ends of it and of the months beside it."""
        rng = self._rng
        edge = rng.choice((MARCH, APRIL))
        beside = rng.choice((-1, 0, 1, -CONTACT_GAP, CONTACT_GAP, -HOUR, HOUR))
        anywhere = MARCH + rng.randrange(-10 * DAY, 41 * DAY)
        return rng.choice((edge + beside, anywhere, anywhere, MARCH + rng.randrange(31) * DAY + rng.randrange(DAY)))

    def _customer(self) -> str:
        number = self._rng.randrange(25)
        return f"anon:device:{number}" if number % 5 == 0 else f"C-{number}"

    def _failures(self) -> tuple[str, ...]:
        kinds = ("misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled")
        return tuple(kind for kind in kinds if self._rng.random() < 0.15)

    def _few(self) -> int:
        return self._rng.choice((1, 1, 1, 2, 3, 5))

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=5))
