"""Unit tests of alert rules as they are written: touchpoints in, expected alerts out, in a YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.alert_file import Moment
from schemas.catalogue_values import SECTION, Duration
from schemas.lined_yaml import LinedYaml, read_yaml, text_of
from schemas.lined_yaml import Path as Place
from schemas.rows import AlertStatus, Severity
from schemas.values import Slug, Text
from schemas.wording import what_is_wrong

Many = Annotated[int, Field(ge=1, le=100_000)]


class SuiteError(Exception):
    """The file cannot be used: one line `file:line: field: what is wrong` per mistake."""


class _Section(BaseModel):
    model_config = SECTION


class GivenTouchpoint(BaseModel):
    """Fields of the contract, as far as they matter; `ago` before the test's `now` may stand for `occurred_at`."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    channel: Slug
    ago: Duration | None = None
    customer: Text = "C-1"


class ExpectedAlert(_Section):
    """An alert of which what is given is to be so; `times` of them."""

    rule: Slug
    status: AlertStatus | None = None
    severity: Severity | None = None
    summary: str | None = None
    labels: dict[Slug, str] = Field(default_factory=dict)
    value: float | None = None
    count: int | None = None
    silenced_by: str | None = None
    times: Many = 1


class RuleTest(_Section):
    """At `now` the touchpoints of so many `customers`, each with the same, lead to these alerts and no others."""

    name: Text
    now: Moment
    customers: Many = 1
    touchpoints: list[GivenTouchpoint]
    alerts: list[ExpectedAlert] = Field(default_factory=list)


class Suite(_Section):
    """A file of tests of a catalogue's alert rules."""

    catalogue: str
    """Where the rules are, from the file's own folder on."""
    tests: list[RuleTest]


class Loaded(BaseModel):
    """A file, and where each part of it is."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    path: Path
    file: Suite
    lines: Mapping[Place, int]

    def mistake(self, place: Place, text: str) -> str:
        """`file:line: field: text`."""
        return _mistake(self.path, self.lines, place, text)


def load_tests(path: Path) -> Loaded:
    """The tests of a file. Raises `SuiteError`."""
    try:
        document = read_yaml(text_of(path))
    except ValueError as error:
        raise SuiteError(str(error)) from error
    if document.problems:
        mistakes = [_mistake(path, document.lines, one.path, one.text, one.line) for one in document.problems]
        raise SuiteError("\n".join(mistakes))
    try:
        file = Suite.model_validate(document.value)
    except ValidationError as error:
        raise SuiteError("\n".join(_mistakes(path, document, error))) from error
    return Loaded(path=path, file=file, lines=document.lines)


def _mistakes(path: Path, document: LinedYaml, error: ValidationError) -> Iterator[str]:
    for details in error.errors(include_url=False):
        yield _mistake(path, document.lines, details["loc"], what_is_wrong(details))


def _mistake(path: Path, lines: Mapping[Place, int], place: Place, text: str, line: int | None = None) -> str:
    known: Any = place
    while known not in lines:
        known = known[:-1]
    name = ".".join(map(str, place))
    return f"{path}:{line or lines[known]}: {name}: {text}" if name else f"{path}:{line or lines[known]}: {text}"
