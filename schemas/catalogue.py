"""The catalogue: what a deployment says of its intents, channels and times.

Durations are milliseconds, waits seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import msgspec

from schemas.alert_catalogue import alert_rules_of
from schemas.alert_rules import AlertRules
from schemas.business_time import Calendar
from schemas.catalogue_check import check_catalogue
from schemas.catalogue_file import CatalogueFile, DefaultsSection, IntentSection
from schemas.durations import DAY, HOUR
from schemas.lined_yaml import text_of
from schemas.topics import BUILT_IN_CHANNELS


class CatalogueError(Exception):
    """The catalogue's file cannot be used: one line `file:line: field: what is wrong` per mistake."""


@dataclass(frozen=True, slots=True)
class IntentRules:
    """What holds for one intent; `wait_standards` are the channels that differ from `wait_standard`."""

    inactivity: int = 72 * HOUR
    handoff_window: int = 72 * HOUR
    wait_standard: float = 600.0
    wait_standards: Mapping[str, float] = field(default_factory=dict)
    requires_branch: bool = False
    required_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lookups take any intent: one the catalogue does not know has the rules of `default`.

    `horizon` None is unlimited; `retention` tells how long rows are kept by table, others for ever. `Catalogue()`
    is the catalogue of a deployment without a file.
    """

    rules: Mapping[str, IntentRules] = field(default_factory=dict)
    default: IntentRules = field(default_factory=IntentRules)
    contact_gap: int = 4 * HOUR
    horizon: int | None = 45 * DAY
    volatile_answers: frozenset[str] = frozenset({"status"})
    channels: tuple[str, ...] = BUILT_IN_CHANNELS
    calendar: Calendar | None = None
    alerts: AlertRules = field(default_factory=AlertRules)
    retention: Mapping[str, int] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A name for what it says of journeys: equal for equal catalogues, however their files are written."""
        of_journeys = replace(self, calendar=None, alerts=AlertRules(), retention={})
        text = msgspec.json.encode(of_journeys, order="deterministic")
        return sha256(text).hexdigest()[:16]

    @property
    def intents(self) -> tuple[str, ...]:
        """The intents the catalogue names, in its order."""
        return tuple(self.rules)

    def inactivity(self, intent: str) -> int:
        """After so long without a touchpoint a journey of the intent is abandoned (ms)."""
        return self.rules.get(intent, self.default).inactivity

    def handoff_window(self, intent: str) -> int:
        """So long after leaving, a customer may arrive on another channel (ms)."""
        return self.rules.get(intent, self.default).handoff_window

    def wait_standard(self, intent: str, channel: str) -> float:
        """What a wait may take on the channel, in seconds."""
        rules = self.rules.get(intent, self.default)
        return rules.wait_standards.get(channel, rules.wait_standard)

    def requires_branch(self, intent: str) -> bool:
        """Whether the intent cannot be done without a branch."""
        return self.rules.get(intent, self.default).requires_branch

    def required_fields(self, intent: str) -> tuple[str, ...]:
        """The answers that a customer should be asked for only once."""
        return self.rules.get(intent, self.default).required_fields


def load_catalogue(path: Path | None) -> Catalogue:
    """The catalogue of a YAML file, or the defaults where `path` is None.

    Raises CatalogueError naming every mistake by file, line and field; OSError cannot escape: a file that
    cannot be read is a mistake as well.
    """
    if path is None:
        return Catalogue()
    try:
        text = text_of(path)
    except ValueError as error:
        raise CatalogueError(str(error)) from error
    return parse_catalogue(text, str(path))


def parse_catalogue(text: str, name: str = "catalogue") -> Catalogue:
    """The catalogue of a YAML text. Raises `CatalogueError`, in whose text `name` stands for the file."""
    checked = check_catalogue(text)
    if not isinstance(checked, CatalogueFile):
        raise CatalogueError("\n".join(f"{name}:{problem}" for problem in checked))
    return _catalogue_of(checked)


def _catalogue_of(file: CatalogueFile) -> Catalogue:
    calendar = None if file.calendar is None else file.calendar.meaning()
    return Catalogue(
        rules={intent: _rules_of(section, file.defaults) for intent, section in file.intents.items()},
        default=_rules_of(IntentSection(), file.defaults),
        contact_gap=file.defaults.contact_gap,
        horizon=file.horizon,
        volatile_answers=frozenset(file.volatile_answers),
        channels=(*BUILT_IN_CHANNELS, *file.channels),
        calendar=calendar,
        alerts=alert_rules_of(file.alerts, calendar),
        retention={table: kept for table, kept in file.retention if kept is not None},
    )


def _rules_of(section: IntentSection, defaults: DefaultsSection) -> IntentRules:
    standard = section.wait_standard
    return IntentRules(
        inactivity=defaults.inactivity if section.inactivity is None else section.inactivity,
        handoff_window=defaults.handoff_window if section.handoff_window is None else section.handoff_window,
        wait_standard=standard if isinstance(standard, float) else defaults.wait_standard,
        wait_standards=standard if isinstance(standard, dict) else {},
        requires_branch=section.requires_branch,
        required_fields=tuple(section.required_fields),
    )
