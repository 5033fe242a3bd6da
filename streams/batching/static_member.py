"""Requests that name a static member, which the driver leaves out of heartbeats and commits.

Without the name the coordinator cannot tell the older of two processes that share it from a member it has forgotten;
the older one would join again, and so in turn fence the newer.
"""

from __future__ import annotations

from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.commit import OffsetCommitRequest_v2, OffsetCommitRequest_v3
from aiokafka.protocol.group import HeartbeatRequest_v0, HeartbeatRequest_v1
from aiokafka.protocol.types import Array, Int16, Int32, Int64, Schema, String

FENCED_INSTANCE_ID = 82
NO_EPOCH = -1


class HeartbeatResponse_v3(Response):  # type: ignore[misc] # noqa: N801 -- the driver's way to name versions
    """The answer to a heartbeat, version 3 of Kafka's protocol."""

    API_KEY = 12
    API_VERSION = 3
    SCHEMA = Schema(("throttle_time_ms", Int32), ("error_code", Int16))


class HeartbeatRequest_v3(RequestStruct):  # type: ignore[misc] # noqa: N801
    """A heartbeat with `group_instance_id`, which the driver's own versions lack (KIP-345)."""

    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = HeartbeatResponse_v3
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


class StaticHeartbeat(Request[HeartbeatRequest_v0 | HeartbeatRequest_v1 | HeartbeatRequest_v3]):  # type: ignore[misc]
    """A heartbeat with the member's instance name, where the broker takes it."""

    API_KEY = 12

    def __init__(self, plain: Any, instance: str) -> None:
        self._plain = plain
        self._instance = instance

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """The driver's hook: the newest version that both know; ours carries the member's name."""
        if request_struct_class is not HeartbeatRequest_v3:
            return self._plain.build(request_struct_class)
        plain = self._plain
        return HeartbeatRequest_v3(plain._group, plain._generation_id, plain._member_id, self._instance)


class OffsetCommitResponse_v7(Response):  # type: ignore[misc] # noqa: N801
    """The answer to a commit, version 7 of Kafka's protocol."""

    API_KEY = 8
    API_VERSION = 7
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(("topic", String("utf-8")), ("partitions", Array(("partition", Int32), ("error_code", Int16)))),
        ),
    )


class OffsetCommitRequest_v7(RequestStruct):  # type: ignore[misc] # noqa: N801
    """A commit with `group_instance_id`, which the driver's own versions lack (KIP-345)."""

    API_KEY = 8
    API_VERSION = 7
    RESPONSE_TYPE = OffsetCommitResponse_v7
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("partition", Int32), ("offset", Int64), ("leader_epoch", Int32), ("metadata", String("utf-8"))
                    ),
                ),
            ),
        ),
    )


class StaticCommit(Request[OffsetCommitRequest_v2 | OffsetCommitRequest_v3 | OffsetCommitRequest_v7]):  # type: ignore[misc]
    """A commit with the member's instance name, where the broker takes it."""

    API_KEY = 8

    def __init__(self, plain: Any, instance: str) -> None:
        self._plain = plain
        self._instance = instance

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """The driver's hook: the newest version that both know; ours carries the member's name."""
        if request_struct_class is not OffsetCommitRequest_v7:
            return self._plain.build(request_struct_class)
        plain = self._plain
        topics = [
            (topic, [(partition, offset, NO_EPOCH, metadata) for partition, offset, metadata in partitions])
            for topic, partitions in plain._topics
        ]
        return OffsetCommitRequest_v7(
            plain._consumer_group, plain._consumer_group_generation_id, plain._consumer_id, self._instance, topics
        )
