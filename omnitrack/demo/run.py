"""The demo from start to end: services up, the bank playing, the view going, everything gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.live import Live

from omnitrack.broker_reader import BrokerReader
from omnitrack.demo.keys import single_keys, wait_or_quit, way_out
from omnitrack.demo.player import Player
from omnitrack.demo.pulse import Pulse
from omnitrack.demo.readings import Gauges, query_text
from omnitrack.demo.view import Scene, draw
from omnitrack.deployment import plan_deployment
from omnitrack.service_specs import DeploymentOptions
from omnitrack.services import ServiceFailedError
from omnitrack.settings import Endpoints, resolve_endpoints
from omnitrack.supervisor import Supervisor
from omnitrack.terminal import say
from schemas.catalogue import Catalogue
from schemas.durations import DAY
from schemas.topics import Topics
from sinks.clickhouse.client import connect
from sources.simulator import Plan
from sources.simulator.conductor import now
from sources.simulator.wire import BANK_TIME

_READY_SECONDS = 120.0
_FRAME_SECONDS = 1.0
_PLAIN_FRAME_SECONDS = 5.0
_SETTLE_SECONDS = 15.0
_HEIGHT_WHERE_UNBOUNDED = 40
_LAST_WORDS = "ended, servers too · omnitrack up runs the same for touchpoints of your own"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`seconds` None: until asked to stop. `days` of history come before the live play at `rate` touchpoints/s."""

    data_dir: Path
    seconds: float | None = None
    customers: int = 1_500
    days: float = 2.0
    rate: float = 60.0
    seed: int = 1
    dirt: float = 0.02
    explorer: bool = True


def run_demo(
    options: DemoOptions, catalogue: Catalogue, catalogue_file: Path | None, console: Console, stop: Event
) -> None:
    """Run the demo until `stop` is set. Leaves no process behind.

    Raises what `plan_deployment` and `Supervisor` raise, `ServiceFailedError`, `ClickHouseError`,
    `BrokerUnavailableError` and `SendFailedError`.
    """
    deployment = plan_deployment(
        DeploymentOptions(
            data_dir=options.data_dir,
            kafka_port=0,
            clickhouse_port=0,
            catalogue=catalogue_file,
            explorer_port=0 if options.explorer else None,
        )
    )
    tell = _quiet if console.is_terminal else partial(say, console)
    with Supervisor(deployment, tell) as supervisor:
        if not _await_ready(supervisor, console, stop):
            return
        if deployment.explorer:
            console.print(f"explorer at {deployment.explorer}")
        endpoints = resolve_endpoints(deployment.kafka, deployment.clickhouse, options.data_dir)
        with ExitStack() as stack:
            gauges = _open_gauges(endpoints, stack)
            player = Player(
                _plan(options), catalogue, endpoints.kafka, Topics(endpoints.topic_prefix, catalogue.channels)
            )
            pulse = Pulse(time.monotonic())
            stack.enter_context(player)
            stage = _Stage(console, supervisor, player, pulse, gauges, _where(endpoints, deployment.explorer))
            stage.show(stop, options.seconds)
            stage.settle(stop)
        _tell_how_to_look_further(console, endpoints)


class _Stage:
    """The view while the bank plays, and while the last records come in."""

    def __init__(
        self, console: Console, supervisor: Supervisor, player: Player, pulse: Pulse, gauges: Gauges, where: str
    ) -> None:
        self._console = console
        self._supervisor = supervisor
        self._player = player
        self._pulse = pulse
        self._gauges = gauges
        self._where = where
        self._began = time.monotonic()

    def show(self, stop: Event, seconds: float | None) -> None:
        """Draw frame after frame, until `stop`, `q`, or for so many seconds."""
        ends = None if seconds is None else self._began + seconds
        with ExitStack() as stack:
            draw_frame = self._frames(stack)
            while not stop.is_set() and (ends is None or time.monotonic() < ends):
                self._check()
                draw_frame(self._scene("history" if self._player.in_history else "live"))
                pause = _FRAME_SECONDS if self._console.is_terminal else _PLAIN_FRAME_SECONDS
                wait_or_quit(pause if ends is None else min(pause, max(0.0, ends - time.monotonic())), stop)

    def settle(self, stop: Event) -> None:
        """End the play, wait a while until all of it is stored, and print the last frame to stay."""
        self._player.end()
        self._check()
        ends = time.monotonic() + _SETTLE_SECONDS
        scene = self._scene("ended")
        while scene.flow.behind and time.monotonic() < ends:
            time.sleep(0.25)
            scene = self._scene("ended")
        self._console.print(draw(scene, self._console.width, _HEIGHT_WHERE_UNBOUNDED))

    def _frames(self, stack: ExitStack) -> Callable[[Scene], None]:
        console = self._console
        if not console.is_terminal:
            return lambda scene: console.print(draw(scene, console.width, _HEIGHT_WHERE_UNBOUNDED))
        stack.enter_context(single_keys())
        live = stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
        return lambda scene: live.update(draw(scene, console.width, console.height), refresh=True)

    def _scene(self, phase: str) -> Scene:
        readings = self._gauges.read()
        at = time.monotonic()
        flow = self._pulse.beat(at, self._player.sent, readings)
        foot = _LAST_WORDS if phase == "ended" else f"{way_out()} · {self._where}"
        return Scene(at - self._began, flow, self._pulse.first_journey, readings, foot, BANK_TIME, phase)

    def _check(self) -> None:
        failure = self._player.failure or self._supervisor.failure
        if failure is not None:
            raise ServiceFailedError(failure)


def _await_ready(supervisor: Supervisor, console: Console, stop: Event) -> bool:
    """Wait until all services are up; False if `stop` came first. Raises `ServiceFailedError`."""
    began = time.monotonic()
    with console.status("starting broker, ClickHouse, stream worker, sink and explorer …"):
        while not supervisor.is_ready:
            if stop.is_set():
                return False
            if supervisor.wait(0.1):
                raise ServiceFailedError(supervisor.failure or "stopped before it was ready")
            if time.monotonic() > began + _READY_SECONDS:
                raise ServiceFailedError(f"not ready after {_READY_SECONDS:.0f} s: see {supervisor.plan.log_dir}")
    console.print(f"ready after {time.monotonic() - began:.1f} s")
    return True


def _open_gauges(endpoints: Endpoints, stack: ExitStack) -> Gauges:
    client = connect(endpoints.clickhouse_settings)
    stack.callback(client.disconnect)
    return Gauges(endpoints, client, stack.enter_context(BrokerReader(endpoints.kafka)))


def _plan(options: DemoOptions) -> Plan:
    live_from = now()
    return Plan(
        since=live_from - int(options.days * DAY),
        seed=options.seed,
        customers=options.customers,
        live_from=live_from,
        live_rate=options.rate,
        dirt=options.dirt,
    )


def _where(endpoints: Endpoints, explorer: str | None) -> str:
    clickhouse = endpoints.clickhouse_settings.address
    if explorer is None:
        return f"Kafka {endpoints.kafka} · ClickHouse {clickhouse}"
    # All of it has to fit into 80 columns, and a browser's address is what matters most.
    ports = f"Kafka :{endpoints.kafka.rpartition(':')[2]} · ClickHouse :{clickhouse.rpartition(':')[2]}"
    return f"explorer {explorer} · {ports}"


def _tell_how_to_look_further(console: Console, endpoints: Endpoints) -> None:
    settings = endpoints.clickhouse_settings
    say(console, f"\nThe handoffs came from ClickHouse at {settings.address}, with\n")
    say(console, query_text("handoffs"))


def _quiet(line: str) -> None:
    """The full screen has no place for it; it is in the services' logs."""
