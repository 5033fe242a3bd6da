"""What a rule says, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.alert_rules import AlertRules, AnyRule, DeadlineRule, Filter, HandoffRule, ShareRule
from schemas.alert_wording import before_text, duration_text, share_text


def explain(rule: AnyRule) -> str:
    """What raises the rule's alerts, and what ends them."""
    match rule:
        case HandoffRule():
            return (
                f"each handoff that fails{_failures(rule.only)}{_scope(rule.only)}; "
                f"ends {duration_text(rule.resolve_after)} after it"
            )
        case DeadlineRule(before=0):
            return (
                f"each promise not kept by its date{_scope(rule.only)}; "
                f"ends when it is kept, at the latest {duration_text(rule.resolve_after)} after its date"
            )
        case DeadlineRule():
            return (
                f"each promise still not kept {before_text(rule)} before its date{_scope(rule.only)}; "
                "ends when it is kept, at the latest on its date"
            )
        case ShareRule():
            return _explain_share(rule)


def explain_silence(rules: AlertRules) -> Iterator[str]:
    """What holds for all rules."""
    yield f"nothing older than {duration_text(rules.horizon)} raises an alert"
    if rules.silence_incidents:
        yield "what lies in a declared incident is silenced, and left out of shares"
    for one in rules.maintenance:
        labels = ", ".join(f"{name} {value}" for name, value in one.match.items()) or "all"
        yield f"maintenance {one.name} silences {labels} for {duration_text(one.until - one.since)}"


def _explain_share(rule: ShareRule) -> str:
    what, wrong = "handoffs", f"fail{_failures(rule.only)}"
    if rule.of == "wait":
        what, wrong = "waits", "are beyond their standard"
    grouped = f", for each {' and '.join(rule.by)}" if rule.by else ""
    return (
        f"more than {share_text(rule.over)} of at least {rule.min_count} {what}{_scope(rule.only)} {wrong} "
        f"within {duration_text(rule.window)}{grouped}; "
        f"ends once that has not been so for {duration_text(rule.resolve_after)}"
    )


def _failures(only: Filter) -> str:
    return f" by being {_either(only.failures)}" if only.failures else ""


def _scope(only: Filter) -> str:
    parts = (
        (" from ", only.from_channels),
        (" to ", only.to_channels),
        (" on ", only.channels),
        (" of intent ", only.intents),
        (" of customers who are ", only.care),
    )
    return "".join(f"{word}{_either(values)}" for word, values in parts if values)


def _either(values: tuple[str, ...]) -> str:
    return " or ".join(values)
