"""The compiled core of ingest, stitching and alerting: sources in streams/core."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, final, overload

from schemas.rows import HandoffResult
from streams.batching import Batch, Record
from streams.batching.filling import Groups, KeyValue

Rules = tuple[int, int, float, Mapping[str, float]]
Write = tuple[bytes, bytes | None]

@final
class Intake:
    def __new__(cls, channels: Sequence[str], customer: str, identity: str, partitions: int) -> Intake: ...
    @staticmethod
    def grouped() -> Grouped: ...
    def link(self, kind: str, value: str, customer_id: str) -> int: ...
    def take(
        self,
        channel: str,
        batch: Batch,
        start: int,
        now: int,
        outputs: MutableMapping[tuple[str, int], list[KeyValue] | Grouped],
        links: set[int],
        sent: tuple[set[int], set[int]],
    ) -> tuple[int, str | None]: ...

@final
class Links:
    def __new__(cls, records: Iterable[Record]) -> Links: ...
    latest: int
    others: list[int]
    def advance(self, states: Mapping[bytes, bytes], clock: int, horizon: int | None) -> Linked: ...

@final
class Linked:
    writes: list[list[Write]]
    due: dict[str, int | None]
    left: list[tuple[int, str]]

CountedHandoff = tuple[int, tuple[str, str, str, HandoffResult], tuple[str, ...], tuple[str, ...], int]

@final
class Quiet:
    def __new__(cls, handoffs: int, journeys: int, grain: int) -> Quiet: ...
    def take_journeys(
        self, records: Iterable[Record], held: set[str], states: Mapping[bytes, bytes], now: int
    ) -> TakenIn: ...
    def take_handoffs(
        self, records: Iterable[Record], held: set[str], states: Mapping[bytes, bytes], now: int
    ) -> TakenIn: ...
    @staticmethod
    def waits(records: Iterable[Record]) -> list[int]: ...

@final
class TakenIn:
    writes: Grouped
    due: dict[str, int]
    counted: list[CountedHandoff]
    left: list[tuple[int, str]]

@final
class States(Mapping[bytes, bytes]):
    """Encoded states of a partition, of which each becomes an object when it is asked for; in no order.

    `size` counts the bytes of all values. Iteration is over the keys as they are when it begins.
    """

    size: int
    def __new__(cls) -> States: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __getitem__(self, key: bytes) -> bytes: ...
    def __setitem__(self, key: bytes, value: bytes) -> None: ...
    def __delitem__(self, key: bytes) -> None: ...

@final
class Core:
    @staticmethod
    def states() -> States: ...
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
    def due(self, states: Mapping[bytes, bytes]) -> list[tuple[str, int]]: ...

@final
class Done:
    stitched: Grouped
    journeys: Grouped
    handoffs: Grouped
    promises: Grouped
    writes: Grouped
    due: dict[str, int | None]
    seen: dict[tuple[str, int], int]
    left: dict[bytes, str]

class FetchedRecords(Sequence[Record]):
    """Records of a partition, of which each becomes an object when it is asked for."""

    def __new__(cls) -> FetchedRecords: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def extend(self, records: Iterable[Record]) -> None: ...
    def read(self, data: bytes, begin: int, end: int, position: int) -> bool: ...
    def values_by_key(self) -> dict[bytes | None, list[bytes | None]]: ...
    def apply_to(self, states: dict[bytes, bytes] | States) -> None: ...

@final
class Grouped:
    """Groups of records, all of them bytes: an iterable of groups of `(key, value)`."""

    records: int
    def __new__(cls) -> Grouped: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[list[tuple[Any, bytes | None]]]: ...
    def push(self, key: bytes | None, value: bytes | None) -> None: ...
    def append(self, group: Sequence[KeyValue]) -> None: ...
    def apply_to(self, states: dict[bytes, bytes] | States) -> None: ...

@final
class RecordBatch:
    def record_count(self) -> int: ...
    def size(self) -> int: ...

def fill(parts: Sequence[Groups], limit: int, timestamp: int) -> list[RecordBatch]: ...
def receive(fd: int, buffer: bytearray, filled: int) -> int: ...
