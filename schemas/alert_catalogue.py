"""From the section `alerts` of a catalogue's file to its rules, and what is wrong between its fields."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.alert_file import (
    AlertsSection,
    AnyRuleSection,
    DeadlineRuleSection,
    HandoffRuleSection,
    MaintenanceSection,
    RateRuleSection,
)
from schemas.alert_rules import AlertRules, AnyRule, DeadlineRule, Filter, HandoffRule, Maintenance, ShareRule
from schemas.alert_wording import RESERVED_LABELS, SUMMARIES, duration_text
from schemas.business_time import Calendar
from schemas.lined_yaml import Path

Mistake = tuple[Path, str]
"""A place within the section, and what is wrong there."""

WEEKS_OF_A_YEAR = 52

_CHANNEL_LISTS = ("from_channels", "to_channels", "channels")


def alert_rules_of(section: AlertsSection, calendar: Calendar | None) -> AlertRules:
    """What a valid section means beside the catalogue's calendar."""
    return AlertRules(
        rules=tuple(_rule_of(name, rule, section.alert_horizon, calendar) for name, rule in section.rules.items()),
        horizon=section.alert_horizon,
        maintenance=tuple(Maintenance(one.name, one.since, one.until, one.match) for one in section.maintenance),
        silence_incidents=section.silence_incidents,
        time_zone="UTC" if calendar is None else calendar.time_zone,
    )


def _rule_of(name: str, section: AnyRuleSection, horizon: int, calendar: Calendar | None) -> AnyRule:
    summary = section.summary or SUMMARIES[section.of]
    only = Filter(
        failures=tuple(getattr(section, "failures", ())),
        from_channels=tuple(getattr(section, "from_channels", ())),
        to_channels=tuple(getattr(section, "to_channels", ())),
        channels=tuple(getattr(section, "channels", ())),
        intents=tuple(section.intents),
        care=tuple(getattr(section, "care", ())),
    )
    if isinstance(section, HandoffRuleSection):
        return HandoffRule(name, section.severity, summary, section.labels, only, section.resolve_after or horizon)
    if isinstance(section, DeadlineRuleSection):
        return DeadlineRule(
            name,
            section.severity,
            summary,
            section.labels,
            only,
            before=section.before or 0,
            resolve_after=section.resolve_after or horizon,
            calendar=calendar if section.business_time else None,
        )
    return ShareRule(
        name,
        section.severity,
        summary,
        section.labels,
        only,
        of="rate" if isinstance(section, RateRuleSection) else "wait",
        over=section.over,
        window=section.window,
        min_count=section.min_count,
        by=tuple(section.by),
        resolve_after=section.resolve_after,
    )


def mistakes_between(section: AlertsSection, channels: tuple[str, ...], calendar: Calendar | None) -> Iterator[Mistake]:
    """What takes more than one field to judge; `channels` are all that the deployment has."""
    for name, rule in section.rules.items():
        for place, text in _rule_mistakes(rule, section.alert_horizon, channels):
            yield ("rules", name, *place), text
        if isinstance(rule, DeadlineRuleSection) and rule.business_time:
            for place, text in _business_time_mistakes(rule, calendar):
                yield ("rules", name, *place), text
    own = {label for rule in section.rules.values() for label in rule.labels}
    names: set[str] = set()
    for index, one in enumerate(section.maintenance):
        for place, text in _maintenance_mistakes(one, names, {*RESERVED_LABELS, *own}):
            yield ("maintenance", index, *place), text
        names.add(one.name)


def _rule_mistakes(rule: AnyRuleSection, horizon: int, channels: tuple[str, ...]) -> Iterator[Mistake]:
    for field in _CHANNEL_LISTS:
        for index, channel in enumerate(getattr(rule, field, ())):
            if channel not in channels:
                yield (field, index), f"unknown channel: known are {', '.join(channels)}"
    for field in ("window", "resolve_after"):
        duration = getattr(rule, field, None)
        if duration is not None and duration > horizon:
            yield (field,), f"must be at most the alert_horizon, {duration_text(horizon)}"
    if isinstance(rule, DeadlineRuleSection) and rule.before is not None and rule.resolve_after is not None:
        yield ("resolve_after",), "must be left out beside `before`: the alert ends when the promise is due"
    problem = rule.summary_problem()
    if problem is not None:
        yield ("summary",), problem


def _business_time_mistakes(rule: DeadlineRuleSection, calendar: Calendar | None) -> Iterator[Mistake]:
    if rule.before is None:
        yield ("business_time",), "goes beside `before`, which is counted in it: overdue is overdue at any hour"
    elif calendar is None or not calendar.weekly:
        yield ("business_time",), "takes a `calendar` with the `hours` of at least one weekday"
    elif rule.before > (longest := WEEKS_OF_A_YEAR * calendar.weekly):
        yield ("before",), f"must be at most {duration_text(longest)}: for no longer is the calendar open in a year"


def _maintenance_mistakes(one: MaintenanceSection, names: set[str], labels: set[str]) -> Iterator[Mistake]:
    if one.name in names:
        yield ("name",), f"{one.name} is the name of another one above"
    if one.until <= one.since:
        yield ("until",), "must be later than `from`"
    for label in one.match:
        if label not in labels:
            yield ("match", label), f"is a label of no rule: they have {', '.join(sorted(labels))}"
