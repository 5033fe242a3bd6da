"""Reads from what the group's coordinator answers whether this process still belongs to its group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    NoError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest

from streams.batching.endings import Ending
from streams.batching.lease import Lease
from streams.batching.static_member import FENCED_INSTANCE_ID, StaticCommit, StaticHeartbeat

_LOST = frozenset({IllegalGenerationError.errno, UnknownMemberIdError.errno, FENCED_INSTANCE_ID})


class Fenced(Ending):
    """Another process has joined the group under this one's instance name, and has its partitions now."""


class Membership:
    """Keeps the lease, and names a static member in every request.

    `on_fenced` is called once, from the coordinator's thread, if another process takes over the `instance` name.
    """

    def __init__(self, lease: Lease, instance: str | None, on_fenced: Callable[[Fenced], None]) -> None:
        self._lease = lease
        self._instance = instance
        self._on_fenced = on_fenced
        self._fenced = False

    def watch(self, coordinator: Any) -> None:
        """See all that the driver's coordinator asks and is answered from now on."""
        send = coordinator._send_req

        async def watched(request: Any) -> Any:
            if not self._fenced:
                asked_at = self._lease.now()
                response = await send(self._named(request))
                self.note(type(request), _errors(response), asked_at)
            if self._fenced:
                # Joining anew, as the driver would, fences the other process in turn.
                raise CommitFailedError("already rebalanced: fenced by another process of the same instance name")
            return response

        coordinator._send_req = watched

    def note(self, kind: type, errors: set[int], asked_at: float) -> None:
        """A request of this kind, sent at `asked_at`, was answered with these error codes."""
        if FENCED_INSTANCE_ID in errors:
            self._fence()
        if errors & _LOST:
            self._lease.lose()
        elif kind in (HeartbeatRequest, SyncGroupRequest) and errors == {NoError.errno}:
            self._lease.confirm(asked_at)
        elif kind is HeartbeatRequest and errors == {RebalanceInProgressError.errno}:
            self._lease.confirm_amid_rebalance(asked_at)

    def _named(self, request: Any) -> Any:
        if self._instance is None:
            return request
        if type(request) is HeartbeatRequest:
            return StaticHeartbeat(request, self._instance)
        if type(request) is OffsetCommitRequest:
            return StaticCommit(request, self._instance)
        return request

    def _fence(self) -> None:
        self._lease.lose()
        self._fenced = True
        self._on_fenced(
            Fenced(
                f"another process has joined the group as {self._instance!r}: this one ends; if both shall run, give"
                " each an OMNITRACK_GROUP_INSTANCE of its own"
            )
        )


def _errors(response: Any) -> set[int]:
    code = getattr(response, "error_code", None)
    if code is not None:
        return {code}
    topics = getattr(response, "topics", ())
    return {partition[-1] for _, partitions in topics for partition in partitions}
