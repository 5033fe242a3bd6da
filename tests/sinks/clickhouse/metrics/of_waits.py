"""Metrics of waits."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.sinks.clickhouse.metrics.arithmetic import Row, count, grouped, parity, quantile, rate, wilson
from tests.sinks.clickhouse.metrics.selection import Selection


class OfWaits(Selection):
    """Methods are named as the metrics are."""

    def wait(self) -> list[Row]:
        def group(one: Row) -> Row:
            at = datetime.fromtimestamp(one["at"] / 1000, ZoneInfo(self._question.zone))
            hour = at.weekday() * 24 + at.hour if "hour" in self._by else None
            return {**self._group(one["at"], one["intent"], one["channel"]), "hour_of_week": hour}

        def told(rows: list[Row]) -> Row:
            waits = [one["seconds"] for one in rows]
            within = count(one["within"] for one in rows)
            half, most = quantile(waits, 0.5), quantile(waits, 0.9)
            return {"n": len(rows), "median": half, "p90": most, "within": within, **rate(within, len(rows))}

        return grouped(self._waits(), group, told)

    def wait_parity(self) -> list[Row]:
        channels: dict[str, list[bool]] = defaultdict(list)
        for one in self._waits():
            channels[one["channel"]].append(one["within"])
        return [parity({channel: (len(kept), sum(kept) / len(kept)) for channel, kept in channels.items()})]

    def priority_parity(self) -> list[Row]:
        waits = self._waits()
        priority = [one["within"] for one in waits if {"elderly", "disabled"} & one["care"]]
        others = [one["within"] for one in waits if not {"elderly", "disabled"} & one["care"]]
        share, share_of_others = wilson(sum(priority), len(priority))[0], wilson(sum(others), len(others))[0]
        return [
            {
                "parity": share / share_of_others if share is not None and share_of_others else None,
                "priority_n": len(priority),
                "priority_within": sum(priority),
                **rate(sum(priority), len(priority), "priority_"),
                "others_n": len(others),
                "others_within": sum(others),
                **rate(sum(others), len(others), "others_"),
                "n": len(waits),
            }
        ]
