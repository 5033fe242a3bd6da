"""The alerts of a set of rows at a time: what streaming comes to, whatever the order and the batches. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from schemas.alert_rules import ShareRule
from schemas.catalogue import Catalogue
from schemas.rows import AlertRow
from streams.alerting.customers import judge
from streams.alerting.episodes import episodes
from streams.alerting.facts import Customer, CustomerRow, kept_by, take_rows
from streams.alerting.groups import wanted_of
from streams.alerting.memory import add_counts
from streams.alerting.observations import Cell, Count, Group, observations
from streams.alerting.wanted import Wanted


def alerts_at(rows: Iterable[CustomerRow], catalogue: Catalogue, now: int, clock: int) -> list[AlertRow]:
    """The alerts of all customers at `now`, when all that happened before `clock` is known (both ms), as first said.

    Only what began within the alert horizon; shares only as far back as windows are kept.
    """
    oldest = now - catalogue.alerts.horizon
    return [one.row(now) for one in wanted_at(rows, catalogue, now, clock) if one.began_at > oldest]


def wanted_at(rows: Iterable[CustomerRow], catalogue: Catalogue, now: int, clock: int) -> Iterator[Wanted]:
    """What the rules want said of the rows, however long ago it began."""
    counts: dict[Cell, Count] = {}
    yield from wanted_of_customers(rows, catalogue, now, clock, counts)
    for rule, group, totals in groups_of(counts, catalogue):
        yield from wanted_of(rule, group, episodes(rule, totals, now))


def wanted_of_customers(
    rows: Iterable[CustomerRow], catalogue: Catalogue, now: int, clock: int, counts: dict[Cell, Count]
) -> Iterator[Wanted]:
    """What the rules want said of customers; what they add to shares is added to `counts`."""
    for customer_id, customer in customers_of(rows, catalogue, now):
        yield from judge(customer_id, customer, catalogue.alerts, now, clock).wanted
        add_counts(counts, observations(customer_id, customer, catalogue))


def customers_of(rows: Iterable[CustomerRow], catalogue: Catalogue, now: int) -> Iterator[tuple[str, Customer]]:
    """What is known of each customer."""
    by_customer: defaultdict[str, list[CustomerRow]] = defaultdict(list)
    for row in rows:
        by_customer[row.customer_id].append(row)
    kept = kept_by(catalogue.alerts)
    for customer_id, own in by_customer.items():
        yield customer_id, take_rows(Customer(), own, kept, now)


def groups_of(counts: dict[Cell, Count], catalogue: Catalogue) -> Iterator[tuple[ShareRule, Group, dict[int, Count]]]:
    """The counts by group and bucket."""
    totals: defaultdict[Group, dict[int, Count]] = defaultdict(dict)
    for cell, count in counts.items():
        totals[cell.group][cell.bucket] = count
    for group, buckets in totals.items():
        rule = catalogue.alerts.by_name[group.rule]
        assert isinstance(rule, ShareRule)
        yield rule, group, buckets
