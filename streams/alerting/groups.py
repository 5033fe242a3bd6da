"""One group of a rule about shares: counts of all partitions added up, and the alerts they call for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import msgspec

from schemas.alert_rules import AlertRules, ShareRule
from schemas.alert_wording import duration_text, share_text
from schemas.rows import AlertRow
from streams.alerting.customers import labels_of
from streams.alerting.episodes import (
    Episode,
    earliest_bucket,
    earliest_judged,
    earliest_remembered,
    episodes_between,
    known_since,
)
from streams.alerting.observations import Count, Group
from streams.alerting.said import Times, reconcile
from streams.alerting.wanted import Wanted, alert_id_of, fingerprint_of


class Partial(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the customers of partition `source` add to a group: all of it, in each of the buckets."""

    group: Group
    source: int
    buckets: dict[int, Count]


class GroupState(msgspec.Struct, array_like=True, gc=False):
    """Counts by source partition and bucket; `said` are the alerts as last said, by id.

    Counts are all there from the bucket `complete_since` on (None: an earlier version wrote it, and did not tell).
    """

    group: Group
    sources: dict[int, dict[int, Count]] = {}
    said: dict[str, AlertRow] = {}
    version: int = 0
    complete_since: int | None = None


encode_partial = msgspec.msgpack.Encoder().encode
decode_partial = msgspec.msgpack.Decoder(Partial).decode
encode_group = msgspec.msgpack.Encoder().encode
decode_group = msgspec.msgpack.Decoder(GroupState).decode


@dataclass(slots=True)
class AdvancedGroup:
    """`state` None: nothing is left to know; `due_at` is when it changes by itself (ms; None: never)."""

    state: GroupState | None
    rows: list[AlertRow] = field(default_factory=list)
    due_at: int | None = None


def group_key(group: Group) -> str:
    """The fingerprint of the group's alerts."""
    return fingerprint_of(group.rule, *group.values)


def advance_group(
    state: GroupState,
    partials: Iterable[Partial],
    rules: AlertRules,
    now: int,
    announced: Collection[str] = (),
) -> AdvancedGroup:
    """The group with what `partials` tell, in their order, at `now` (ms); a replay of them changes nothing.

    Partials of another definition than the rule's are left aside; a group of another one, or of no rule, ends.
    """
    for partial in partials:
        if _rule_of(partial.group, rules) is not None and partial.group != state.group:
            state = GroupState(partial.group, {}, state.said, state.version)
        if partial.group == state.group:
            kept = {**state.sources.get(partial.source, {}), **partial.buckets}
            state = msgspec.structs.replace(state, sources={**state.sources, partial.source: kept})
    rule = _rule_of(state.group, rules)
    if rule is None:
        saying = reconcile(state.said, (), Times(now, now, now), state.version, announced=announced)
        return AdvancedGroup(None, saying.rows)
    complete_since = state.complete_since if state.complete_since is not None else earliest_bucket(rule, now)
    since = known_since(rule, complete_since, now)
    sources = _recent(state.sources, earliest_remembered(rule, now))
    totals = total(sources.values())
    said = [row for row in state.said.values() if not row.is_deleted]
    wanted = wanted_of(rule, state.group, _episodes(rule, totals, said, since, now), said, since)
    times = Times(now, now - rules.horizon, since * rule.bucket - 1)
    saying = reconcile(state.said, wanted, times, state.version, announced=announced, rules=(rule.name,))
    advanced = GroupState(state.group, sources, saying.said, saying.version, complete_since)
    if not totals and not saying.said:
        return AdvancedGroup(None, saying.rows)
    return AdvancedGroup(advanced, saying.rows, _next_change(rule, totals, now))


def total(sources: Iterable[dict[int, Count]]) -> dict[int, Count]:
    """The counts of all partitions, by bucket."""
    n: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for buckets in sources:
        for bucket, count in buckets.items():
            n[bucket] += count.n
            failed[bucket] += count.failed
    return {bucket: Count(number, failed[bucket]) for bucket, number in n.items()}


def _episodes(
    rule: ShareRule, totals: dict[int, Count], said: Collection[AlertRow], since: int, now: int
) -> list[Episode]:
    """The episodes that alerts are raised for, and, from the bucket `since` on, those that were said already."""
    judged = earliest_judged(rule, now)
    before = [row for row in said if row.event_time < judged * rule.bucket]
    found = episodes_between(rule, totals, since if before else judged, now // rule.bucket)
    return [one for one in found if one.last >= judged or any(_overlap(row, one, rule) for row in before)]


def wanted_of(
    rule: ShareRule, group: Group, found: Iterable[Episode], said: Iterable[AlertRow] = (), since: int = 0
) -> list[Wanted]:
    """The alerts of the episodes, which are known from the bucket `since` on. One that overlaps with what was said goes
    on with that alert: a count that comes late may move its beginning, and is no new alert."""
    free = sorted(said, key=lambda row: row.event_time)
    wanted = []
    for episode in found:
        before = next((row for row in free if _overlap(row, episode, rule)), None)
        if before is not None:
            free.remove(before)
        wanted.append(_wanted(rule, group, episode, before, since))
    return wanted


def _wanted(rule: ShareRule, group: Group, episode: Episode, before: AlertRow | None, since: int) -> Wanted:
    fingerprint = group_key(group)
    found = dict(zip(rule.by, group.values, strict=True))
    share, count = episode.worst.failed / episode.worst.n, episode.worst.n
    if before is not None and before.event_time < since * rule.bucket and (before.value or 0) > share:
        # What was worse may be out of sight.
        share, count = before.value or share, before.count or count
    texts = {**dict.fromkeys(("from_channel", "to_channel", "channel", "intent"), "any"), **found}
    return Wanted(
        rule,
        "",
        fingerprint,
        alert_id_of(fingerprint, str(episode.first)) if before is None else before.alert_id,
        subject=" · ".join(f"{name} {value}" for name, value in found.items()) or "all",
        labels=labels_of(rule, found),
        summary=rule.summary.format(
            rule=rule.name,
            share=share_text(share),
            over=share_text(rule.over),
            count=count,
            window=duration_text(rule.window),
            **texts,
        ),
        began_at=episode.first * rule.bucket if before is None else before.event_time,
        ended_at=episode.ends_at(rule),
        value=share,
        threshold=rule.over,
        count=count,
    )


def _overlap(row: AlertRow, episode: Episode, rule: ShareRule) -> bool:
    begins_later = row.event_time >= episode.ends_at(rule)
    ended_before = row.resolved_at is not None and row.resolved_at <= episode.first * rule.bucket
    return not begins_later and not ended_before


def _rule_of(group: Group, rules: AlertRules) -> ShareRule | None:
    rule = rules.by_name.get(group.rule)
    return rule if isinstance(rule, ShareRule) and rule.definition == group.definition else None


def _recent(sources: dict[int, dict[int, Count]], earliest: int) -> dict[int, dict[int, Count]]:
    recent = {
        source: {bucket: count for bucket, count in buckets.items() if bucket >= earliest and count.n}
        for source, buckets in sources.items()
    }
    return {source: buckets for source, buckets in recent.items() if buckets}


def _next_change(rule: ShareRule, totals: dict[int, Count], now: int) -> int:
    """The end of this bucket while a window holds anything, later when all is out of sight."""
    newest = max(totals, default=0)
    if newest + rule.buckets >= now // rule.bucket - rule.resolve_after // rule.bucket - 1:
        return (now // rule.bucket + 1) * rule.bucket
    return max(newest * rule.bucket + rule.retention + rule.window, now) + rule.bucket
