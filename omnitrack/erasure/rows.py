"""A customer's rows in ClickHouse: counted, given a fate that tells nothing, and removed.

Conditions of mutations are kept by the server, in `system.mutations` and on its disk: they name customers by digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from clickhouse_driver import Client

from omnitrack.dead.payload import key_of, touchpoint_in
from omnitrack.dead.reading import read_letters
from omnitrack.erasure.subject import Subject, digest_of
from schemas.rows import ERASED_LETTER_VERSION, DeadLetter
from schemas.topics import Topics
from schemas.touchpoint import Origin
from sinks.clickhouse.cluster import Storage
from streams.pseudonym import Pseudonyms

_ORIGINS = Path(__file__).parent / "origins.sql"
_ERROR = "identities: of a customer who was erased"
_MOST_SEARCHED = 255
"""Texts that ClickHouse looks for at once."""
_SYNCHRONOUS = {"mutations_sync": 2, "allow_nondeterministic_mutations": 1}


def _superseded(database: str) -> dict[str, str]:
    """Of which rows an erased letter has taken the place, by table. The touchpoints go last: they tell the origins.

    Letters are asked for where all of them are: on a cluster a letter and its receipt may lie on different shards.
    """
    letters = f"FROM `{database}`.dead_letters WHERE reason = 'erased'"
    ids = f"dead_letter_id IN (SELECT dead_letter_id {letters})"
    return {
        "receipts": f"reason != 'erased' AND (topic, partition, offset) IN (SELECT topic, partition, offset {letters})",
        "dead_letters": f"reason != 'erased' AND {ids}",
        "dead_letter_actions": ids,
    }


def tables_with_customers(client: Client, storage: Storage) -> tuple[str, ...]:
    """The tables that have a `customer_id`; `touchpoints` comes last."""
    query = (
        "SELECT table FROM system.columns WHERE database = {database:String} AND name = 'customer_id' AND table IN"
        " (SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree')"
    )
    found = (table for (table,) in client.execute(query, {"database": storage.of_rows}))
    return tuple(sorted(found, key=lambda name: (name == "touchpoints", name)))


def count_rows(client: Client, subject: Subject, storage: Storage) -> dict[str, int]:
    """The customer's rows by table, replaced ones and tombstones among them."""
    counts = {}
    for table in tables_with_customers(client, storage):
        query = f"SELECT count() FROM `{table}` WHERE customer_id IN {{ids:Array(String)}}"  # noqa: S608 -- ours
        counts[table] = int(client.execute(query, {"ids": list(subject.customer_ids)})[0][0])
    return counts


def erased_letters(
    client: Client, subject: Subject, topics: Topics, pseudonyms: Pseudonyms | None
) -> Iterator[DeadLetter]:
    """A letter without content for each record of the customer that has a fate: stored, duplicate or dead.

    Raises `CannotOpen` where a letter is sealed with a key that is not at hand.
    """
    for topic, partition, offset, received_at in client.execute(
        _ORIGINS.read_text(), {"customers": list(subject.customer_ids)}
    ):
        yield _erased(Origin(topic, partition, offset), received_at)
    for letter in read_letters(client, "reason != 'erased' AND (payload != '' OR isNotNull(key))", {}):
        received = touchpoint_in(letter, pseudonyms)
        if subject.bore(key_of(letter), received, topics.channel_of(letter.topic), pseudonyms):
            yield _erased(Origin(letter.topic, letter.partition, letter.offset), letter.received_at)


def remove_rows(client: Client, subject: Subject, storage: Storage) -> dict[str, int]:
    """Remove what erased letters have taken the place of, then the customer's rows; how many by table."""
    superseded = _superseded(storage.database)
    removed = {table: _remove(client, table, condition, storage) for table, condition in superseded.items()}
    own, *anonymous = map(digest_of, subject.customer_ids)
    for table in tables_with_customers(client, storage):
        # By the customer's own touchpoints a next run finds who else it was, so these are there until all else is gone.
        asked = [anonymous, [own]] if table == "touchpoints" else [[own, *anonymous]]
        counts = [_remove(client, table, _is_of(digests), storage) for digests in asked if digests]
        removed[table] = removed.get(table, 0) + sum(counts)
    removed["rejected_rows"] = _remove_rejected(client, subject, storage)
    return removed


def _is_of(digests: Sequence[str]) -> str:
    quoted = ", ".join(f"'{digest}'" for digest in digests)
    return f"lower(hex(SHA256(customer_id))) IN ({quoted})"


def _remove_rejected(client: Client, subject: Subject, storage: Storage) -> int:
    """Rows of ours that ClickHouse refused, and kept as bytes: an id is a whole text in them, not a part of one."""
    query = (
        "SELECT topic, partition, offset FROM rejected_rows"
        " WHERE multiSearchAny(base64Decode(payload), arrayMap(text -> unhex(text), {texts:Array(String)}))"
    )
    encode = (msgspec.json.encode, msgspec.msgpack.encode)
    texts = [as_bytes(customer_id).hex() for customer_id in subject.customer_ids for as_bytes in encode]
    asked = (texts[at : at + _MOST_SEARCHED] for at in range(0, len(texts), _MOST_SEARCHED))
    found = {place for some in asked for place in client.execute(query, {"texts": some})}
    if not found:
        return 0
    places = ", ".join(f"('{topic}', {partition}, {offset})" for topic, partition, offset in found)
    return _remove(client, "rejected_rows", f"(topic, partition, offset) IN ({places})", storage)


def _remove(client: Client, table: str, condition: str, storage: Storage) -> int:
    """Rewrite the partitions of the table that hold such rows, without them; how many there were."""
    found = client.execute(f"SELECT _partition_id, count() FROM `{table}` WHERE {condition} GROUP BY 1")  # noqa: S608 -- ours
    for partition, _ in found:
        client.execute(
            f"ALTER TABLE {storage.altered(table)} DELETE IN PARTITION ID '{partition}' WHERE {condition}",
            settings=_SYNCHRONOUS,
        )
    return sum(count for _, count in found)


def _erased(origin: Origin, received_at: int) -> DeadLetter:
    return DeadLetter(
        dead_letter_id=str(origin),
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=None,
        received_at=received_at,
        reason="erased",
        errors=(_ERROR,),
        payload="",
        version=ERASED_LETTER_VERSION,
    )
