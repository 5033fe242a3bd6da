"""Metrics of handoffs."""

from __future__ import annotations

from schemas.rows import HandoffRow
from tests.sinks.clickhouse.metrics.arithmetic import Row, count, grouped, quantile, rate, share
from tests.sinks.clickhouse.metrics.selection import Selection

FAILURES = ("misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled", "lost")


class OfHandoffs(Selection):
    """Methods are named as the metrics are."""

    def handoff_matrix(self) -> list[Row]:
        def told(rows: list[HandoffRow]) -> Row:
            smooth = count(it.result == "smooth" for it in rows)
            failed = count(it.result == "failed" for it in rows)
            gaps = [it.gap_seconds for it in rows if it.gap_seconds is not None]
            return {
                "handoffs": len(rows),
                "smooth": smooth,
                "failed": failed,
                "pending": len(rows) - smooth - failed,
                **{failure: count(failure in it.failures for it in rows) for failure in FAILURES},
                "n": smooth + failed,
                **rate(smooth, smooth + failed),
                "median_gap": quantile(gaps, 0.5),
                "p90_gap": quantile(gaps, 0.9),
            }

        def group(it: HandoffRow) -> Row:
            return {
                "from_channel": it.from_channel,
                "to_channel": it.to_channel,
                "period": self._period(it.left_at),
                "intent": it.intent if "intent" in self._by else "",
            }

        return grouped(self._handoffs(), group, told)

    def handoff_success(self) -> list[Row]:
        def told(rows: list[HandoffRow]) -> Row:
            smooth = count(it.result == "smooth" for it in rows)
            failed = count(it.result == "failed" for it in rows)
            counts = {"smooth": smooth, "failed": failed, "n": smooth + failed}
            return {**counts, **rate(smooth, smooth + failed), "undecided": len(rows) - smooth - failed}

        return self._per_handoff_group(self._handoffs(), told)

    def context_carry(self) -> list[Row]:
        rows = [
            it for it in self._handoffs() if it.arrived_at is not None and self._catalogue.required_fields(it.intent)
        ]

        def told(rows: list[HandoffRow]) -> Row:
            fields = [(field, it) for it in rows for field in self._catalogue.required_fields(it.intent)]
            carried = count(field not in it.reasked for field, it in fields)
            return {"handoffs": len(rows), "carried": carried, "n": len(fields), **rate(carried, len(fields))}

        return self._per_handoff_group(rows, told)

    def reask_rate(self) -> list[Row]:
        rows = [it for it in self._handoffs() if it.arrived_at is not None]
        return self._per_handoff_group(rows, share("repeated", lambda it: "repeated" in it.failures))

    def answer_agreement(self) -> list[Row]:
        rows = [it for it in self._handoffs() if it.compared]

        def told(rows: list[HandoffRow]) -> Row:
            n = sum(len(it.compared) for it in rows)
            agreed = n - sum(len(it.contradictions) for it in rows)
            return {"handoffs": len(rows), "agreed": agreed, "n": n, **rate(agreed, n)}

        return self._per_handoff_group(rows, told)
