"""A service of the supervisor: a process, what it needs, when it is ready, and its state.

A preparation is a service without a process: something to be done on a server, such as making its topics.
`tick` moves a service by one step: started once what it needs is up, up once it is ready, down after a death,
started again after a delay. It never blocks longer than one readiness check.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from omnitrack.child_log import ChildLog
from omnitrack.processes import ProcessSpec, SupervisedProcess, describe_exit
from omnitrack.restarts import GiveUp, RestartPolicy, decide

_CHECK_SECONDS = 0.5


class ServiceFailedError(Exception):
    """A service cannot be brought up, or not kept up; the message names it and shows its last log lines."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """`process` None makes it a preparation: `not_ready` does the work.

    `not_ready` returns None when the service is ready, else what is still missing. It is asked again
    until it returns None, for `start_seconds` at most unless the service was ready before; an exception from it ends
    everything.
    `page` is where the process tells how it does, `host:port`.
    `restart_with` names services whose death takes what this one has in memory with it: it is then restarted too.
    """

    name: str
    process: ProcessSpec | None
    not_ready: Callable[[], str | None]
    needs: tuple[str, ...] = ()
    restart_with: tuple[str, ...] = ()
    on_death: str | None = None
    start_seconds: float = 90.0
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    page: str | None = None

    @property
    def grace(self) -> float:
        """Seconds it may take to end."""
        return 0.0 if self.process is None else self.process.grace


class State(StrEnum):
    """How a service is."""

    DOWN = "down"
    STARTING = "starting"
    UP = "up"


class Service:
    """The life of one service. All calls come from one thread, which outlives the process."""

    def __init__(self, spec: ServiceSpec, log: ChildLog, say: Callable[[str], None]) -> None:
        self.spec = spec
        self.state = State.DOWN
        self.restarts = -1
        self.process: SupervisedProcess | None = None
        self._log = log
        self._say = say
        self._start_at = 0.0
        self._started = 0.0
        self._check_at = 0.0
        self._deaths_at_once = 0
        self._patience = spec.start_seconds
        self._was_up = False

    @property
    def name(self) -> str:
        """What it is called, in logs and to the user."""
        return self.spec.name

    def tick(self, up: Iterable[str]) -> bool:
        """One step; `up` are the names of the services that are up. True if its process died since the last step.

        Raises `ServiceFailedError` when it dies at once again and again, or is not ready in time.
        """
        if self.state is State.DOWN:
            if time.monotonic() >= self._start_at and set(self.spec.needs) <= set(up):
                self._start()
            return False
        code = None if self.process is None else self.process.exit_code()
        if self.process is not None and code is not None:
            self._bury(self.process, code)
            return True
        if self.state is State.STARTING:
            self._check()
        return False

    def terminate(self) -> None:
        """Ask it to end in its own way, if it runs."""
        if self.process is not None:
            self.process.terminate()

    def ended(self) -> bool:
        """Whether it does not run."""
        return self.process is None or self.process.exit_code() is not None

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self.process is not None:
            self.process.kill()

    def forget(self) -> None:
        """Take note that its process was stopped on purpose: the next step starts it again."""
        self.process = None
        self.state = State.DOWN
        self._start_at = 0.0

    def _start(self) -> None:
        if self.spec.process is not None:
            self.process = SupervisedProcess(self.spec.process, self._log)
        self.state = State.STARTING
        self.restarts += 1
        self._started = time.monotonic()
        self._check_at = self._started
        self._patience = self.spec.start_seconds

    def _check(self) -> None:
        # Checks talk to servers that are busy starting: not too often.
        if time.monotonic() < self._check_at:
            return
        self._check_at = time.monotonic() + _CHECK_SECONDS
        missing = self.spec.not_ready()
        if missing is None:
            self.state, self._was_up = State.UP, True
        elif time.monotonic() - self._started > self._patience:
            self._lose_patience(missing)

    def _lose_patience(self, missing: str) -> None:
        if not self._was_up:
            raise ServiceFailedError(
                f"{self.name} is not ready after {self.spec.start_seconds:.0f} s: {missing}\n{self._last_lines()}"
            )
        # It has run here: what it needs is away, and ending everything would not bring that back.
        self._say(f"{self.name} is still not ready after {time.monotonic() - self._started:.0f} s: {missing}")
        self._patience *= 2

    def _bury(self, process: SupervisedProcess, code: int) -> None:
        # However long a start takes, one that failed is no life.
        lived = process.lived if self.state is State.UP else 0.0
        decision = decide(self.spec.policy, self._deaths_at_once, lived)
        fate = describe_exit(code)
        if isinstance(decision, GiveUp):
            raise ServiceFailedError(
                f"{self.name} died {decision.deaths_at_once} times at once, the last time with {fate}\n"
                f"{self._last_lines()}"
            )
        self._deaths_at_once = decision.deaths_at_once
        self.process, self.state = None, State.DOWN
        self._start_at = time.monotonic() + decision.delay
        self._say(f"{self.name} died ({fate}); starting it again in {decision.delay:g} s")
        if self.spec.on_death:
            self._say(f"{self.name}: {self.spec.on_death}")

    def _last_lines(self) -> str:
        if self.spec.process is None:
            return "nothing more can be started without it"
        lines = "\n".join(f"  {line}" for line in self._log.tail())
        return f"its last log lines ({self._log.path}):\n{lines}" if lines else f"it logged nothing ({self._log.path})"
