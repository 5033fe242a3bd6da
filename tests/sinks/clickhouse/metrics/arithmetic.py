"""What the metrics reckon with: rates and their intervals, quantiles, groups, parities."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from statistics import NormalDist
from typing import Any

from schemas.rows import JourneyRow

Row = dict[str, Any]
Key = tuple[Any, ...]
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


def grouped(rows: Iterable[Any], group: Callable[[Any], Row], told: Callable[[list[Any]], Row]) -> list[Row]:
    groups: dict[Key, list[Any]] = defaultdict(list)
    named: dict[Key, Row] = {}
    for row in rows:
        key = group(row)
        named[tuple(key.values())] = key
        groups[tuple(key.values())].append(row)
    return [{**named[key], **told(members)} for key, members in groups.items()]


def share(
    name: str, counts: Callable[[Any], bool], is_decided: Callable[[Any], bool] | None = None
) -> Callable[[list[Any]], Row]:
    """With `is_decided` only those that are count, and the others are told."""

    def told(rows: list[Any]) -> Row:
        decided = rows if is_decided is None else [row for row in rows if is_decided(row)]
        k = count(counts(row) for row in decided)
        share = {name: k, "n": len(decided), **rate(k, len(decided))}
        return share if is_decided is None else {**share, "undecided": len(rows) - len(decided)}

    return told


def share_of_over(name: str, counts: Callable[[Any], bool]) -> Callable[[list[Any]], Row]:
    return share(name, counts, is_over)


def is_over(it: JourneyRow) -> bool:
    return it.status != "open"


def parity(shares: dict[str, tuple[int, float]]) -> Row:
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


def standardised(here: list[JourneyRow], everywhere: list[JourneyRow]) -> float:
    """The completion rate of `here` if its intents had the weights they have everywhere."""
    weighted = weights = 0.0
    for intent in {it.intent for it in here}:
        of_intent = [it for it in here if it.intent == intent]
        weight = count(it.intent == intent for it in everywhere)
        weighted += weight * count(it.status == "completed" for it in of_intent) / len(of_intent)
        weights += weight
    return weighted / weights


def end_of(it: JourneyRow) -> int:
    return it.last_at if it.ended_at is None else it.ended_at


def count(conditions: Iterable[bool]) -> int:
    return sum(1 for condition in conditions if condition)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
