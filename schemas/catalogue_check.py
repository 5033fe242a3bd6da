"""Finds every mistake in a catalogue's text, with its line and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.alert_catalogue import mistakes_between
from schemas.alert_file import KINDS, RULE_SECTIONS, AlertsSection, MaintenanceSection
from schemas.catalogue_file import (
    WEEKDAYS,
    CalendarSection,
    CatalogueFile,
    DefaultsSection,
    IntentSection,
    RetentionSection,
)
from schemas.durations import DAY
from schemas.lined_yaml import LinedYaml, Path, Problem, read_yaml
from schemas.topics import BUILT_IN_CHANNELS
from schemas.wording import what_is_wrong

_HORIZON_MARGIN = 7 * DAY
_SECTIONS: dict[str, type[BaseModel]] = {
    "defaults": DefaultsSection,
    "intents": IntentSection,
    "calendar": CalendarSection,
    "alerts": AlertsSection,
    "retention": RetentionSection,
}


def check_catalogue(text: str) -> CatalogueFile | tuple[str, ...]:
    """The catalogue's file, or its mistakes as `line: field: what is wrong and what is allowed`, by line."""
    document = read_yaml(text)
    problems = list(document.problems)
    file = None
    if document.value is None and not problems:
        return CatalogueFile()
    if document.value is not None:
        file = _validate(document, problems)
    if file is not None:
        problems += _problems_between_fields(file, document)
    if file is None or problems:
        return tuple(_render(problem) for problem in sorted(problems, key=lambda problem: problem.line))
    return file


def _validate(document: LinedYaml, problems: list[Problem]) -> CatalogueFile | None:
    if not isinstance(document.value, dict):
        problems.append(Problem(1, (), "must be a mapping of sections, such as `intents:`"))
        return None
    try:
        return CatalogueFile.model_validate(document.value)
    except ValidationError as error:
        problems += [_problem_of(details, document) for details in error.errors(include_url=False)]
        return None


def _problem_of(details: ErrorDetails, document: LinedYaml) -> Problem:
    path = document.place_of(details["loc"])
    line = document.lines[path]
    match details["type"]:
        case "missing":
            return Problem(line, (*path, details["loc"][-1]), what_is_wrong(details))
        case "extra_forbidden":
            return Problem(line, path, _unknown(str(path[-1]), _known_names(details["loc"]), "key"))
        case "literal_error" if path[:2] == ("calendar", "hours"):
            return Problem(line, path, _unknown(str(path[-1]), WEEKDAYS, "weekday"))
        case "union_tag_not_found":
            return Problem(line, (*path, "kind"), f"is missing: one of {', '.join(KINDS)}")
        case "union_tag_invalid":
            place = (*path, "kind")
            return Problem(document.lines[place], place, _unknown(str(details["ctx"]["tag"]), KINDS, "kind"))
        case _:
            return Problem(line, path, what_is_wrong(details))


def _known_names(loc: tuple[str | int, ...]) -> tuple[str, ...]:
    match loc:
        case (_,):
            section: type[BaseModel] = CatalogueFile
        case ("alerts", "rules", _, kind, _):
            section = RULE_SECTIONS[str(kind)]
        case ("alerts", "maintenance", *_):
            section = MaintenanceSection
        case _:
            section = _SECTIONS[str(loc[0])]
    return tuple(field.alias or name for name, field in section.model_fields.items())


def _unknown(name: str, known: Iterable[str], kind: str) -> str:
    names = tuple(known)
    nearest = get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    return f"unknown {kind}: {hint}Known: {', '.join(names)}"


def _problems_between_fields(file: CatalogueFile, document: LinedYaml) -> Iterator[Problem]:
    yield from _repetitions(("channels",), file.channels, document)
    yield from _repetitions(("volatile_answers",), file.volatile_answers, document)
    channels = (*BUILT_IN_CHANNELS, *file.channels)
    for intent, section in file.intents.items():
        path: Path = ("intents", intent)
        yield from _repetitions((*path, "required_fields"), section.required_fields, document)
        if isinstance(section.wait_standard, dict):
            for channel in section.wait_standard:
                if channel not in channels:
                    place = (*path, "wait_standard", channel)
                    yield Problem(document.lines[place], place, _unknown(channel, channels, "channel"))
    yield from _too_short_horizon(file, document)
    calendar = None if file.calendar is None else file.calendar.meaning()
    for place, text in mistakes_between(file.alerts, channels, calendar):
        path = document.place_of(("alerts", *place))
        yield Problem(document.lines[path], ("alerts", *place), text)
    yield from _too_short_retention(file, document)


def _repetitions(path: Path, values: list[Any], document: LinedYaml) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Problem(document.lines[(*path, index)], (*path, index), f"{value} is listed twice: keep one")


def _too_short_horizon(file: CatalogueFile, document: LinedYaml) -> Iterator[Problem]:
    if file.horizon is None:
        return
    inactivities: dict[Path, int] = {("defaults", "inactivity"): file.defaults.inactivity}
    for intent, section in file.intents.items():
        if section.inactivity is not None:
            inactivities["intents", intent, "inactivity"] = section.inactivity
    longest = max(inactivities, key=lambda path: inactivities[path])
    needed = inactivities[longest] + _HORIZON_MARGIN
    if file.horizon < needed:
        place: Path = ("horizon",) if ("horizon",) in document.lines else longest
        days = -(-needed // DAY)
        text = f"must be at least {days}d, or unlimited: the longest inactivity ({_name(longest)}) plus 7d"
        yield Problem(document.lines[place], ("horizon",), text)


def _too_short_retention(file: CatalogueFile, document: LinedYaml) -> Iterator[Problem]:
    """What is made anew of a customer must not lack what has left; nor may the state know what the rows do not."""
    kept = file.retention.touchpoints
    if kept is None:
        return
    place: Path = ("retention", "touchpoints")
    if file.horizon is None:
        yield Problem(document.lines[place], place, "must be unlimited, as horizon is: the state keeps all touchpoints")
        return
    made = {table: getattr(file.retention, table) for table in ("journeys", "handoffs", "promises")}
    for table, wanted in made.items():
        if wanted is None or kept < wanted + file.horizon:
            least = "unlimited" if wanted is None else f"at least {-(-(wanted + file.horizon) // DAY)}d"
            text = f"must be {least}: as long as {table}, which are made of them, and the horizon beyond it"
            yield Problem(document.lines[place], place, text)


def _name(path: Path) -> str:
    return ".".join(map(str, path))


def _render(problem: Problem) -> str:
    where = f"{_name(problem.path)}: " if problem.path else ""
    return f"{problem.line}: {where}{problem.text}"
