"""The compiled core of stitching: sources in streams/core."""

from collections.abc import Iterable, Mapping, Sequence
from typing import final

from streams.batching import Record

Rules = tuple[int, int, float, Mapping[str, float]]
Write = tuple[bytes, bytes | None]

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
