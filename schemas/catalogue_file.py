"""The catalogue as it is written: the strict model of its YAML file. `schemas.catalogue` is what it means."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from schemas.alert_file import AlertsSection
from schemas.business_time import Calendar
from schemas.catalogue_values import SECTION, Duration, parse_duration
from schemas.durations import DAY, HOUR
from schemas.topics import BUILT_IN_CHANNELS
from schemas.values import Seconds, Slug

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OPENING = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")


def parse_opening(value: object) -> tuple[int, int]:
    """Minutes since midnight of `HH:MM-HH:MM`: opening and closing. Raises `PydanticCustomError` for anything else."""
    match = _OPENING.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("opening", 'must be opening hours "HH:MM-HH:MM", such as "09:00-17:30"')
    opens = int(match[1]) * 60 + int(match[2])
    closes = 24 * 60 if match[3] is None else int(match[3]) * 60 + int(match[4])
    if closes <= opens:
        raise PydanticCustomError("opening", "must close after it opens, on the same day")
    return opens, closes


def _parse_openings(value: object) -> tuple[tuple[int, int], ...]:
    """The spans of a day: one, or a list of them, in order, with a break between them."""
    if not isinstance(value, list):
        return (parse_opening(value),)
    spans = tuple(map(parse_opening, value))
    for (_, closes), (opens, _) in pairwise(spans):
        if opens <= closes:
            raise PydanticCustomError(
                "opening", "must open again after it has closed: list the hours of a day in order"
            )
    return spans


def parse_day(value: object) -> date:
    """The day of `YYYY-MM-DD`. Raises `PydanticCustomError` for anything else."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("day", "must be a day YYYY-MM-DD of the calendar")


def _parse_horizon(value: object) -> int | None:
    return None if value == "unlimited" else parse_duration(value)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise PydanticCustomError("time_zone", "must be a zone of the IANA database, such as Asia/Shanghai") from error
    return name


def _not_built_in(channel: str) -> str:
    if channel in BUILT_IN_CHANNELS:
        raise PydanticCustomError("built_in", "is built in: list only the channels you add")
    return channel


Horizon = Annotated[int | None, BeforeValidator(_parse_horizon)]
Openings = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_parse_openings)]
Holiday = Annotated[date, BeforeValidator(parse_day)]
WaitStandard = Annotated[
    Annotated[Seconds, Tag("one")] | Annotated[dict[Slug, Seconds], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, dict) else "one"),
]


class Section(BaseModel):
    """A section of the file: an unknown field is a mistake."""

    model_config = SECTION


class DefaultsSection(Section):
    """What holds for every intent that does not say otherwise; `contact_gap` holds for the whole deployment."""

    inactivity: Duration = 72 * HOUR
    handoff_window: Duration = 72 * HOUR
    wait_standard: Seconds = 600.0
    contact_gap: Duration = 4 * HOUR


class IntentSection(Section):
    """One intent; what is left out takes the defaults."""

    inactivity: Duration | None = None
    handoff_window: Duration | None = None
    wait_standard: WaitStandard | None = None
    requires_branch: bool = False
    required_fields: list[Slug] = []


class CalendarSection(Section):
    """Business time: the opening hours of each weekday, with breaks (left out: closed), and the days closed."""

    time_zone: Annotated[str, AfterValidator(_known_zone)]
    hours: dict[Weekday, Openings]
    holidays: list[Holiday] = []

    def meaning(self) -> Calendar:
        """What it means."""
        hours = tuple(self.hours.get(day, ()) for day in WEEKDAYS)
        return Calendar(self.time_zone, hours, frozenset(self.holidays))


class RetentionSection(Section):
    """How long the rows of each table are kept; those of one that is left out for ever."""

    touchpoints: Horizon = None
    journeys: Horizon = None
    handoffs: Horizon = None
    promises: Horizon = None
    alerts: Horizon = None
    dead_letters: Horizon = None
    duplicates: Horizon = None
    receipts: Horizon = None
    rejected_rows: Horizon = None


class CatalogueFile(Section):
    """The whole file; durations are in milliseconds once read."""

    horizon: Horizon = 45 * DAY
    defaults: DefaultsSection = DefaultsSection()
    volatile_answers: list[Slug] = ["status"]
    channels: list[Annotated[Slug, AfterValidator(_not_built_in)]] = []
    intents: dict[Slug, IntentSection] = {}
    calendar: CalendarSection | None = None
    alerts: AlertsSection = AlertsSection()
    retention: RetentionSection = RetentionSection()
