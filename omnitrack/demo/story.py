"""A failed handoff told in plain words."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from omnitrack.demo.readings import FailedHandoff
from omnitrack.metrics.wording import named

_CHANNELS = {
    "mobile_app": "the mobile app",
    "online_banking": "online banking",
    "wechat": "WeChat",
    "atm": "the ATM",
    "hotline": "the hotline",
    "branch": "the branch",
}
_SHORT = timedelta(minutes=10)


def tell_story(handoff: FailedHandoff, zone: tzinfo) -> str:
    """One sentence with all that failed; times in `zone`, with seconds or with the day where those tell them apart."""
    ends = handoff.arrived_at or handoff.due_at or handoff.left_at
    clock = "%H:%M:%S" if ends - handoff.left_at < _SHORT else "%H:%M"
    if ends.astimezone(zone).date() != handoff.left_at.astimezone(zone).date():
        clock = "%H:%M on %d %b"
    who = f"customer {handoff.customer_id}" + (f" ({', '.join(handoff.care)})" if handoff.care else "")
    happened = [_arrival(handoff, zone, clock), *_troubles(handoff)]
    return f"At {_at(handoff.left_at, zone, clock)} {who} {_departure(handoff)}; they {_join(happened)}."


def _departure(handoff: FailedHandoff) -> str:
    errand = f"for {_a(handoff.intent)}"
    if handoff.referred_to is None:
        return f"left {_channel(handoff.from_channel)} with {_a(handoff.intent)} unfinished"
    # Only these two failures tell that the visit which ended made the referral; else it may be an older one.
    sent = {"misdirected", "lost"} & set(handoff.failures)
    if sent:
        return f"was sent from {_channel(handoff.from_channel)} to {_channel(handoff.referred_to)} {errand}"
    return f"left {_channel(handoff.from_channel)}, referred to {_channel(handoff.referred_to)} {errand}"


def _arrival(handoff: FailedHandoff, zone: tzinfo, clock: str) -> str:
    if handoff.arrived_at is None:
        by = f" by {_at(handoff.due_at, zone, clock)}, as was agreed" if handoff.due_at else ""
        return f"did not come{by}"
    at = _at(handoff.arrived_at, zone, clock)
    if "misdirected" in handoff.failures:
        return f"came to {_channel(handoff.to_channel)} instead at {at}"
    if "overdue" in handoff.failures and handoff.due_at is not None:
        return f"came at {at}, {_lasting((handoff.arrived_at - handoff.due_at).total_seconds())} too late"
    return f"came to {_channel(handoff.to_channel)} at {at}"


def _troubles(handoff: FailedHandoff) -> list[str]:
    troubles = []
    if "repeated" in handoff.failures:
        troubles.append(f"were asked again for {_join([named(field) for field in handoff.reasked])}")
    if "contradicted" in handoff.failures:
        told = [f"{key} {change}" for key, change in sorted(handoff.contradictions.items())]
        troubles.append(f"were told otherwise than before ({', '.join(told)})")
    if "bounced" in handoff.failures:
        troubles.append("were back where they had started")
    if "stalled" in handoff.failures:
        troubles.append(f"had to wait {_lasting(handoff.wait_seconds)}")
    return troubles


def _at(moment: datetime, zone: tzinfo, clock: str) -> str:
    return moment.astimezone(zone).strftime(clock)


def _channel(name: str) -> str:
    return _CHANNELS.get(name, name.replace("_", " "))


def _a(intent: str) -> str:
    words = intent.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _lasting(seconds: float) -> str:
    if seconds < 120:
        return _count(max(1, round(seconds)), "second")
    if seconds < 120 * 60:
        return _count(round(seconds / 60), "minute")
    return _count(round(seconds / 3600), "hour")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
