"""What was removed of a customer, and when the rest expires: for whoever asked, and for the record."""

from __future__ import annotations

from pathlib import Path

import msgspec
from clickhouse_driver import Client

from omnitrack.dead.table import time_of
from omnitrack.erasure.expiry import Expiry

_INSERT = "INSERT INTO erasures (customer_digest, asked_at, finished_at, asked_by, removed, expires_at) VALUES"


class Receipt(msgspec.Struct, frozen=True):
    """Names the customer by a digest only; times are UTC ms.

    `removed` are rows by table, `records` how many input records have the fate `erased` instead of their own, both by
    this run: what an interrupted one did before is not counted. `left` are rows that are there still (none, or it is
    not done). `unreadable` are damaged values of links, by the changelog's partition, which do not tell whose they are.
    """

    customer_digest: str
    asked_at: int
    finished_at: int
    asked_by: str
    removed: dict[str, int]
    records: int
    left: dict[str, int]
    topics: tuple[Expiry, ...]
    unreadable: dict[str, int] = {}

    @property
    def expires_at(self) -> int | None:
        """When the last record has left the topics; None: that cannot be told of one of them."""
        untils = [topic.until for topic in self.topics]
        known = [until for until in untils if until is not None]
        return max(known) if len(known) == len(untils) and known else None

    @property
    def found_anything(self) -> bool:
        """Whether this run met a row, or a record, of the customer."""
        return bool(self.records) or any(self.removed.values()) or not self.is_done

    @property
    def is_done(self) -> bool:
        """Whether no row of the customer is left in any table."""
        return not any(self.left.values())


def as_json(receipt: Receipt) -> bytes:
    """The receipt with readable times."""
    message = msgspec.to_builtins(receipt) | {"expires_at": receipt.expires_at}
    for name in ("asked_at", "finished_at", "expires_at"):
        message[name] = None if message[name] is None else time_of(message[name])
    for topic in message["topics"]:
        topic["until"] = None if topic["until"] is None else time_of(topic["until"])
    return msgspec.json.format(msgspec.json.encode(message), indent=2)


def keep(receipt: Receipt, client: Client, file: Path) -> None:
    """Write the file, and the row of `erasures`. Raises OSError and `ClickHouseError`."""
    file.write_bytes(as_json(receipt) + b"\n")
    values = (receipt.customer_digest, receipt.asked_at, receipt.finished_at, receipt.asked_by)
    client.execute(_INSERT, [(*values, receipt.removed, receipt.expires_at)])
