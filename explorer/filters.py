"""What a page is asked for, as the address bar says it: `?span=30d&intent=loan&channel=branch&status=abandoned`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

SPANS: Mapping[str, timedelta] = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
}
DEFAULT_SPAN = "7d"
DATES = "dates"
_DAY = timedelta(days=1)
_LISTS = {"intent": "intents", "channel": "channels", "care": "care"}
_FLAGS = {"anonymous": "1", "live": "0"}


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until before `until`, in UTC."""

    since: datetime
    until: datetime

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)


@dataclass(frozen=True, slots=True)
class Filters:
    """What every page is filtered by, and in `own` what only the page at hand knows.

    A period is a span that ends now, or the days `first` to `last` (both of them count). `mistakes` are the parts of
    the address that say nothing, as `name=value`.
    """

    span: str = DEFAULT_SPAN
    first: date | None = None
    last: date | None = None
    intents: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    care: tuple[str, ...] = ()
    anonymous: bool = False
    live: bool = True
    own: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()

    def period(self, now: datetime, zone: str) -> Period:
        """The period at `now`; days begin at midnight in `zone`."""
        if self.first is None or self.last is None:
            return Period(now - SPANS[self.span], now)
        return Period(_midnight(self.first, zone), _midnight(self.last + _DAY, zone))

    def with_days(self, first: date, last: date) -> Self:
        """From `first` to the end of `last`, in whichever order they are given."""
        return replace(self, span=DATES, first=min(first, last), last=max(first, last))

    def with_span(self, span: str) -> Self:
        """A period that ends now: `24h`, `7d`, …."""
        return replace(self, span=span, first=None, last=None)

    def with_own(self, **changes: str | None) -> Self:
        """With these parameters of the page changed; None or nothing takes one away."""
        own = {**self.own, **changes}
        return replace(self, own={name: value for name, value in own.items() if value})

    @property
    def shared(self) -> Self:
        """Without what only one page knows: what goes along to another page."""
        return replace(self, own={}, mistakes=())

    @property
    def search(self) -> str:
        """The address's part from `?` on; empty where nothing differs from what is usual."""
        pairs: list[tuple[str, str]] = []
        if self.first is not None and self.last is not None:
            pairs += [("from", self.first.isoformat()), ("to", self.last.isoformat())]
        elif self.span != DEFAULT_SPAN:
            pairs.append(("span", self.span))
        for name, attribute in _LISTS.items():
            pairs += [(name, value) for value in getattr(self, attribute)]
        if self.anonymous:
            pairs.append(("anonymous", "1"))
        if not self.live:
            pairs.append(("live", "0"))
        pairs += sorted(self.own.items())
        return "?" + urlencode(pairs) if pairs else ""


def read_filters(search: str | None, own: Iterable[str] = ()) -> Filters:
    """The filters that an address says; `own` are the parameters that the page knows. Never fails: see `mistakes`."""
    known: dict[str, Any] = {}
    days: dict[str, date] = {}
    mistakes: list[str] = []
    for name, value in parse_qsl((search or "").removeprefix("?")):
        if name in _LISTS:
            listed = known.setdefault(_LISTS[name], ())
            known[_LISTS[name]] = listed if value in listed else (*listed, value)
        elif name == "span" and value in SPANS:
            known["span"] = value
        elif name in ("from", "to") and (day := _day(value)):
            days[name] = day
        elif _FLAGS.get(name) == value:
            known[name] = value == "1"
        elif name in own:
            known["own"] = {**known.get("own", {}), name: value}
        else:
            mistakes.append(f"{name}={value}")
    filters = Filters(**known, mistakes=tuple(mistakes))
    if days:
        first = days.get("from") or days["to"]
        return filters.with_days(first, days.get("to") or first)
    return filters


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
