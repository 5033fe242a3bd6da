"""What a round of chaos does to a deployment, and when. Pure: a schedule follows from its seed and is plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from random import Random

SCHEDULES = Path(__file__).with_name("schedules")
"""Those that once found something, each with what it found, and `SHORT`."""
SHORT = SCHEDULES / "short.txt"
"""What every test run plays."""

MOST_WORKERS = 4
SESSION_SECONDS = 6
"""Of the consumer groups; a pause of a member lasts longer, so that the group takes it for dead."""

BROKER, CLICKHOUSE, SINK = "broker", "clickhouse", "sink"
KAFKA_LINK, CLICKHOUSE_LINK = "kafka-link", "clickhouse-link"


class Action(StrEnum):
    """`KILL` is SIGKILL, `PAUSE` SIGSTOP and later SIGCONT; a link is `CUT` at once or `HOLD`s back all bytes."""

    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"
    HOLD = "hold"
    ADD = "add"
    REMOVE = "remove"


def worker(number: int) -> str:
    """The name of a worker as a target, from 1 on."""
    return f"worker-{number}"


@dataclass(frozen=True, slots=True)
class Strike:
    """`at` is in seconds after the round's beginning; `seconds` is how long a pause, hold or a server's death lasts."""

    at: float
    action: Action
    target: str
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.at:.1f} {self.action} {self.target} {self.seconds:.1f}"

    @classmethod
    def parse(cls, line: str) -> Strike:
        at, action, target, seconds = line.split()
        return cls(float(at), Action(action), target, float(seconds))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A round of `seconds`. It begins with `workers` workers and a `backlog`, the share of the `records` that is
    published before they start; the others follow evenly. Every byte between broker and workers or sink is `delay`
    seconds under way, which keeps batches in work for long."""

    seed: int
    seconds: float
    workers: int
    records: int
    backlog: float
    delay: float
    strikes: tuple[Strike, ...]

    def __str__(self) -> str:
        head = " ".join(f"{name}={getattr(self, name)}" for name in _HEAD)
        return "\n".join([head, *map(str, self.strikes)])

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """The schedule whose text this is; empty lines and those that begin with # are left out."""
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        head = dict(field.split("=", 1) for field in lines[0].split())
        return cls(
            int(head["seed"]),
            float(head["seconds"]),
            int(head["workers"]),
            int(head["records"]),
            float(head["backlog"]),
            float(head["delay"]),
            tuple(map(Strike.parse, lines[1:])),
        )


_HEAD = tuple(field.name for field in fields(Schedule) if field.name != "strikes")


def draw(seed: int, seconds: float, records: int) -> Schedule:
    """The schedule of a seed."""
    rng = Random(f"chaos {seed}")
    workers = rng.randint(1, MOST_WORKERS)
    backlog = rng.choice((0.0, 0.2, 0.6))
    delay = rng.choice((0.0, 0.02, 0.1))
    return Schedule(seed, seconds, workers, records, backlog, delay, tuple(_Draw(rng, workers).strikes(seconds)))


class _Draw:
    """Draws strikes one after the other; remembers who runs and what is out of order until when."""

    def __init__(self, rng: Random, workers: int) -> None:
        self._rng = rng
        self._workers = set(range(1, workers + 1))
        self._busy: dict[str, float] = {}
        self._draws: tuple[Callable[[float], Strike | None], ...] = (
            self._kill_member,
            self._kill_server,
            self._pause_member,
            self._pause_server,
            self._cut,
            self._hold,
            self._change_workers,
        )
        self._weights = (7, 3, 3, 1, 2, 1, 2)

    def strikes(self, seconds: float) -> Iterator[Strike]:
        at = round(self._rng.uniform(0.5, 2.0), 1)
        while at < seconds:
            strike = self._rng.choices(self._draws, self._weights)[0](at)
            if strike is not None:
                self._busy[strike.target] = strike.at + strike.seconds
                yield strike
            at = round(at + 0.3 + self._rng.expovariate(1 / 1.7), 1)

    def _kill_member(self, at: float) -> Strike:
        return Strike(at, Action.KILL, self._member())

    def _kill_server(self, at: float) -> Strike | None:
        return self._lasting(at, Action.KILL, (BROKER, CLICKHOUSE), 0.5, 5.0)

    def _pause_member(self, at: float) -> Strike | None:
        return self._lasting(at, Action.PAUSE, (self._member(),), SESSION_SECONDS + 1.0, SESSION_SECONDS + 5.0)

    def _pause_server(self, at: float) -> Strike | None:
        """The producers' buffers fill meanwhile."""
        return self._lasting(at, Action.PAUSE, (BROKER, CLICKHOUSE), 2.0, 10.0)

    def _cut(self, at: float) -> Strike:
        return Strike(at, Action.CUT, self._rng.choice((KAFKA_LINK, CLICKHOUSE_LINK)))

    def _hold(self, at: float) -> Strike | None:
        return self._lasting(at, Action.HOLD, (KAFKA_LINK, CLICKHOUSE_LINK), 1.0, 8.0)

    def _change_workers(self, at: float) -> Strike | None:
        if len(self._workers) > 1 and self._rng.random() < 0.5:
            number = self._rng.choice(sorted(self._workers))
            self._workers.remove(number)
            return Strike(at, Action.REMOVE, worker(number))
        idle = sorted(set(range(1, MOST_WORKERS + 1)) - self._workers)
        if not idle:
            return None
        self._workers.add(idle[0])
        return Strike(at, Action.ADD, worker(idle[0]))

    def _lasting(self, at: float, action: Action, targets: tuple[str, ...], least: float, most: float) -> Strike | None:
        target = self._rng.choice(targets)
        seconds = round(self._rng.uniform(least, most), 1)
        return None if self._busy.get(target, 0.0) > at else Strike(at, action, target, seconds)

    def _member(self) -> str:
        members = [worker(number) for number in sorted(self._workers)]
        return self._rng.choice([*members, SINK])
