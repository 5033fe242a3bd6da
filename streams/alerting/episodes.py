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
    """The first bucket at whose end the window is still complete: an alert is raised for none before it."""
    return earliest_bucket(rule, now) + rule.buckets - 1


def earliest_remembered(rule: ShareRule, now: int) -> int:
    """The first bucket of the windows that end with those that still count: what it had last stays as it was."""
    return earliest_bucket(rule, now) - rule.buckets + 1


def known_since(rule: ShareRule, complete_since: int, now: int) -> int:
    """The first bucket with whose end a window ends of which all is known and some still counts.

    All counts are known from the bucket `complete_since` on. So long after it began an alert can turn out wrong.
    """
    first = max(earliest_bucket(rule, now), complete_since + rule.buckets - 1)
    return min(first, earliest_judged(rule, now))


def episodes(rule: ShareRule, totals: Mapping[int, Count], now: int) -> list[Episode]:
    """The episodes of a group that complete windows show at `now` (ms), in order."""
    earliest = earliest_bucket(rule, now)
    kept = {bucket: count for bucket, count in totals.items() if bucket >= earliest}
    return episodes_between(rule, kept, earliest_judged(rule, now), now // rule.bucket)


def episodes_between(rule: ShareRule, totals: Mapping[int, Count], first: int, last: int) -> list[Episode]:
    """The episodes that the windows ending with the buckets from `first` to `last` show, in order.

    Two of them that are less than the rule's `resolve_after` apart are one.
    """
    found: list[Episode] = []
    for bucket, window in _windows(rule, totals, last):
        if bucket < first or window.n < rule.min_count or window.failed <= rule.over * window.n:
            continue
        if found and bucket * rule.bucket < found[-1].ends_at(rule):
            worst = max(found[-1].worst, window, key=lambda count: (count.failed / count.n, count.n))
            found[-1] = Episode(found[-1].first, bucket, worst)
        else:
            found.append(Episode(bucket, bucket, window))
    return found


def _windows(rule: ShareRule, totals: Mapping[int, Count], last: int) -> Iterator[tuple[int, Count]]:
    """Each bucket up to `last` at which a window holds anything, with what the window that ends with it holds."""
    n = failed = 0
    for bucket in range(min(totals, default=last + 1), min(last, max(totals, default=0) + rule.buckets) + 1):
        enters, leaves = totals.get(bucket), totals.get(bucket - rule.buckets)
        if enters is not None:
            n, failed = n + enters.n, failed + enters.failed
        if leaves is not None:
            n, failed = n - leaves.n, failed - leaves.failed
        yield bucket, Count(n, failed)
