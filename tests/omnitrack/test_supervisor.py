"""Services are started in order, kept running, and gone when the supervisor is: stopped, failed or killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from omnitrack.ports import LOOPBACK, free_port
from omnitrack.runtime import read_runtime
from omnitrack.services import Service, ServiceFailedError, ServiceSpec, State
from omnitrack.supervisor import CannotStartError, Supervisor
from tests.omnitrack.stand_ins import (
    DEAF,
    PATIENCE,
    WITH_A_CHILD,
    eventually,
    is_alive,
    plan,
    service,
    tree_of,
)


def has_logged(data_dir: Path, name: str, word: str) -> bool:
    """A log is made with its first line."""
    log = data_dir / "logs" / f"{name}.log"
    return log.exists() and word in log.read_text()


def named(supervisor: Supervisor, name: str) -> Service:
    return next(service for service in supervisor.services if service.name == name)


def pid_of(supervisor: Supervisor, name: str) -> int:
    process = named(supervisor, name).process
    assert process is not None
    return process.pid


def pids(supervisor: Supervisor) -> set[int]:
    # Asked once: the supervisor's thread may take it away meanwhile.
    processes = [service.process for service in supervisor.services]
    return {process.pid for process in processes if process is not None}


def test_a_service_is_started_only_when_what_it_needs_is_ready(tmp_path: Path) -> None:
    gate = tmp_path / "open"
    first = service("first", not_ready=lambda: None if gate.exists() else "closed")
    with Supervisor(plan(tmp_path, first, service("second", needs=("first",)))) as supervisor:
        assert eventually(lambda: named(supervisor, "first").process is not None)
        with pytest.raises(ServiceFailedError, match="still waiting for first, second"):
            supervisor.wait_ready(1.0)
        assert named(supervisor, "second").process is None
        gate.touch()
        supervisor.wait_ready(PATIENCE)
        assert len(pids(supervisor)) == 2


def test_a_killed_service_comes_back_and_the_others_keep_running(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(plan(tmp_path, service("first"), service("second")), said.append) as supervisor:
        supervisor.wait_ready(PATIENCE)
        killed, other = pid_of(supervisor, "first"), pid_of(supervisor, "second")
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: named(supervisor, "first").restarts == 1)
        assert pid_of(supervisor, "first") != killed
        assert pid_of(supervisor, "second") == other
    assert said == ["first died (killed by SIGKILL); starting it again in 0.05 s"]


def test_what_a_lost_service_held_in_memory_is_made_anew_before_its_dependents_return(tmp_path: Path) -> None:
    said: list[str] = []
    prepared: list[str] = []

    def prepare() -> None:
        prepared.append("topics")

    broker = service("broker", on_death="everything is lost")
    topics = ServiceSpec("topics", None, prepare, needs=("broker",), restart_with=("broker",))
    worker = service("worker", needs=("topics",), restart_with=("broker",))
    with Supervisor(plan(tmp_path, broker, topics, worker), said.append) as supervisor:
        supervisor.wait_ready(PATIENCE)
        before = pids(supervisor)
        os.kill(pid_of(supervisor, "broker"), signal.SIGKILL)
        assert eventually(lambda: named(supervisor, "worker").restarts == 1)
        assert prepared == ["topics", "topics"]
        assert not before & pids(supervisor)
    assert "broker: everything is lost" in said


def test_a_service_that_dies_at_once_again_and_again_ends_everything_and_shows_its_last_words(tmp_path: Path) -> None:
    broken = service("broken", ("sh", "-c", "echo no such catalogue; exit 3"))
    with Supervisor(plan(tmp_path, service("first"), broken)) as supervisor:
        assert eventually(lambda: bool(pids(supervisor)))
        first = pid_of(supervisor, "first")
        assert supervisor.wait(PATIENCE)
    assert supervisor.failure is not None
    assert supervisor.failure.startswith("broken died 3 times at once, the last time with exit code 3")
    assert "no such catalogue" in supervisor.failure
    assert not is_alive(first)


def test_a_service_that_is_not_ready_in_time_ends_everything_and_says_what_is_missing(tmp_path: Path) -> None:
    late = service("late", not_ready=lambda: "nobody in its group", start_seconds=0.5)
    with Supervisor(plan(tmp_path, late)) as supervisor, pytest.raises(ServiceFailedError) as failure:
        supervisor.wait_ready(PATIENCE)
    assert "late is not ready after 0 s: nobody in its group" in str(failure.value)


def test_a_service_that_was_up_before_is_waited_for(tmp_path: Path) -> None:
    away: list[str] = []
    said: list[str] = []
    spec = service("late", not_ready=lambda: away[0] if away else None, start_seconds=0.5)
    with Supervisor(plan(tmp_path, spec), said.append) as supervisor:
        supervisor.wait_ready(PATIENCE)
        away.append("Kafka does not answer")
        os.kill(pid_of(supervisor, "late"), signal.SIGKILL)
        told = re.compile(r"late is still not ready after \d+ s: Kafka does not answer")
        assert eventually(lambda: any(map(told.fullmatch, said)))
        away.clear()
        assert eventually(lambda: named(supervisor, "late").state is State.UP)
    assert supervisor.failure is None


def test_a_preparation_that_cannot_be_done_ends_everything(tmp_path: Path) -> None:
    topics = ServiceSpec("topics", None, lambda: "no answer", start_seconds=0.3)
    with Supervisor(plan(tmp_path, topics)) as supervisor, pytest.raises(ServiceFailedError, match=r"topics .* answer"):
        supervisor.wait_ready(PATIENCE)


def test_nothing_is_left_behind_by_a_stop(tmp_path: Path) -> None:
    with Supervisor(plan(tmp_path, service("first"), service("second", WITH_A_CHILD))) as supervisor:
        supervisor.wait_ready(PATIENCE)
        second = pid_of(supervisor, "second")
        assert eventually(lambda: len(tree_of(second)) == 2)
        everything = pids(supervisor) | tree_of(second)
    assert not any(is_alive(pid) for pid in everything)
    assert read_runtime(tmp_path) is None


def test_services_are_stopped_from_the_last_stage_to_the_first(tmp_path: Path) -> None:
    notes = tmp_path / "notes"

    def noting(name: str) -> tuple[str, ...]:
        return ("sh", "-c", f"trap 'echo {name} >> {notes}; exit' TERM; echo up; while :; do sleep 0.05; done")

    with Supervisor(plan(tmp_path, service("broker", noting("broker")), service("sink", noting("sink")))) as supervisor:
        supervisor.wait_ready(PATIENCE)
        assert eventually(lambda: all(has_logged(tmp_path, name, "up") for name in ("broker", "sink")))
    assert notes.read_text().split() == ["sink", "broker"]


def test_a_service_that_does_not_end_in_its_time_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(plan(tmp_path, service("deaf", DEAF, grace=0.3)), said.append) as supervisor:
        supervisor.wait_ready(PATIENCE)
        deaf = pid_of(supervisor, "deaf")
        assert eventually(lambda: has_logged(tmp_path, "deaf", "deaf"))
    assert not is_alive(deaf)
    assert re.fullmatch(r"deaf did not end in \d+\.\d s: killed", said[-1])


def test_a_second_request_to_stop_kills_what_is_still_running(tmp_path: Path) -> None:
    supervisor = Supervisor(plan(tmp_path, service("deaf", DEAF, grace=3600)))
    supervisor.start()
    supervisor.wait_ready(PATIENCE)
    assert eventually(lambda: has_logged(tmp_path, "deaf", "deaf"))
    supervisor.request_stop()
    assert not supervisor.wait(0.5)
    supervisor.request_stop()
    assert supervisor.wait(PATIENCE)


def test_a_busy_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        supervisor = Supervisor(plan(tmp_path, service("first"), ports=((port, "--kafka-port"),)))
        with pytest.raises(CannotStartError, match=f"port {port} .* is busy: .* --kafka-port"):
            supervisor.start()
    assert supervisor.services == ()
    with Supervisor(plan(tmp_path, service("first"), ports=((port, "--kafka-port"),))) as second:
        second.wait_ready(PATIENCE)


def test_a_data_directory_serves_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with Supervisor(plan(tmp_path, service("first"))) as supervisor:
        supervisor.wait_ready(PATIENCE)
        with pytest.raises(CannotStartError, match=f"in use by process {os.getpid()}"):
            Supervisor(plan(tmp_path, service("first"))).start()
        runtime = read_runtime(tmp_path)
        assert runtime is not None
        assert runtime.processes["first"].pid == pid_of(supervisor, "first")
    with Supervisor(plan(tmp_path, service("first"))) as successor:
        successor.wait_ready(PATIENCE)


def test_nothing_is_left_behind_by_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.omnitrack.stand_ins", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        everything = tree_of(program.pid)
        program.kill()
    assert len(everything) >= 3
    assert eventually(lambda: not any(is_alive(pid) for pid in everything))
    assert read_runtime(tmp_path) is None
    with Supervisor(plan(tmp_path, service("first"))) as successor:
        successor.wait_ready(PATIENCE)
