"""Which rows a question asks for, and by what they are grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow
from sinks.clickhouse.metrics import Question
from tests.sinks.clickhouse.metrics.arithmetic import Row, grouped, is_over, milliseconds
from tests.sinks.clickhouse.metrics.rows_at_random import Tables


class Selection:
    """The rows that hold, as one question lets them through."""

    def __init__(self, tables: Tables, catalogue: Catalogue, question: Question, by: Sequence[str]) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._question = question
        self._by = by
        self._since = milliseconds(question.since)
        self._until = milliseconds(question.until)
        self._as_of = milliseconds(question.as_of or datetime.now(UTC))
        self._window = round(question.window / timedelta(milliseconds=1))
        self._care: dict[str, set[str]] = defaultdict(set)
        for row in tables.touchpoints:
            self._care[row.customer_id].update(row.touchpoint.care)

    def _journeys(self) -> list[JourneyRow]:
        channels = self._question.channels
        return [
            it
            for it in self._tables.journeys
            if self._since <= it.started_at < self._until
            and self._passes(it.customer_id, it.intent)
            and (not channels or it.channels[0] in channels)
        ]

    def _over(self) -> list[JourneyRow]:
        return [it for it in self._journeys() if is_over(it)]

    def _handoffs(self) -> list[HandoffRow]:
        channels = self._question.channels
        return [
            it
            for it in self._tables.handoffs
            if self._since <= it.left_at < self._until
            and self._passes(it.customer_id, it.intent)
            and (not channels or it.from_channel in channels or it.to_channel in channels)
        ]

    def _waits(self) -> list[Row]:
        """Waits that count: who gave up within the standard is left out."""
        of = {it.journey_id: it.intent for it in self._tables.journeys}
        found = []
        for row in self._tables.touchpoints:
            it = row.touchpoint
            intent = it.intent or of.get(row.journey_id or "", "unknown")
            wanted = not self._question.channels or it.channel in self._question.channels
            if it.wait_seconds is None or not self._since <= it.occurred_at < self._until or not wanted:
                continue
            within = it.wait_seconds <= self._catalogue.wait_standard(intent, it.channel)
            gave_up = it.stage in ("wait", "leave") and it.outcome == "abandoned"
            if self._passes(row.customer_id, intent) and not (gave_up and within):
                seconds = it.wait_seconds
                one = {"at": it.occurred_at, "channel": it.channel, "intent": intent, "seconds": seconds}
                found.append({**one, "within": within, "care": self._care[row.customer_id]})
        return found

    def _passes(self, customer_id: str, intent: str) -> bool:
        question = self._question
        return (
            (question.anonymous or not customer_id.startswith("anon:"))
            and (not question.intents or intent in question.intents)
            and (not question.care or bool(self._care[customer_id] & set(question.care)))
        )

    def _period(self, at: int) -> date | None:
        day = datetime.fromtimestamp(at / 1000, ZoneInfo(self._question.zone)).date()
        if "day" in self._by:
            return day
        if "week" in self._by:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if "month" in self._by else None

    def _group(self, at: int, intent: str, channel: str) -> Row:
        return {
            "period": self._period(at),
            "intent": intent if "intent" in self._by else "",
            "channel": channel if "channel" in self._by else "",
        }

    def _per_journey_group(self, rows: list[JourneyRow], told: Callable[[list[JourneyRow]], Row]) -> list[Row]:
        return grouped(rows, lambda it: self._group(it.started_at, it.intent, it.channels[0]), told)

    def _per_handoff_group(self, rows: list[HandoffRow], told: Callable[[list[HandoffRow]], Row]) -> list[Row]:
        return grouped(rows, lambda it: self._group(it.left_at, it.intent, it.to_channel), told)
