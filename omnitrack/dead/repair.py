"""The repair file: how records that broke the contract are made to hold it. Pure.

    repairs:
      - reason: schema                 # which letters: by reason, channel or both; neither: all
        channel: branch
        rename: {custNo: identities.customer_no}
        cast: {wait_seconds: number, occurred_at: "time+08:00"}
        default: {stage: serve}
        remove: [debug]

Fields are paths with dots. Each repair that fits a letter is applied, in the order of the file; in each of them fields
are renamed, then cast, then given a default, then removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from omnitrack.dead.casts import CASTS, Uncastable, cast_value, is_cast
from schemas.lined_yaml import read_yaml, text_of
from schemas.refusal import schema_errors
from schemas.rows import DeadReason

_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")


class RepairError(Exception):
    """The repair file cannot be used: one line `file:line: field: what is wrong` per mistake."""


def _checked_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise PydanticCustomError("path", "must be a field, or a path of fields with dots such as identities.card")
    return path


def _checked_cast(name: str) -> str:
    if not is_cast(name):
        known = ", ".join(CASTS)
        raise PydanticCustomError(
            "cast", f"must be one of {known}, or time and the offset of times that lack one: time+08:00"
        )
    return name


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Field = Annotated[str, AfterValidator(_checked_path)]
Cast = Annotated[str, AfterValidator(_checked_cast)]


class Repair(BaseModel):
    """One repair; `reason` and `channel` empty: of any."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    reason: Annotated[list[DeadReason], BeforeValidator(_listed)] = []
    channel: Annotated[list[str], BeforeValidator(_listed)] = []
    rename: dict[Field, Field] = {}
    cast: dict[Field, Cast] = {}
    default: dict[Field, Any] = {}
    remove: list[Field] = []

    def fits(self, reason: str, channel: str) -> bool:
        """Whether it is meant for letters of this reason from this channel; without a list, for any."""
        return (not self.reason or reason in self.reason) and (not self.channel or channel in self.channel)

    @property
    def said(self) -> str:
        """What it does, by field: no value of a record."""
        parts = [f"rename {old} to {new}" for old, new in self.rename.items()]
        parts += [f"cast {field} to {cast}" for field, cast in self.cast.items()]
        parts += [f"default {field}" for field in self.default]
        parts += [f"remove {field}" for field in self.remove]
        return ", ".join(parts)


class RepairFile(BaseModel):
    """A file of repairs; a letter gets all that fit it, in their order."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    repairs: list[Repair]


def read_repairs(path: Path) -> tuple[Repair, ...]:
    """The repairs of a file, in its order. Raises `RepairError`."""
    try:
        document = read_yaml(text_of(path))
    except ValueError as error:
        raise RepairError(str(error)) from error
    if document.problems:
        raise RepairError("\n".join(f"{path}:{problem.line}: {problem.text}" for problem in document.problems))
    try:
        return tuple(RepairFile.model_validate(document.value).repairs)
    except ValidationError as error:
        lines = []
        for details, text in zip(error.errors(include_url=False), schema_errors(error), strict=True):
            lines.append(f"{path}:{document.lines[document.place_of(details['loc'])]}: {text}")
        raise RepairError("\n".join(lines)) from error


def repaired(message: Mapping[str, Any], repairs: Iterable[Repair]) -> dict[str, Any]:
    """The message after all `repairs`; what cannot be cast stays as it is, for the contract to judge."""
    result: dict[str, Any] = json.loads(json.dumps(message))
    for repair in repairs:
        for old, new in repair.rename.items():
            if (found := _take(result, old)) is not _ABSENT:
                _put(result, new, found)
        for field, cast in repair.cast.items():
            _cast(result, field, cast)
        for field, value in repair.default.items():
            if _get(result, field) in (_ABSENT, None):
                _put(result, field, value)
        for field in repair.remove:
            _take(result, field)
    return result


_ABSENT = object()


def _holder(message: dict[str, Any], field: str) -> tuple[dict[str, Any] | None, str]:
    *parents, name = field.split(".")
    holder: Any = message
    for parent in parents:
        holder = holder.get(parent) if isinstance(holder, dict) else None
    return (holder if isinstance(holder, dict) else None), name


def _get(message: dict[str, Any], field: str) -> Any:
    holder, name = _holder(message, field)
    return _ABSENT if holder is None else holder.get(name, _ABSENT)


def _take(message: dict[str, Any], field: str) -> Any:
    holder, name = _holder(message, field)
    return _ABSENT if holder is None else holder.pop(name, _ABSENT)


def _put(message: dict[str, Any], field: str, value: Any) -> None:
    """Set the field; what is on its way and no object is replaced by one."""
    *parents, name = field.split(".")
    for parent in parents:
        if not isinstance(message.get(parent), dict):
            message[parent] = {}
        message = message[parent]
    message[name] = value


def _cast(message: dict[str, Any], field: str, cast: str) -> None:
    value = _get(message, field)
    if value in (_ABSENT, None):
        return
    try:
        _put(message, field, cast_value(value, cast))
    except Uncastable:
        return
