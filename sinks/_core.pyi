"""The compiled encoder of blocks: sources in sinks/core."""

from collections.abc import Sequence
from typing import final

@final
class Block:
    rows: int
    columns: list[tuple[str, str, bytes]]
    received_at: list[int]

def encode(table: str, payloads: Sequence[bytes]) -> Block | str: ...
