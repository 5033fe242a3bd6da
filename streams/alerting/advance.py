"""One customer, one batch: from what is known and new rows to alerts, and to what the shares are to count. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import msgspec

from schemas.catalogue import Catalogue
from schemas.rows import AlertRow
from streams.alerting.customers import judge
from streams.alerting.facts import Customer, CustomerRow, Kept, leaves_at, prune, take_rows
from streams.alerting.observations import Cell, Count, differences
from streams.alerting.said import Times, reconcile, take_back


@dataclass(slots=True)
class AdvancedCustomer:
    """`state` None: nothing is left to know. `changes` are what each cell has more, or less, than before.

    Something changes by itself at `due_at` (wall clock, ms), and when the clock W reaches `due_at_clock`.
    """

    state: Customer | None
    rows: list[AlertRow] = field(default_factory=list)
    changes: dict[Cell, Count] = field(default_factory=dict)
    due_at: int | None = None
    due_at_clock: int | None = None


def advance_customer(
    customer_id: str,
    customer: Customer,
    rows: Iterable[CustomerRow],
    catalogue: Catalogue,
    kept: Kept,
    now: int,
    clock: int,
    announced: Collection[str] = (),
) -> AdvancedCustomer:
    """The customer with what is newer of `rows`, at `now` and at clock W `clock` (ms).

    `kept` is that of the catalogue's rules. Whatever the order of the rows, and however often they come, the same is
    known in the end. Of the ids `announced` it is not known whether they were said.
    """
    rules = catalogue.alerts
    known = take_rows(customer, rows, kept, now)
    judgement = judge(customer_id, known, rules, now, clock)
    oldest = now - rules.horizon
    saying = reconcile(
        known.said,
        judgement.wanted,
        Times(now, oldest, oldest),
        known.version,
        early=judgement.early,
        announced=announced,
        rules=rules.by_name,
    )
    state = prune(msgspec.structs.replace(known, said=saying.said, version=saying.version), kept, now)
    # What was said of facts that have left is let go the next time.
    leaves = now if state.said and not state.has_facts else leaves_at(state, kept)
    return AdvancedCustomer(
        state=None if state.is_empty else state,
        rows=saying.rows,
        changes=differences(customer_id, customer, state, catalogue),
        due_at=min([*judgement.times, *([leaves] if leaves is not None else [])], default=None),
        due_at_clock=min(judgement.clocks, default=None),
    )


def forget_customer(customer_id: str, customer: Customer, catalogue: Catalogue, now: int) -> AdvancedCustomer:
    """The customer erased: every alert is taken back, and nothing stays known."""
    saying = take_back(customer.said, customer.version, now)
    changes = differences(customer_id, customer, Customer(), catalogue)
    return AdvancedCustomer(None, saying.rows, changes)
