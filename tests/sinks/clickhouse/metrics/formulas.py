"""The metrics once more, from the specification's formulas, in plain Python over the rows that hold."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import NormalDist, mean
from typing import Any
from zoneinfo import ZoneInfo

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow
from sinks.clickhouse.metrics import Question
from tests.sinks.clickhouse.metrics.rows_at_random import Tables

Row = dict[str, Any]
Key = tuple[Any, ...]
SELF_SERVICE = {"mobile_app", "online_banking", "wechat", "atm"}
FAILURES = ("misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled", "lost")
Z = NormalDist().inv_cdf(0.975)


def wilson(k: float, n: int) -> tuple[float | None, float | None, float | None]:
    """The rate k ÷ n with Wilson's 95 % interval, as the textbook writes it."""
    if n == 0:
        return None, None, None
    p = k / n
    centre, scale = p + Z * Z / (2 * n), 1 + Z * Z / n
    spread = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return p, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def rate(k: float, n: int, prefix: str = "") -> Row:
    p, low, high = wilson(k, n)
    return {f"{prefix}rate" if prefix else "rate": p, f"{prefix}low": low, f"{prefix}high": high}


def quantile(values: Iterable[float], level: float) -> float | None:
    """Linear interpolation between the two values beside (n − 1) × level."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = (len(ordered) - 1) * level
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


class Formulas:
    """The answer of each metric to one question; methods are named as the metrics are."""

    def __init__(self, tables: Tables, catalogue: Catalogue, question: Question, by: Sequence[str]) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._question = question
        self._by = by
        self._since = _milliseconds(question.since)
        self._until = _milliseconds(question.until)
        self._as_of = _milliseconds(question.as_of or datetime.now(UTC))
        self._window = round(question.window / timedelta(milliseconds=1))
        self._care: dict[str, set[str]] = defaultdict(set)
        for row in tables.touchpoints:
            self._care[row.customer_id].update(row.touchpoint.care)

    def journeys(self) -> list[Row]:
        def told(rows: list[JourneyRow]) -> Row:
            counts = {
                status: _count(it.status == status for it in rows) for status in ("completed", "cancelled", "abandoned")
            }
            n = sum(counts.values())
            return {"journeys": len(rows), "open": len(rows) - n, **counts, "n": n, **rate(counts["completed"], n)}

        return self._per_journey_group(self._journeys(), told)

    def handoff_matrix(self) -> list[Row]:
        def told(rows: list[HandoffRow]) -> Row:
            smooth = _count(it.result == "smooth" for it in rows)
            failed = _count(it.result == "failed" for it in rows)
            gaps = [it.gap_seconds for it in rows if it.gap_seconds is not None]
            return {
                "handoffs": len(rows),
                "smooth": smooth,
                "failed": failed,
                "pending": len(rows) - smooth - failed,
                **{failure: _count(failure in it.failures for it in rows) for failure in FAILURES},
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

        return _grouped(self._handoffs(), group, told)

    def handoff_success(self) -> list[Row]:
        def told(rows: list[HandoffRow]) -> Row:
            smooth = _count(it.result == "smooth" for it in rows)
            failed = _count(it.result == "failed" for it in rows)
            counts = {"smooth": smooth, "failed": failed, "n": smooth + failed}
            return {**counts, **rate(smooth, smooth + failed), "undecided": len(rows) - smooth - failed}

        return self._per_handoff_group(self._handoffs(), told)

    def context_carry(self) -> list[Row]:
        rows = [
            it for it in self._handoffs() if it.arrived_at is not None and self._catalogue.required_fields(it.intent)
        ]

        def told(rows: list[HandoffRow]) -> Row:
            fields = [(field, it) for it in rows for field in self._catalogue.required_fields(it.intent)]
            carried = _count(field not in it.reasked for field, it in fields)
            return {"handoffs": len(rows), "carried": carried, "n": len(fields), **rate(carried, len(fields))}

        return self._per_handoff_group(rows, told)

    def reask_rate(self) -> list[Row]:
        rows = [it for it in self._handoffs() if it.arrived_at is not None]
        return self._per_handoff_group(rows, _share("repeated", lambda it: "repeated" in it.failures))

    def ping_pong(self) -> list[Row]:
        rows = [it for it in self._journeys() if it.handoffs > 0]
        return self._per_journey_group(rows, _share_of_over("bounced", lambda it: "bounced" in it.failures))

    def first_contact_resolution(self) -> list[Row]:
        def is_decided(it: JourneyRow) -> bool:
            return it.status != "open" and _end(it) + self._window <= self._as_of

        def is_followed(it: JourneyRow) -> bool:
            return any(
                other.customer_id == it.customer_id
                and other.intent == it.intent
                and it.started_at < other.started_at <= _end(it) + self._window
                for other in self._tables.journeys
            )

        def is_resolved(it: JourneyRow) -> bool:
            return it.status == "completed" and it.contacts == 1 and not is_followed(it)

        return self._per_journey_group(self._journeys(), _share("resolved", is_resolved, is_decided))

    def repeat_contact(self) -> list[Row]:
        question = self._question
        starts = [(it.customer_id, it.intent, at) for it in self._tables.journeys for at in it.contact_starts]
        contacts = [
            (it, channel, at)
            for it in self._tables.journeys
            for channel, at in zip(it.contact_channels, it.contact_starts, strict=True)
            if self._passes(it.customer_id, it.intent)
            and self._since <= at < self._until
            and (not question.channels or channel in question.channels)
        ]

        def is_repeated(contact: tuple[JourneyRow, str, int]) -> bool:
            it, _, at = contact
            return any(
                (customer, intent) == (it.customer_id, it.intent) and at - self._window <= other < at
                for customer, intent, other in starts
            )

        def group(contact: tuple[JourneyRow, str, int]) -> Row:
            return self._group(contact[2], contact[0].intent, contact[1])

        return _grouped(contacts, group, _share("repeated", is_repeated))

    def one_visit(self) -> list[Row]:
        rows = [
            it
            for it in self._journeys()
            if it.status in ("completed", "open") and self._catalogue.requires_branch(it.intent)
        ]
        return self._per_journey_group(rows, _share_of_over("one_visit", lambda it: it.channels.count("branch") <= 1))

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

        return _grouped(found, lambda one: self._group(one[0].due_at, one[1], one[0].channel), told)

    def wait(self) -> list[Row]:
        def group(one: Row) -> Row:
            at = datetime.fromtimestamp(one["at"] / 1000, ZoneInfo(self._question.zone))
            hour = at.weekday() * 24 + at.hour if "hour" in self._by else None
            return {**self._group(one["at"], one["intent"], one["channel"]), "hour_of_week": hour}

        def told(rows: list[Row]) -> Row:
            waits = [one["seconds"] for one in rows]
            within = _count(one["within"] for one in rows)
            half, most = quantile(waits, 0.5), quantile(waits, 0.9)
            return {"n": len(rows), "median": half, "p90": most, "within": within, **rate(within, len(rows))}

        return _grouped(self._waits(), group, told)

    def wait_parity(self) -> list[Row]:
        channels: dict[str, list[bool]] = defaultdict(list)
        for one in self._waits():
            channels[one["channel"]].append(one["within"])
        return [_parity({channel: (len(kept), sum(kept) / len(kept)) for channel, kept in channels.items()})]

    def completion_parity(self) -> list[Row]:
        journeys = self._over()
        shares = {}
        for channel in {it.channels[0] for it in journeys}:
            here = [it for it in journeys if it.channels[0] == channel]
            if len(here) >= self._question.minimum:
                shares[channel] = (len(here), _standardised(here, journeys))
        return [{**_parity(shares), "undecided": len(self._journeys()) - len(journeys)}]

    def answer_agreement(self) -> list[Row]:
        rows = [it for it in self._handoffs() if it.compared]

        def told(rows: list[HandoffRow]) -> Row:
            n = sum(len(it.compared) for it in rows)
            agreed = n - sum(len(it.contradictions) for it in rows)
            return {"handoffs": len(rows), "agreed": agreed, "n": n, **rate(agreed, n)}

        return self._per_handoff_group(rows, told)

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

    def containment(self) -> list[Row]:
        rows = [it for it in self._journeys() if it.channels[0] in SELF_SERVICE]

        def is_contained(it: JourneyRow) -> bool:
            return it.status == "completed" and not {"hotline", "branch"} & set(it.channels)

        return self._per_journey_group(rows, _share_of_over("contained", is_contained))

    def journey_effort(self) -> list[Row]:
        def effort(it: JourneyRow) -> float:
            standards = {channel: self._catalogue.wait_standard(it.intent, channel) for channel in it.waits}
            waiting = sum(seconds / max(standards[channel], 1.0) for channel, seconds in it.waits.items())
            return it.contacts + it.handoffs + it.reasks + waiting

        def told(rows: list[JourneyRow]) -> Row:
            efforts = [effort(it) for it in rows if _is_over(it)]
            told = {"n": len(efforts), "median": quantile(efforts, 0.5), "p90": quantile(efforts, 0.9)}
            return {**told, "undecided": len(rows) - len(efforts)}

        return self._per_journey_group(self._journeys(), told)

    def satisfaction(self) -> list[Row]:
        rows = [it for it in self._journeys() if (it.csat, it.nps, it.ces) != (None, None, None)]

        def told(rows: list[JourneyRow]) -> Row:
            csat = [it.csat for it in rows if it.csat is not None]
            nps = [it.nps for it in rows if it.nps is not None]
            ces = [it.ces for it in rows if it.ces is not None]
            satisfied = _count(score >= 4 for score in csat)
            promoters, detractors = _count(score >= 9 for score in nps), _count(score <= 6 for score in nps)
            return {
                "csat_n": len(csat),
                "csat_mean": mean(csat) if csat else None,
                "csat_satisfied": satisfied,
                **rate(satisfied, len(csat), "csat_"),
                "nps_n": len(nps),
                "promoters": promoters,
                "detractors": detractors,
                "nps_score": 100 * (promoters - detractors) / len(nps) if nps else None,
                "ces_n": len(ces),
                "ces_mean": mean(ces) if ces else None,
                "n": len(rows),
            }

        def group(it: JourneyRow) -> Row:
            failed = int(it.failed_handoffs > 0) if "handoff" in self._by else None
            return {**self._group(it.started_at, it.intent, it.channels[0]), "failed_handoff": failed}

        return _grouped(rows, group, told)

    def journey_paths(self) -> list[Row]:
        everything = self._journeys()

        def told(rows: list[JourneyRow]) -> Row:
            completed = [it for it in rows if it.status == "completed"]
            closed = _count(it.status != "open" for it in rows)
            durations = [(it.ended_at - it.started_at) / 1000 for it in completed if it.ended_at is not None]
            share, low, high = wilson(len(rows), len(everything))
            return {
                "n": len(rows),
                "completed": len(completed),
                "closed": closed,
                **rate(len(completed), closed),
                "journeys": len(everything),
                "share": share,
                "share_low": low,
                "share_high": high,
                "median_seconds": quantile(durations, 0.5),
            }

        return _grouped(everything, lambda it: {"path": " → ".join(it.channels)}, told)

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
                "duplicate": _count(one[4] == "duplicate" for one in rows),
                "n": len(rows),
                "missing": None if {"hour", "day"} & set(self._by) else spans - len(rows),
                "lag_median": quantile(lags, 0.5),
                "lag_p90": quantile(lags, 0.9),
                "lag_max": max(lags, default=None),
                "dead_by_reason": dict(dead),
            }

        return _grouped(wanted, group, told)

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
        return [it for it in self._journeys() if _is_over(it)]

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
        return _grouped(rows, lambda it: self._group(it.started_at, it.intent, it.channels[0]), told)

    def _per_handoff_group(self, rows: list[HandoffRow], told: Callable[[list[HandoffRow]], Row]) -> list[Row]:
        return _grouped(rows, lambda it: self._group(it.left_at, it.intent, it.to_channel), told)


def _grouped(rows: Iterable[Any], group: Callable[[Any], Row], told: Callable[[list[Any]], Row]) -> list[Row]:
    groups: dict[Key, list[Any]] = defaultdict(list)
    named: dict[Key, Row] = {}
    for row in rows:
        key = group(row)
        named[tuple(key.values())] = key
        groups[tuple(key.values())].append(row)
    return [{**named[key], **told(members)} for key, members in groups.items()]


def _share(
    name: str, counts: Callable[[Any], bool], is_decided: Callable[[Any], bool] | None = None
) -> Callable[[list[Any]], Row]:
    """With `is_decided` only those that are count, and the others are told."""

    def told(rows: list[Any]) -> Row:
        decided = rows if is_decided is None else [row for row in rows if is_decided(row)]
        k = _count(counts(row) for row in decided)
        share = {name: k, "n": len(decided), **rate(k, len(decided))}
        return share if is_decided is None else {**share, "undecided": len(rows) - len(decided)}

    return told


def _share_of_over(name: str, counts: Callable[[Any], bool]) -> Callable[[list[Any]], Row]:
    return _share(name, counts, _is_over)


def _is_over(it: JourneyRow) -> bool:
    return it.status != "open"


def _parity(shares: dict[str, tuple[int, float]]) -> Row:
    """The least and the greatest share; of equal ones the channel that comes first, and last, in the alphabet."""
    ranked = sorted((share, channel) for channel, (_, share) in shares.items())
    low, high = (ranked[0], ranked[-1]) if ranked else ((None, None), (None, None))
    return {
        "parity": low[0] / high[0] if len(ranked) > 1 and low[0] is not None and high[0] else None,
        "lowest_channel": low[1],
        "lowest": low[0],
        "highest_channel": high[1],
        "highest": high[0],
        "channels": [(channel, n, share) for channel, (n, share) in sorted(shares.items())],
        "n": sum(n for n, _ in shares.values()),
    }


def _standardised(here: list[JourneyRow], everywhere: list[JourneyRow]) -> float:
    """The completion rate of `here` if its intents had the weights they have everywhere."""
    weighted = weights = 0.0
    for intent in {it.intent for it in here}:
        of_intent = [it for it in here if it.intent == intent]
        weight = _count(it.intent == intent for it in everywhere)
        weighted += weight * _count(it.status == "completed" for it in of_intent) / len(of_intent)
        weights += weight
    return weighted / weights


def _end(it: JourneyRow) -> int:
    return it.last_at if it.ended_at is None else it.ended_at


def _count(conditions: Iterable[bool]) -> int:
    return sum(1 for condition in conditions if condition)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
