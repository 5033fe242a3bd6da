"""All that ClickHouse holds of a customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from clickhouse_driver import Client

from schemas.rows import HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from sinks.clickhouse.rows import read_rows
from sinks.port import Table

_VERSIONS = Path(__file__).parent / "versions.sql"
_OF_CUSTOMERS = "customer_id IN {customers:Array(String)}"


@dataclass(slots=True)
class StoredCustomer:
    """A customer's rows; `version` is the greatest that any row of its touchpoints had before they were read."""

    customer_id: str
    version: int = 0
    touchpoints: list[TouchpointRow] = field(default_factory=list)
    journeys: list[JourneyRow] = field(default_factory=list)
    handoffs: list[HandoffRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)


def read_customers(client: Client, customer_ids: Sequence[str]) -> list[StoredCustomer]:
    """The customers in the order of `customer_ids`; one of whom nothing is stored is empty."""
    parameters = {"customers": list(customer_ids)}
    versions = dict(client.execute(_VERSIONS.read_text(), parameters))
    touchpoints = _by_customer(client, "touchpoints", parameters)
    journeys = _by_customer(client, "journeys", parameters)
    handoffs = _by_customer(client, "handoffs", parameters)
    promises = _by_customer(client, "promises", parameters)
    return [
        StoredCustomer(one, versions.get(one, 0), touchpoints[one], journeys[one], handoffs[one], promises[one])
        for one in customer_ids
    ]


def _by_customer(client: Client, table: Table, parameters: Mapping[str, Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in cast("list[TouchpointRow]", read_rows(client, table, _OF_CUSTOMERS, parameters)):
        found[row.customer_id].append(row)
    return found
