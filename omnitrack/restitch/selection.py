"""Which customers are restitched, in the order of their ids, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from pathlib import Path

from clickhouse_driver import Client

from omnitrack.restitch.letters import Letters
from schemas.batched import batched

MOST_CUSTOMERS = 500
MOST_ROWS = 50_000
"""Of a chunk, by the rows that ClickHouse holds of its customers; a larger customer is a chunk of its own."""

PAGE = 2_000
_QUERIES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Listed:
    """The customers of these ids."""

    customer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """The customers of whom something was received from `since` to before `until` (UTC ms)."""

    since: int
    until: int


EVERYBODY = Received(-(2**62), 2**62)

Selection = Listed | Received


def count_customers(client: Client, selection: Selection) -> int:
    """About how many they are, for a progress bar."""
    if isinstance(selection, Listed):
        return len(selection.customer_ids)
    return int(client.execute(_query("count"), _period(selection))[0][0])


def chunks(client: Client, selection: Selection, letters: Letters) -> Iterator[list[str]]:
    """The customers' ids in chunks that fit into memory with all that is stored of them."""
    for page in batched(_selected(client, selection, letters), PAGE):
        sizes = dict(client.execute(_query("sizes"), {"customers": page}))
        chunk: list[str] = []
        rows = 0
        for customer_id in page:
            size = sizes.get(customer_id, 0)
            if chunk and (len(chunk) == MOST_CUSTOMERS or rows + size > MOST_ROWS):
                yield chunk
                chunk, rows = [], 0
            chunk.append(customer_id)
            rows += size
        yield chunk


def _selected(client: Client, selection: Selection, letters: Letters) -> Iterator[str]:
    if isinstance(selection, Listed):
        return iter(sorted(set(selection.customer_ids)))
    stored = _stored(client, selection)
    in_letters = sorted(letters.customers_of(selection.since, selection.until))
    return (customer_id for customer_id, _ in groupby(merge(stored, in_letters)))


def _stored(client: Client, period: Received) -> Iterator[str]:
    after = ""
    while True:
        parameters = _period(period) | {"after": after, "limit": PAGE}
        page: Sequence[tuple[str]] = client.execute(_query("customers"), parameters)
        yield from (customer_id for (customer_id,) in page)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _period(period: Received) -> dict[str, int]:
    return {"since": period.since, "until": period.until}


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text()
