"""The section `alerts` of the catalogue as it is written: its strict model. `schemas.alert_rules` is what it means."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, Field
from pydantic_core import PydanticCustomError

from schemas.alert_wording import RESERVED_LABELS, SUMMARY_FIELDS, unknown_fields
from schemas.canonical import NO_TIME, milliseconds
from schemas.catalogue_values import SECTION, Duration
from schemas.contract import Care
from schemas.durations import HOUR, MINUTE
from schemas.rows import AlertKind, Failure, Severity
from schemas.values import TIME, WORDING, Slug, Text

KINDS: tuple[AlertKind, ...] = ("handoff", "rate", "deadline", "wait")


def _own_label(name: str) -> str:
    if name in RESERVED_LABELS:
        raise PydanticCustomError("label", "is a label that alerts have anyway: take another name")
    return name


def _positive(duration: int) -> int:
    if duration <= 0:
        raise PydanticCustomError("duration", "must be longer than 0")
    return duration


def _moment(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(TIME, value) or (time := milliseconds(value)) == NO_TIME:
        raise PydanticCustomError("time", "{words}", {"words": WORDING[TIME]})
    return time


Label = Annotated[Slug, AfterValidator(_own_label)]
Moment = Annotated[int, BeforeValidator(_moment)]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class Section(BaseModel):
    """A section of the file: an unknown field is a mistake."""

    model_config = SECTION


class RuleSection(Section):
    """What every rule may say."""

    of: ClassVar[AlertKind]

    severity: Severity = "warning"
    labels: dict[Label, Text] = {}
    summary: Text | None = None
    intents: list[Slug] = []

    def summary_problem(self) -> str | None:
        """What is wrong with the summary's fields, if anything is."""
        if self.summary is None:
            return None
        known = SUMMARY_FIELDS[self.of]
        try:
            unknown = unknown_fields(self.summary, known)
        except ValueError as error:
            return f"must be text with fields such as {{rule}}: {error}"
        return f"names {{{unknown[0]}}}: it may name {', '.join(known)}" if unknown else None


class HandoffRuleSection(RuleSection):
    """Each handoff that fails raises an alert."""

    of = "handoff"

    kind: Literal["handoff"]
    failures: list[Failure] = []
    from_channels: list[Slug] = []
    to_channels: list[Slug] = []
    care: list[Care] = []
    resolve_after: PositiveDuration | None = None


class DeadlineRuleSection(RuleSection):
    """Each promise that is near or past its date raises an alert."""

    of = "deadline"

    kind: Literal["deadline"]
    before: PositiveDuration | None = None
    business_time: bool = False
    channels: list[Slug] = []
    care: list[Care] = []
    resolve_after: PositiveDuration | None = None


class _ShareSection(RuleSection):
    over: Share
    window: PositiveDuration = HOUR
    min_count: Annotated[int, Field(ge=1, le=1_000_000_000)] = 50
    care: list[Care] = []
    resolve_after: PositiveDuration = 5 * MINUTE


class RateRuleSection(_ShareSection):
    """A share of failed handoffs above the threshold raises an alert."""

    of = "rate"

    kind: Literal["rate"]
    failures: list[Failure] = []
    from_channels: list[Slug] = []
    to_channels: list[Slug] = []
    by: list[Literal["from_channel", "to_channel", "intent"]] = []


class WaitRuleSection(_ShareSection):
    """A share of waits over their standard above the threshold raises an alert."""

    of = "wait"

    kind: Literal["wait"]
    channels: list[Slug] = []
    by: list[Literal["channel", "intent"]] = []


AnyRuleSection = Annotated[
    HandoffRuleSection | RateRuleSection | DeadlineRuleSection | WaitRuleSection, Discriminator("kind")
]
RULE_SECTIONS: dict[str, type[RuleSection]] = {
    section.of: section for section in (HandoffRuleSection, RateRuleSection, DeadlineRuleSection, WaitRuleSection)
}


class MaintenanceSection(Section):
    """Alerts that match are silent from `from` to before `until`."""

    name: Text
    since: Moment = Field(alias="from")
    until: Moment
    match: dict[Slug, Text] = {}


class AlertsSection(Section):
    """The section `alerts` of the catalogue."""

    alert_horizon: PositiveDuration = 24 * HOUR
    silence_incidents: bool = True
    maintenance: list[MaintenanceSection] = []
    rules: dict[Slug, AnyRuleSection] = {}
