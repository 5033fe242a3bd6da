"""When a share was too great: windows that slide over counts per interval. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.alert_rules import ShareRule
from streams.alerting.observations import Count


@dataclass(frozen=True, slots=True)
class Episode:
    """From the first to the last bucket at whose end the share of the window was too great, with the worst share."""

    first: int
    last: int
    worst: Count

    def ends_at(self, rule: ShareRule) -> int:
        """When (ms) it is over, if the share does not become too great again before."""
        return (self.last + 1) * rule.bucket + rule.resolve_after


def earliest_bucket(rule: ShareRule, now: int) -> int:
    """The first bucket that still counts at `now` (ms)."""
    return (now - rule.retention) // rule.bucket + 1


def earliest_judged(rule: ShareRule, now: int) -> int:
    """The first bucket at whose end the window is still complete."""
    return earliest_bucket(rule, now) + rule.buckets - 1


def episodes(rule: ShareRule, totals: Mapping[int, Count], now: int) -> list[Episode]:
    """The episodes of a group that the window shows at `now`, in order.

    Two of them that are less than the rule's `resolve_after` apart are one.
    """
    found: list[Episode] = []
    for bucket, window in _windows(rule, totals, now):
        if window.n < rule.min_count or window.failed <= rule.over * window.n:
            continue
        if found and bucket * rule.bucket < found[-1].ends_at(rule):
            worst = max(found[-1].worst, window, key=lambda count: (count.failed / count.n, count.n))
            found[-1] = Episode(found[-1].first, bucket, worst)
        else:
            found.append(Episode(bucket, bucket, window))
    return found


def _windows(rule: ShareRule, totals: Mapping[int, Count], now: int) -> Iterator[tuple[int, Count]]:
    """Each bucket that is judged, with what the window that ends with it holds; empty ones at the end left out."""
    if not totals:
        return
    last = min(now // rule.bucket, max(totals) + rule.buckets)
    n = failed = 0
    for bucket in range(max(min(totals), earliest_bucket(rule, now)), last + 1):
        enters, leaves = totals.get(bucket), totals.get(bucket - rule.buckets)
        if enters is not None:
            n, failed = n + enters.n, failed + enters.failed
        if leaves is not None and bucket - rule.buckets >= earliest_bucket(rule, now):
            n, failed = n - leaves.n, failed - leaves.failed
        if bucket >= earliest_judged(rule, now):
            yield bucket, Count(n, failed)
