"""All that the explorer says, in two languages: one file of texts per language in `texts/`, with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from explorer.queries import view_named
from sinks.clickhouse.metrics import words_of

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = {"en": "English", "zh": "中文"}
DASH = "–"
NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a view is, in words; empty where there is nothing to say."""

    title: str
    meaning: str
    formula: str = ""
    unit: str = ""
    counted: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language, and how it writes values; times are shown in `zone`."""

    language: str
    texts: Mapping[str, str]
    zone: str = "UTC"

    def __call__(self, key: str, **values: object) -> str:
        """The text under `key` with its `{placeholders}` filled. Raises KeyError."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def name(self, kind: str, value: str | None) -> str:
        """The name of a value, such as that of a channel; one that is not built in is shown as it is."""
        if not value:
            return DASH
        return self.texts.get(f"{kind}.{value}") or value.replace("_", " ")

    def definition(self, view: str) -> Definition:
        """What a view is: in English as the database says it, for it is its comment."""
        if self.language == "en":
            words = words_of(view_named(view))
            title, _, meaning = words[""].partition(": ")
            said = {name: words.get(name.capitalize(), "") for name in ("formula", "unit", "counted", "source")}
            return Definition(title, meaning, **said)
        said = {name: self.texts.get(f"view.{view}.{name}", "") for name in ("formula", "unit", "counted", "source")}
        return Definition(self(f"view.{view}.title"), self(f"view.{view}.meaning"), **said)

    def time(self, at: datetime | None) -> str:
        """A time in the catalogue's zone, to the minute; a dash for None."""
        return DASH if at is None else f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d{NBSP}%H:%M}"

    def count(self, number: float | None) -> str:
        """A whole number with separators; a dash for None."""
        return DASH if number is None else f"{number:,.0f}"

    def number(self, number: float | None, digits: int = 2) -> str:
        """A number with so many digits after the point; a dash for None."""
        return DASH if number is None else f"{number:,.{digits}f}"

    def share(self, share: float | None, digits: int = 1) -> str:
        """A share of 0 to 1 in percent; a dash for None."""
        return DASH if share is None else f"{100 * share:.{digits}f}{NBSP}%"

    def interval(self, low: float | None, high: float | None) -> str:
        """The bounds of a share, as `80.1–86.0 %`."""
        return "" if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}{NBSP}%"

    def duration(self, seconds: float | None) -> str:
        """The two greatest units of a span, as `3 min 20 s`; `-` where it is negative."""
        if seconds is None:
            return DASH
        sign, rest = ("-" if seconds < 0 else ""), round(abs(seconds))
        parts: list[str] = []
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
            amount, rest = divmod(rest, size)
            if amount:
                parts.append(f"{amount} {self.texts[f'unit.{unit}']}")
            elif parts:
                break
        return sign + " ".join(parts[:2]) if parts else f"0 {self.texts['unit.s']}"


@cache
def words_in(language: str, zone: str = "UTC") -> Words:
    """The words of a language of `LANGUAGES`. Raises KeyError for another one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        texts |= flatten(tomllib.loads(path.read_text(encoding="utf-8")))
    return Words(language, texts, zone)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """`{"a": {"b": "text"}}` as `{"a.b": "text"}`."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
