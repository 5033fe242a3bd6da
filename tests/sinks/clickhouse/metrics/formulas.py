"""The metrics once more, from the specification's formulas, in plain Python over the rows that hold."""

from __future__ import annotations

import math
from typing import Any

from tests.sinks.clickhouse.metrics.arithmetic import Row, grouped, rate
from tests.sinks.clickhouse.metrics.of_handoffs import OfHandoffs
from tests.sinks.clickhouse.metrics.of_journeys import OfJourneys
from tests.sinks.clickhouse.metrics.of_records import OfRecords
from tests.sinks.clickhouse.metrics.of_waits import OfWaits


class Formulas(OfJourneys, OfHandoffs, OfWaits, OfRecords):
    """The answer of each metric to one question; methods are named as the metrics are."""

    def promise_kept(self) -> list[Row]:
        of = {(it.customer_id, it.journey_id): it for it in self._tables.journeys}
        found = []
        for it in self._tables.promises:
            journey = of.get((it.customer_id, it.journey_id or ""))
            intent = journey.intent if journey else "unknown"
            wanted = not self._question.channels or it.channel in self._question.channels
            if wanted and self._since <= it.due_at < self._until and self._passes(it.customer_id, intent):
                found.append((it, intent))

        def told(rows: list[Any]) -> Row:
            due = [it.status for it, _ in rows if it.status != "pending" and it.due_at <= self._as_of]
            counts = {status: due.count(status) for status in ("kept", "kept_late", "overdue")}
            told = {**counts, "n": len(due), **rate(counts["kept"], len(due))}
            return {**told, "undecided": len(rows) - len(due)}

        return grouped(found, lambda one: self._group(one[0].due_at, one[1], one[0].channel), told)

    def consistency_index(self) -> list[Row]:
        ungrouped = Formulas(self._tables, self._catalogue, self._question, ())
        none: Row = {"rate": None, "n": 0}
        completion, waiting = ungrouped.completion_parity()[0], ungrouped.wait_parity()[0]
        carried, smooth, agreed = (
            next(iter(rows), none)
            for rows in (ungrouped.context_carry(), ungrouped.handoff_success(), ungrouped.answer_agreement())
        )
        components = {
            "completion_parity": completion["parity"],
            "wait_parity": waiting["parity"],
            "context_carry": carried["rate"],
            "handoff_success": smooth["rate"],
            "answer_agreement": agreed["rate"],
        }
        missing = [name for name, value in components.items() if value is None]
        score = None if missing else 100 * math.prod(components.values()) ** (1 / 5)
        n = min(each["n"] for each in (completion, waiting, carried, smooth, agreed))
        return [{"score": score, **components, "missing": missing, "n": n}]
