"""A crash, a rebalance or a refusal at any step: nothing is kept as told that was not, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from omnitrack.notify import delivering
from omnitrack.notify.delivering import Deliverer
from omnitrack.notify.handler import Notify
from omnitrack.notify.undelivered import decode_undelivered
from schemas.rows import AlertRow
from schemas.topics import Topics
from sinks.notices import Notice, NoticeRefused, ReceiverAway
from streams.batching import Batch, Outgoing
from tests.sinks.notices.alerts import alert

ALWAYS = 10**9


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    value: bytes | None
    key: bytes | None = b"C-1"
    timestamp: int = 0
    timestamp_type: int = 0
    headers: tuple[tuple[str, bytes | None], ...] = ()


def batch(*rows: AlertRow) -> Batch:
    records = [Record(number, msgspec.json.encode(row)) for number, row in enumerate(rows)]
    return Batch("omnitrack.alerts", 0, records, len(records))


@dataclass(slots=True)
class Hearer:
    """A receiver that is away `absences` times, and never takes what is about `refuses`."""

    name: str = "webhook"
    most: int = 1
    calls: int = 4
    attempts: int | None = 3
    absences: int = 0
    refuses: str = ""
    fails_on: str = ""
    failures: int = 0
    heard: list[str] = field(default_factory=list)

    async def tell(self, notices: Sequence[Notice]) -> None:
        if self.absences:
            self.absences -= 1
            raise ReceiverAway("nobody at home")
        if any(notice.subject == self.refuses for notice in notices):
            raise NoticeRefused("answered 400")
        if any(notice.subject == self.fails_on for notice in notices):
            self.failures += 1
            raise ReceiverAway("answered 500")
        self.heard += [f"{notice.subject} {notice.status}" for notice in notices]

    def is_news(self, told: Notice, now: Notice) -> bool:
        return False

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class World:
    """The broker and the group, as the handler sees them; `fails` names a step that fails once."""

    fails: str = ""
    goes_on: bool = True
    stage: str = "notify"
    told: dict[bytes, bytes] = field(default_factory=dict)
    kept: list[bytes] = field(default_factory=list)
    acknowledged: int = 0

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.told

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        self._step("publish")
        self.kept += [value or b"" for one in outgoing for group in one.groups for _, value in group]

    async def write_batch(self, partition: int, groups: Iterable[Sequence[tuple[bytes, bytes | None]]]) -> None:
        self._step("write")
        for key, value in (write for group in groups for write in group):
            if value is None:
                self.told.pop(key)
            else:
                self.told[key] = value

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return True

    def acknowledge(self) -> None:
        self.acknowledged += 1

    def _step(self, name: str) -> None:
        if self.fails == name:
            self.fails = ""
            raise ConnectionError(name)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(delivering, "LONGEST_PAUSE", 0.002)


def handler(hearer: Hearer, world: World) -> Notify:
    return Notify(hearer, Deliverer(hearer, lambda: world.goes_on), world, world, Topics())


def take(hearer: Hearer, world: World, *rows: AlertRow) -> None:
    asyncio.run(handler(hearer, world)(batch(*rows), world))


def test_who_is_away_is_tried_again_until_it_takes_the_notice() -> None:
    hearer, world = Hearer(absences=2), World()
    take(hearer, world, alert())
    assert hearer.heard == ["h1 firing"]
    assert (world.acknowledged, world.kept) == (1, [])


def test_what_is_given_up_is_kept_and_the_others_are_told() -> None:
    hearer, world = Hearer(refuses="h2"), World()
    take(hearer, world, alert("h1"), alert("h2"), alert("h3"))
    assert sorted(hearer.heard) == ["h1 firing", "h3 firing"]
    [kept] = map(decode_undelivered, world.kept)
    assert (kept.notice.subject, kept.error) == ("h2", "answered 400")
    assert world.acknowledged == 1


def test_after_the_last_attempt_a_notice_is_given_up() -> None:
    hearer, world = Hearer(absences=3), World()
    take(hearer, world, alert())
    assert hearer.heard == []
    assert [decode_undelivered(value).error for value in world.kept] == ["nobody at home"]


@pytest.mark.parametrize(
    ("others", "attempts"),
    [
        pytest.param(("h1", "h3"), delivering.ALONE_ATTEMPTS, id="the others are taken"),
        pytest.param((), 8, id="nothing else is taken: it may be away"),
    ],
)
def test_a_notice_that_alone_is_not_taken_is_given_up_sooner(others: tuple[str, ...], attempts: int) -> None:
    hearer, world = Hearer(attempts=8, fails_on="h2"), World()
    take(hearer, world, alert("h2"), *map(alert, others))
    assert sorted(hearer.heard) == [f"{one} firing" for one in others]
    assert hearer.failures == attempts
    assert [decode_undelivered(value).notice.subject for value in world.kept] == ["h2"]
    assert world.acknowledged == 1


def test_of_many_told_at_once_only_the_refused_one_is_given_up() -> None:
    hearer, world = Hearer(most=500, calls=1, attempts=None, refuses="h5"), World()
    take(hearer, world, *(alert(f"h{number}") for number in range(20)))
    assert len(hearer.heard) == len(set(hearer.heard)) == 19
    assert [decode_undelivered(value).notice.subject for value in world.kept] == ["h5"]


def test_a_process_that_has_to_let_go_acknowledges_nothing() -> None:
    hearer, world = Hearer(absences=ALWAYS, attempts=None), World()

    async def let_go() -> None:
        working = asyncio.create_task(handler(hearer, world)(batch(alert()), world))
        while hearer.absences == ALWAYS:  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0.001)
        world.goes_on = False
        await asyncio.wait_for(working, 20)

    asyncio.run(let_go())
    assert (world.acknowledged, world.told, world.kept) == (0, {}, [])


def test_what_was_told_before_it_had_to_let_go_is_not_told_again() -> None:
    hearer, world = Hearer(attempts=None, fails_on="h2"), World()

    async def let_go() -> None:
        working = asyncio.create_task(handler(hearer, world)(batch(alert("h1"), alert("h2"), alert("h3")), world))
        while len(hearer.heard) < 2:  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0.001)
        world.goes_on = False
        await asyncio.wait_for(working, 20)

    asyncio.run(let_go())
    assert (world.acknowledged, len(world.told)) == (0, 2)
    hearer.fails_on, world.goes_on = "", True
    take(hearer, world, alert("h1"), alert("h2"), alert("h3"))
    assert sorted(hearer.heard) == ["h1 firing", "h2 firing", "h3 firing"]
    assert (world.acknowledged, len(world.told)) == (1, 3)


@pytest.mark.parametrize("step", ["publish", "write"])
def test_after_a_failure_at_any_step_the_batch_is_told_again_and_kept_once(step: str) -> None:
    hearer, world = Hearer(refuses="h2"), World(fails=step)
    with pytest.raises(ConnectionError):
        take(hearer, world, alert("h1"), alert("h2"))
    assert (world.told, world.acknowledged) == ({}, 0)
    take(hearer, world, alert("h1"), alert("h2"))
    assert hearer.heard == ["h1 firing", "h1 firing"]
    assert (len(world.told), world.acknowledged) == (2, 1)
    take(hearer, world, alert("h1"), alert("h2"))
    assert hearer.heard == ["h1 firing", "h1 firing"]


def test_a_refresh_tells_what_fires_and_not_what_ended() -> None:
    hearer, world = Hearer(most=500, calls=1, attempts=None), World()
    take(hearer, world, alert("h1"), alert("h2"))
    take(hearer, world, alert("h2", "resolved", version=2))
    hearer.heard.clear()
    asyncio.run(handler(hearer, world).refresh([0]))
    assert hearer.heard == ["h1 firing"]


def test_a_record_that_is_no_alert_is_passed_over_and_the_others_are_told() -> None:
    hearer, world = Hearer(), World()
    broken = Batch("omnitrack.alerts", 0, [Record(0, b"no alert"), Record(1, msgspec.json.encode(alert()))], 2)
    asyncio.run(handler(hearer, world)(broken, world))
    assert hearer.heard == ["h1 firing"]
    assert world.acknowledged == 1
