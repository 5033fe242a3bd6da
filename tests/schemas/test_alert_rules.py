"""Alert rules in the catalogue: what they mean, and every mistake in them by line and field."""

from __future__ import annotations

import pytest

from schemas.alert_rules import DeadlineRule, HandoffRule, ShareRule
from schemas.catalogue import Catalogue, parse_catalogue
from tests.schemas.mistakes import mistakes

MINUTE = 60_000
HOUR = 60 * MINUTE


def rule(text: str) -> HandoffRule | DeadlineRule | ShareRule:
    (found,) = parse_catalogue(f"alerts: {{rules: {{r: {{{text}}}}}}}").alerts.rules
    return found


def test_without_rules_there_are_none_and_the_horizon_is_a_day() -> None:
    assert Catalogue().alerts.rules == ()
    assert Catalogue().alerts.horizon == 24 * HOUR
    assert Catalogue().alerts.silence_incidents


def test_a_rule_has_the_summary_of_its_kind_unless_it_gives_one() -> None:
    assert rule("kind: handoff").summary.startswith("Handoff {from_channel}")
    assert rule("kind: handoff, summary: 'lost in {intent}'").summary == "lost in {intent}"


def test_an_alert_on_a_handoff_lasts_the_horizon_unless_told() -> None:
    text = "alerts: {alert_horizon: 6h, rules: {a: {kind: handoff}, b: {kind: handoff, resolve_after: 1h}}}"
    a, b = parse_catalogue(text).alerts.handoff_rules
    assert (a.resolve_after, b.resolve_after) == (6 * HOUR, HOUR)


def test_a_window_slides_by_a_sixtieth_of_itself_and_at_least_a_second() -> None:
    for window, bucket, buckets in (("1h", MINUTE, 60), ("30s", 1_000, 30), ("90m", 90_000, 60)):
        found = rule(f"kind: rate, over: 0.2, window: {window}")
        assert isinstance(found, ShareRule)
        assert (found.bucket, found.buckets) == (bucket, buckets)


def test_counts_of_another_window_or_filter_are_not_those_of_a_rule() -> None:
    definitions = {
        found.definition
        for text in ("over: 0.2", "over: 0.2, window: 2h", "over: 0.2, by: [intent]", "over: 0.2, intents: [transfer]")
        if isinstance(found := rule(f"kind: rate, {text}"), ShareRule)
    }
    assert len(definitions) == 4
    allowed = rule("kind: rate, over: 0.3, min_count: 2")
    assert isinstance(allowed, ShareRule)
    assert allowed.definition in definitions, "how much is allowed changes nothing that is counted"


def test_alert_rules_change_nothing_that_stitching_goes_by() -> None:
    assert parse_catalogue("alerts: {rules: {a: {kind: handoff}}}").fingerprint == Catalogue().fingerprint


@pytest.mark.parametrize(
    ("rules", "mistake"),
    [
        ("a: {kind: handof}", "alerts.rules.a.kind: unknown kind: did you mean handoff?"),
        ("a: {severity: info}", "alerts.rules.a.kind: is missing: one of handoff, rate, deadline, wait"),
        ("a: {kind: rate}", "alerts.rules.a.over: is missing"),
        ("a: {kind: rate, over: 1}", "alerts.rules.a.over: must be less than 1"),
        ("a: {kind: rate, over: 0.1, ovr: 1}", "alerts.rules.a.ovr: unknown key: did you mean over?"),
        ("a: {kind: rate, over: 0.1, by: [channel]}", "alerts.rules.a.by.0: must be 'from_channel', 'to_channel'"),
        ("a: {kind: rate, over: 0.1, window: 25h}", "alerts.rules.a.window: must be at most the alert_horizon, 1d"),
        ("a: {kind: wait, over: 0.1, window: 0s}", "alerts.rules.a.window: must be longer than 0"),
        ("a: {kind: wait, over: 0.1, min_count: 0}", "alerts.rules.a.min_count: must be greater than or equal to 1"),
        ("a: {kind: handoff, failures: [lst]}", "alerts.rules.a.failures.0: must be 'misdirected'"),
        ("a: {kind: handoff, to_channels: [brach]}", "alerts.rules.a.to_channels.0: unknown channel: known are mobi"),
        ("a: {kind: handoff, before: 2h}", "alerts.rules.a.before: unknown key"),
        ("a: {kind: handoff, labels: {intent: x}}", "alerts.rules.a.labels.intent: is a label that alerts have any"),
        ("a: {kind: handoff, summary: '{customer_id}'}", "alerts.rules.a.summary: names {customer_id}: it may name"),
        ("a: {kind: handoff, summary: '{intent'}", "alerts.rules.a.summary: must be text with fields such as {rule}"),
        ("a: {kind: handoff, summary: '{intent.x}'}", "alerts.rules.a.summary: names {intent.x}"),
        ("a: {kind: deadline, before: 1h, resolve_after: 1h}", "alerts.rules.a.resolve_after: must be left out"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_line_and_field(rules: str, mistake: str) -> None:
    assert mistakes(f"alerts:\n  rules:\n    {rules}")[0].startswith(f"bank.yaml:3: {mistake}")


@pytest.mark.parametrize(
    ("rule", "calendar", "mistake"),
    [
        ("before: 4h", "", "business_time: takes a `calendar` with the `hours` of at least one weekday"),
        ("before: 4h", "calendar: {time_zone: UTC, hours: {}}", "business_time: takes a `calendar` with the `hours`"),
        ("severity: info", "calendar: {time_zone: UTC, hours: {mon: 09:00-10:00}}", "business_time: goes beside `bef"),
        ("before: 53h", "calendar: {time_zone: UTC, hours: {mon: 09:00-10:00}}", "before: must be at most 52h: for"),
    ],
)
def test_business_time_takes_something_to_count_and_a_calendar_that_opens(
    rule: str, calendar: str, mistake: str
) -> None:
    text = f"alerts:\n  rules:\n    a: {{kind: deadline, business_time: true, {rule}}}\n{calendar}"
    assert mistakes(text)[0].startswith(f"bank.yaml:3: alerts.rules.a.{mistake}")


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        ("{name: m, from: 2026-11-28, until: 2026-11-29T00:00:00Z}", "0.from: must be an RFC 3339 time"),
        ("{name: m, from: 2026-11-29T00:00:00Z, until: 2026-11-29T00:00:00Z}", "0.until: must be later than `from`"),
        ("{nme: m, from: 2026-11-28T00:00:00Z, until: 2026-11-29T00:00:00Z}", "0.name: is missing"),
        (
            "{name: m, from: 2026-11-28T00:00:00Z, until: 2026-11-29T00:00:00Z, match: {tem: x}}",
            "0.match.tem: is a label of no rule",
        ),
    ],
)
def test_a_mistake_in_maintenance_is_told_with_line_and_field(entry: str, mistake: str) -> None:
    found = mistakes(f"alerts:\n  maintenance:\n    - {entry}")
    assert found[0].startswith(f"bank.yaml:3: alerts.maintenance.{mistake}")
