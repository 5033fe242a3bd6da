"""What became of the records that were received."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.sinks.clickhouse.metrics.arithmetic import Row, count, grouped, quantile
from tests.sinks.clickhouse.metrics.selection import Selection


class OfRecords(Selection):
    """Methods are named as the metrics are."""

    def data_quality(self) -> list[Row]:
        records = [
            (
                it.origin.topic,
                it.origin.partition,
                it.origin.offset,
                it.received_at,
                "stored",
                it.received_at - it.touchpoint.occurred_at,
            )
            for it in self._tables.touchpoints
        ]
        records += [
            (it.topic, it.partition, it.offset, it.received_at, it.reason, 0) for it in self._tables.dead_letters
        ]
        records += [
            (it.origin.topic, it.origin.partition, it.origin.offset, it.received_at, "duplicate", 0)
            for it in self._tables.duplicates
        ]
        wanted = [one for one in records if self._since <= one[3] < self._until]
        if self._question.channels:
            wanted = [one for one in wanted if one[0].rpartition(".")[2] in self._question.channels]

        def group(one: tuple[Any, ...]) -> Row:
            at = datetime.fromtimestamp(one[3] / 1000, ZoneInfo(self._question.zone))
            hour = None
            if "hour" in self._by:
                hour = at.replace(minute=0, second=0, microsecond=0)
            elif "day" in self._by:
                hour = at.replace(hour=0, minute=0, second=0, microsecond=0)
            return {"hour": hour, "channel": one[0].rpartition(".")[2] if "channel" in self._by else ""}

        def told(rows: list[tuple[Any, ...]]) -> Row:
            lags = [one[5] / 1000 for one in rows if one[4] == "stored"]
            dead: dict[str, int] = defaultdict(int)
            offsets: dict[tuple[str, int], list[int]] = defaultdict(list)
            for one in rows:
                offsets[one[0], one[1]].append(one[2])
                if one[4] not in ("stored", "duplicate"):
                    dead[one[4]] += 1
            spans = sum(max(those) - min(those) + 1 for those in offsets.values())
            return {
                "stored": len(lags),
                "dead": sum(dead.values()),
                "duplicate": count(one[4] == "duplicate" for one in rows),
                "n": len(rows),
                "missing": None if {"hour", "day"} & set(self._by) else spans - len(rows),
                "lag_median": quantile(lags, 0.5),
                "lag_p90": quantile(lags, 0.9),
                "lag_max": max(lags, default=None),
                "dead_by_reason": dict(dead),
            }

        return grouped(wanted, group, told)
