"""Lines of the Technion call log: columns, times of day, and what contradicts itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sources.importers.outcomes import Place

COLUMNS = [
    *("vru+line", "call_id", "customer_id", "priority", "type", "date"),
    *("vru_entry", "vru_exit", "vru_time"),
    *("q_start", "q_exit", "q_time"),
    "outcome",
    *("ser_start", "ser_exit", "ser_time"),
    "server",
]
INTENTS = {
    "PS": "regular",
    "PE": "regular",  # in English
    "NE": "stock_exchange",
    "NW": "new_customer",
    "TT": "call_back",
    "IN": "internet_help",
}
OUTCOMES = ("AGENT", "HANG", "PHANTOM")
NO_SERVER = "NO_SERVER"

_ZONE = ZoneInfo("Asia/Jerusalem")
_DAY = 86_400
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_ROUNDED = re.compile(r"[0-9](\.[0-9]{1,15})?E\+[0-9]{1,2}")
_LONGEST_CODE = 40
_NEVER = ("0:00:00", "0:00:00", "0")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a call in local time; `seconds` is as recorded and fits its ends."""

    start: datetime
    end: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class CallLine:
    """A line that holds together.

    `customer_id` is None where a spreadsheet rounded it; `vru.seconds` may be negative; `queue` and `service` are
    None where there was none.
    """

    place: Place
    key: str
    customer_id: str | None
    type: str
    outcome: str
    server: str
    vru: Span
    queue: Span | None
    service: Span | None


def parse_call(place: Place, text: str) -> CallLine | str:
    """The call of a line, or `field: what is wrong with it`."""
    fields = text.split("\t")
    if len(fields) != len(COLUMNS):
        return f"line: has {len(fields)} tab-separated fields, expected {len(COLUMNS)}"
    row = dict(zip(COLUMNS, fields, strict=True))
    try:
        _check_codes(row)
        midnight = _midnight(row["date"])
        entry = _time_of_day(row, "vru_entry")
        return CallLine(
            place=place,
            key=f"{row['date']}-{row['vru+line']}-{row['call_id']}",
            customer_id=_customer_id(row["customer_id"]),
            type=row["type"],
            outcome=row["outcome"],
            server=row["server"],
            vru=_span(row, midnight, entry, "vru_entry", "vru_exit", "vru_time"),
            queue=_optional_span(row, midnight, entry, "q_start", "q_exit", "q_time"),
            service=_optional_span(row, midnight, entry, "ser_start", "ser_exit", "ser_time"),
        )
    except ValueError as error:
        return str(error)


def _check_codes(row: dict[str, str]) -> None:
    for name in ("vru+line", "call_id", "server"):
        if not (0 < len(row[name]) <= _LONGEST_CODE and row[name].isprintable()):
            raise ValueError(f"{name}: must have 1 to {_LONGEST_CODE} printable characters")
    for name, known in (("type", INTENTS), ("outcome", OUTCOMES)):
        if row[name] not in known:
            raise ValueError(f"{name}: {row[name]!r} is none of {', '.join(known)}")


def _customer_id(text: str) -> str | None:
    if _ROUNDED.fullmatch(text):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_CODE):
        raise ValueError(f"customer_id: {text!r} is not a number (0: unknown)")
    return text


@lru_cache(maxsize=64)
def _midnight(date: str) -> datetime:
    try:
        return datetime.strptime(date, "%y%m%d").replace(tzinfo=_ZONE)
    except ValueError:
        raise ValueError(f"date: {date!r} is not a day yymmdd") from None


def _optional_span(row: dict[str, str], midnight: datetime, entry: int, *names: str) -> Span | None:
    return None if tuple(row[name] for name in names) == _NEVER else _span(row, midnight, entry, *names)


def _span(row: dict[str, str], midnight: datetime, entry: int, *names: str) -> Span:
    first, last, duration = names
    start, end = (_near(entry, _time_of_day(row, name)) for name in (first, last))
    try:
        seconds = int(row[duration])
    except ValueError:
        raise ValueError(f"{duration}: {row[duration]!r} is not a number of seconds") from None
    if seconds != end - start:
        raise ValueError(f"{duration}: {seconds} s, but {first} to {last} are {end - start} s")
    return Span(midnight + timedelta(seconds=start), midnight + timedelta(seconds=end), seconds)


def _time_of_day(row: dict[str, str], name: str) -> int:
    match = _TIME.fullmatch(row[name])
    if match is None:
        raise ValueError(f"{name}: {row[name]!r} is not a time of day H:MM:SS")
    hours, minutes, seconds = map(int, match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _near(entry: int, seconds: int) -> int:
    """The moment nearest to the entry that the clock shows so: a call may run past midnight."""
    return entry + (seconds - entry + _DAY // 2) % _DAY - _DAY // 2
