"""The words and labels of alerts: what a summary may name, by the kind of its rule. No field identifies a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

from schemas.alert_rules import DeadlineRule
from schemas.durations import DAY, HOUR, MINUTE, SECOND
from schemas.rows import AlertKind

HANDOFF_LABELS = ("from_channel", "to_channel", "intent")
WAIT_LABELS = ("channel", "intent")
FOUND_LABELS: Mapping[AlertKind, tuple[str, ...]] = {
    "handoff": (*HANDOFF_LABELS, "failure"),
    "deadline": ("channel", "intent"),
    "rate": HANDOFF_LABELS,
    "wait": WAIT_LABELS,
}
"""The labels that an alert is given by what it found; of `rate` and `wait` those that the rule groups by."""

RESERVED_LABELS = (
    "rule",
    "kind",
    "severity",
    *dict.fromkeys(name for names in FOUND_LABELS.values() for name in names),
)
"""What maintenance may match beside the labels that rules add, and rules must not add themselves."""

SUMMARY_FIELDS: Mapping[AlertKind, tuple[str, ...]] = {
    "handoff": ("rule", *FOUND_LABELS["handoff"]),
    "deadline": ("rule", *FOUND_LABELS["deadline"], "due_at", "before"),
    "rate": ("rule", *HANDOFF_LABELS, "share", "over", "count", "window"),
    "wait": ("rule", *WAIT_LABELS, "share", "over", "count", "window"),
}

SUMMARIES: Mapping[AlertKind, str] = {
    "handoff": "Handoff {from_channel} → {to_channel} failed ({failure}) in {intent}",
    "deadline": "Promise made on {channel} is due at {due_at} and not kept",
    "rate": "{share} of {count} handoffs failed within {window} (over {over})",
    "wait": "{share} of {count} waits were over standard within {window} (over {over})",
}
"""What is said where a rule has no summary of its own."""

_UNITS = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND))


def unknown_fields(template: str, known: tuple[str, ...]) -> list[str]:
    """The fields of a template that its rule does not offer. Raises ValueError if it is no template."""
    found = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template) if name is not None]
    if any(spec or conversion for _, spec, conversion in found):
        raise ValueError("a field is written {name} and nothing more")
    return [name for name, _, _ in found if name not in known]


def duration_text(milliseconds: int) -> str:
    """As in the catalogue: `2h`, `90s`."""
    for unit, length in _UNITS:
        if milliseconds >= length and milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds / 1000:g}s"


def before_text(rule: DeadlineRule) -> str:
    """How long before its date a promise is near it: `2h`, `4h of business time`."""
    return duration_text(rule.before) + ("" if rule.calendar is None else " of business time")


def moment_text(at: int, time_zone: str) -> str:
    """A time (UTC ms) to the minute, by a zone of the IANA database: `2026-11-27 00:44 Asia/Shanghai`."""
    return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(time_zone)):%Y-%m-%d %H:%M} {time_zone}"


def share_text(share: float) -> str:
    """A share of 0 to 1 in percent, with a digit after the point where it is not zero."""
    return f"{share:.1%}".replace(".0%", "%")
