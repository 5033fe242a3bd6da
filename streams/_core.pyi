"""The compiled core of ingest and stitching: sources in streams/core."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import final

from streams.batching import Batch, Record

Rules = tuple[int, int, float, Mapping[str, float]]
Write = tuple[bytes, bytes | None]

@final
class Intake:
    def __new__(cls, channels: Sequence[str], customer: str, identity: str, partitions: int) -> Intake: ...
    def link(self, kind: str, value: str, customer_id: str) -> int: ...
    def take(
        self,
        channel: str,
        batch: Batch,
        start: int,
        now: int,
        outputs: MutableMapping[tuple[str, int], list[tuple[bytes | None, bytes | None]]],
        links: set[int],
        sent: tuple[set[int], set[int]],
    ) -> tuple[int, str | None]: ...

@final
class Core:
    def __new__(
        cls,
        rules: Mapping[str, Rules],
        default: Rules,
        contact_gap: int,
        horizon: int | None,
        volatile_answers: Sequence[str],
        dictionary: bytes,
    ) -> Core: ...
    def advance(
        self,
        records: Iterable[Record],
        due: Sequence[str],
        states: Mapping[bytes, bytes],
        clock: int,
        now: int,
    ) -> Done: ...

@final
class Done:
    stitched: list[tuple[bytes | None, bytes | None]]
    journeys: list[tuple[bytes | None, bytes | None]]
    handoffs: list[tuple[bytes | None, bytes | None]]
    promises: list[tuple[bytes | None, bytes | None]]
    writes: list[list[Write]]
    due: dict[str, int | None]
    seen: dict[tuple[str, int], int]
    left: dict[bytes, str]
