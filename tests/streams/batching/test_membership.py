"""What the coordinator answers keeps or ends the lease, and a process whose name was taken over ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.errors import CommitFailedError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest

from streams.batching.lease import Lease
from streams.batching.membership import Fenced, Membership
from streams.batching.static_member import HeartbeatRequest_v3, OffsetCommitRequest_v7

NO_ERROR, ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCING, FENCED = 0, 22, 25, 27, 82
HEARTBEAT = HeartbeatRequest("g", 3, "m")
COMMIT = OffsetCommitRequest("g", 3, "m", -1, [("t", [(0, 17, "")])])


@dataclass(slots=True)
class Answer:
    error_code: int


@dataclass(slots=True)
class CommitAnswer:
    topics: list[tuple[str, list[tuple[int, int]]]]


@dataclass
class FakeCoordinator:
    answers: list[Any]
    asked: list[Any] = field(default_factory=list)

    async def _send_req(self, request: Any) -> Any:
        self.asked.append(request)
        return self.answers.pop(0)


@dataclass(slots=True)
class Group:
    """A member of a group whose coordinator gives these answers."""

    answers: list[Any]
    instance: str | None = None
    lease: Lease = field(default_factory=lambda: Lease(10, 30, lambda: 0.0))
    fenced: list[Fenced] = field(default_factory=list)
    coordinator: Any = field(init=False)

    def __post_init__(self) -> None:
        self.coordinator = FakeCoordinator(self.answers)
        Membership(self.lease, self.instance, self.fenced.append).watch(self.coordinator)

    def ask(self, request: Any) -> Any:
        return asyncio.run(self.coordinator._send_req(request))


@pytest.mark.parametrize("request_", [HEARTBEAT, SyncGroupRequest("g", 3, "m", "", [])])
def test_an_answered_heartbeat_or_sync_confirms(request_: Any) -> None:
    group = Group([Answer(NO_ERROR)])
    group.ask(request_)
    assert group.lease.holds()


def test_a_join_confirms_nothing_for_the_partitions_are_not_known_yet() -> None:
    group = Group([Answer(NO_ERROR)])
    group.ask(JoinGroupRequest("g", 1, 1, "m", "", "consumer", []))
    assert not group.lease.holds()


@pytest.mark.parametrize("code", [ILLEGAL_GENERATION, UNKNOWN_MEMBER])
@pytest.mark.parametrize("request_", [HEARTBEAT, COMMIT])
def test_an_answer_that_does_not_know_the_member_ends_the_lease(request_: Any, code: int) -> None:
    answer: Any = Answer(code) if request_ is HEARTBEAT else CommitAnswer([("t", [(0, code)])])
    group = Group([Answer(NO_ERROR), answer])
    group.ask(HEARTBEAT)
    group.ask(request_)
    assert not group.lease.holds()


def test_a_rebalance_keeps_the_lease_for_what_is_in_work() -> None:
    group = Group([Answer(NO_ERROR), Answer(REBALANCING)])
    group.ask(HEARTBEAT)
    group.ask(HEARTBEAT)
    assert group.lease.holds()


def test_a_member_without_a_name_asks_as_the_driver_does() -> None:
    group = Group([Answer(NO_ERROR)])
    group.ask(HEARTBEAT)
    assert group.coordinator.asked[0] is HEARTBEAT


def test_a_static_member_gives_its_name_where_the_broker_takes_it() -> None:
    group = Group([Answer(NO_ERROR), CommitAnswer([])], instance="worker-1")
    group.ask(HEARTBEAT)
    group.ask(COMMIT)
    heartbeat, commit = group.coordinator.asked
    assert isinstance(heartbeat.prepare({12: (0, 4)}), HeartbeatRequest_v3)
    assert heartbeat.prepare({12: (0, 4)}).to_object() == {
        "group": "g",
        "generation_id": 3,
        "member_id": "m",
        "group_instance_id": "worker-1",
    }
    assert heartbeat.prepare({12: (0, 1)}).API_VERSION == 1
    assert isinstance(commit.prepare({8: (2, 9)}), OffsetCommitRequest_v7)
    [topic] = commit.prepare({8: (2, 9)}).to_object()["topics"]
    assert topic["topic"] == "t"
    assert commit.prepare({8: (2, 3)}).API_VERSION == 3


def test_a_member_whose_name_another_process_took_ends_and_does_not_join_again() -> None:
    group = Group([Answer(NO_ERROR), Answer(FENCED)], instance="worker-1")
    group.ask(HEARTBEAT)
    with pytest.raises(CommitFailedError):
        group.ask(HEARTBEAT)
    with pytest.raises(CommitFailedError):
        group.ask(JoinGroupRequest("g", 1, 1, "", "worker-1", "consumer", []))
    assert len(group.coordinator.asked) == 2
    assert not group.lease.holds()
    [fenced] = group.fenced
    assert "'worker-1'" in str(fenced)
